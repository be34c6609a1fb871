/**
 * Bodies and heads of requests, hostile in their structure: JSON, forms, tensors of the protocol V2, HTTP itself.
 *
 * @module
 */
import { below, mutated, pick, type Random } from "./mutations.ts";
import { joined, requestBytes } from "./wire.ts";

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** One request to be sent, and whether what the first check looks at is in order. */
export interface Input {
  readonly kind: "picture" | "multipart" | "json" | "v2" | "headers";
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** For `headers` it is known from the answer only. */
  readonly passesFirst: boolean | null;
}

const PATHS = ["/v1/predict", "/v1/predict", "/v1/predict/batch", "/v1/feedback", "/predict"];
const WORDS = [
  "chair",
  "été",
  "\u0000",
  "\ud83d\ude00",
  "<script>",
  "'; --",
  "%s%n",
  "../..",
  "\u202e",
];

function text(random: Random): string {
  const word = pick(random, WORDS);
  return random() < 0.02 ? word.repeat(below(random, 5_000)) : `${word} ${below(random, 1e6)}`;
}

/** A value of JSON that no schema expects. */
function oddity(random: Random, depth = 0): unknown {
  switch (below(random, 12)) {
    case 0:
      return null;
    case 1:
      return pick(random, [0, -0, -1, 1e308, 2 ** 53, 0.1, NaN]);
    case 2:
      return random() < 0.5;
    case 3:
      return [];
    case 4:
      return { [pick(random, ["__proto__", "constructor", "toString", "a"])]: text(random) };
    case 5:
      return depth > 4 ? "deep" : [oddity(random, depth + 1), oddity(random, depth + 1)];
    case 6:
      return "A".repeat(below(random, 300));
    default:
      return text(random);
  }
}

/** JSON of a product, a batch or feedback, with members odd, missing, strange or too many, or broken as text. */
export function jsonInput(random: Random, picture: () => Uint8Array): Input {
  const path = pick(random, PATHS);
  const product = (): Record<string, unknown> => {
    const made: Record<string, unknown> = { designation: text(random), description: text(random) };
    if (random() < 0.15) made["image"] = base64(picture());
    if (random() < 0.1) made["explain"] = random() < 0.8 ? true : oddity(random);
    if (random() < 0.4) {
      made[pick(random, ["designation", "description", "image", "x", "code"])] = oddity(random);
    }
    return made;
  };
  let value: unknown = product();
  if (path === "/v1/predict/batch") {
    value = {
      products: Array.from(
        { length: below(random, 12) },
        () => random() < 0.1 ? oddity(random) : product(),
      ),
    };
  } else if (path === "/v1/feedback") {
    value = {
      code: pick(random, ["10", "0060", "", "x".repeat(200)]),
      product: product(),
      ...(random() < 0.3 ? { requestId: oddity(random) } : {}),
      ...(random() < 0.3 ? { source: text(random) } : {}),
    };
  }
  let body = encoder.encode(JSON.stringify(value));
  const kind = random();
  if (kind < 0.3) body = mutated(body, random);
  else if (kind < 0.32) body = encoder.encode("[".repeat(below(random, 60_000)));
  else if (kind < 0.34) {
    body = encoder.encode(`{"designation":"a","designation":"b","__proto__":{"a":1}}`);
  } else if (kind < 0.36) {
    body = encoder.encode(`{"designation":${"9".repeat(below(random, 20_000))}}`);
  }
  return {
    kind: "json",
    bytes: requestBytes(`POST ${path} HTTP/1.1`, { "content-type": "application/json" }, body),
    passesFirst: parses(body),
  };
}

function parses(body: Uint8Array): boolean {
  try {
    JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(body));
    return true;
  } catch {
    return false;
  }
}

function base64(bytes: Uint8Array): string {
  return bytes.toBase64();
}

/** A form with `picture` in it, its parts odd, its boundaries broken. */
export function multipartInput(random: Random, picture: Uint8Array): Input {
  const boundary = pick(random, ["x", "----WebKitFormBoundaryabc", "a'b(c)", "-".repeat(70)]);
  const fields: [string, string][] = [["designation", text(random)], ["description", text(random)]];
  if (random() < 0.2) {
    fields.push([pick(random, ["designation", "x", "__proto__", "", "explain"]), text(random)]);
  }
  const parts = fields.map(([name, value]) =>
    encoder.encode(
      `--${boundary}\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`,
    )
  );
  const name = pick(random, ["a.jpg", "", '\\"', "../../etc/passwd", "a\u0000b", "é".repeat(200)]);
  const field = random() < 0.9 ? "image" : "file";
  const head =
    `--${boundary}\r\nContent-Disposition: form-data; name="${field}"; filename="${name}"\r\n` +
    `Content-Type: ${pick(random, ["image/jpeg", "text/html", "", "image/svg+xml"])}\r\n\r\n`;
  if (random() < 0.7) parts.push(joined(encoder.encode(head), picture, encoder.encode("\r\n")));
  parts.push(encoder.encode(`--${boundary}--\r\n`));
  let body = joined(...parts);
  const broken = random() < 0.35;
  if (broken) body = mutated(body, random);
  const type = random() < 0.95
    ? `multipart/form-data; boundary=${boundary}`
    : pick(random, ["multipart/form-data", `multipart/form-data; boundary=${"b".repeat(500)}`]);
  const start = decoder.decode(body.subarray(0, boundary.length + 2));
  return {
    kind: "multipart",
    bytes: requestBytes(`POST ${pick(random, ["/v1/predict", "/v1/feedback"])} HTTP/1.1`, {
      "content-type": type,
    }, body),
    passesFirst: start === `--${boundary}` && type.endsWith(`=${boundary}`),
  };
}

/** A form with nothing wrong but its picture. */
export function pictureInput(picture: Uint8Array, passesFirst: boolean, named: number): Input {
  const head =
    `--x\r\nContent-Disposition: form-data; name="designation"\r\n\r\nchair ${named}\r\n` +
    `--x\r\nContent-Disposition: form-data; name="image"; filename="a"\r\n\r\n`;
  const body = joined(encoder.encode(head), picture, encoder.encode("\r\n--x--\r\n"));
  const type = { "content-type": "multipart/form-data; boundary=x" };
  return {
    kind: "picture",
    bytes: requestBytes("POST /v1/predict HTTP/1.1", type, body),
    passesFirst,
  };
}

/** Tensors of the protocol V2, in JSON or as bytes behind a length that lies. */
export function v2Input(random: Random, picture: () => Uint8Array): Input {
  const rows = 1 + below(random, 4), binary = random() < 0.6;
  const tensor = (name: string, values: readonly Uint8Array[]) => {
    const raw = joined(...values.flatMap((value) => {
      const length = new DataView(new ArrayBuffer(4));
      const lie = random() < 0.05 ? pick(random, [0, 1, 0xffffffff, 0x7fffffff]) : value.length;
      length.setUint32(0, lie, true);
      return [new Uint8Array(length.buffer), value];
    }));
    const shape: unknown = random() < 0.1
      ? pick(random, [[], [0], [-1], [rows, 1], [1e9], [2 ** 31, 2 ** 31], [rows, rows], "1", [
        0.5,
      ]])
      : [rows];
    const datatype = random() < 0.1 ? pick(random, ["FP32", "INT64", "BYTE", ""]) : "BYTES";
    return binary
      ? {
        json: {
          name,
          shape,
          datatype,
          parameters: {
            binary_data_size: random() < 0.1
              ? pick(random, [-1, 0, 1e9, raw.length + 1])
              : raw.length,
          },
        },
        raw,
      }
      : {
        json: { name, shape, datatype, data: values.map((value) => decoder.decode(value)) },
        raw: new Uint8Array(),
      };
  };
  const texts = () => Array.from({ length: rows }, () => encoder.encode(text(random)));
  const tensors = [tensor(random() < 0.95 ? "designation" : "x", texts())];
  if (random() < 0.5) tensors.push(tensor("description", texts()));
  if (random() < 0.3) {
    tensors.push(tensor("image", Array.from({ length: rows }, () => picture().slice())));
  }
  let head = encoder.encode(JSON.stringify({
    ...(random() < 0.3 ? { id: oddity(random) } : {}),
    inputs: tensors.map(({ json }) => json),
    ...(random() < 0.3
      ? {
        outputs: [{
          name: pick(random, ["code", "scores", "x"]),
          parameters: { binary_data: random() < 0.5 },
        }],
      }
      : {}),
  }));
  if (random() < 0.2) head = mutated(head, random);
  let raw = joined(...tensors.map((made) => made.raw));
  if (random() < 0.1) raw = mutated(raw, random);
  const body = joined(head, raw);
  const told = random() < 0.08
    ? pick(random, ["-1", "0", "x", "99999999999", String(head.length + 1)])
    : String(head.length);
  const type = binary ? "application/octet-stream" : "application/json";
  const headers = {
    "content-type": type,
    ...(binary ? { "inference-header-content-length": told } : {}),
  };
  return {
    kind: "v2",
    bytes: requestBytes("POST /v2/models/demo/infer HTTP/1.1", headers, body),
    passesFirst: told === String(head.length) && parses(head),
  };
}

const HEADER_NAMES = [
  "x-request-id",
  "accept-language",
  "cookie",
  "origin",
  "sec-fetch-site",
  "if-none-match",
  "range",
  "expect",
  "traceparent",
  "x-forwarded-for",
  "authorization",
  "content-type",
  "content-encoding",
  "upgrade",
  "te",
  "accept",
];
const LINES = [
  "GET / HTTP/1.1",
  "GET /healthz HTTP/1.1",
  "GET /readyz HTTP/1.1",
  "GET /metrics HTTP/1.1",
  "GET /v1/labels HTTP/1.1",
  "POST /v1/predict HTTP/1.1",
  "HEAD / HTTP/1.1",
  "OPTIONS * HTTP/1.1",
  "OPTIONS /v1/predict HTTP/1.1",
  "DELETE /v1/labels HTTP/1.1",
  "GET /%00%ff/../..;a HTTP/1.1",
  "GET //edge//x HTTP/1.1",
  "GET /?a=%zz HTTP/1.1",
  "GET http://other/x HTTP/1.1",
  "PUT /v1/feedback HTTP/1.1",
  "GET /openapi.json HTTP/1.1",
];

/** A request whose head is odd: lines, headers, lengths, chunks. */
export function headersInput(random: Random): Input {
  let line = pick(random, LINES);
  if (random() < 0.05) line = `GET /${"a/".repeat(below(random, 20_000))} HTTP/1.1`;
  const body = random() < 0.7 ? encoder.encode('{"designation":"x"}') : new Uint8Array();
  const headers: Record<string, string> = { "content-type": "application/json" };
  for (let more = below(random, 6); more > 0; more--) {
    const value = pick(random, [
      text(random),
      "gzip",
      "*/*",
      "bytes=0-1",
      'W/"x"',
      "cross-site",
      "h2c",
      "a".repeat(below(random, 9_000)),
      "100-continue",
      "fr;q=abc,,;",
      "00-" + "f".repeat(32) + "-" + "0".repeat(16) + "-01",
      "boundary=",
    ]);
    // Latin-1 at most: what is beyond would be other bytes
    headers[pick(random, HEADER_NAMES)] = value.replace(/[^\x20-\xff]/g, "?");
  }
  if (line.startsWith("HEAD")) delete headers["expect"];
  let bytes = requestBytes(
    line,
    headers,
    line.startsWith("POST") || line.startsWith("PUT") ? body : new Uint8Array(),
  );
  const kind = random();
  if (kind < 0.1) bytes = joined(mutated(bytes, random), encoder.encode("\r\n\r\n"));
  else if (kind < 0.2) {
    const chunks = pick(random, [
      "5\r\nhello\r\n0\r\n\r\n",
      "ffffffffffffffff\r\nx\r\n",
      "zz\r\n",
      "-1\r\n\r\n",
      "1;a=b\r\n{\r\n0\r\n\r\n",
      "0\r\n\r\n",
    ]);
    bytes = encoder.encode(
      `POST /v1/predict HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n${chunks}`,
    );
  }
  return { kind: "headers", bytes, passesFirst: null };
}
