/**
 * Conformance to the Open Inference Protocol (V2) over HTTP and its binary tensor data extension, rule by rule of the
 * published text, through real sockets.
 *
 * @module
 */
import assert from "node:assert/strict";
import { FakeHub } from "../testing/fake_hub.ts";
import { fakeBundle } from "../testing/fake_worker.ts";
import { runEdge } from "../testing/run_edge.ts";
import { until } from "../testing/waits.ts";

const HEADER = "inference-header-content-length";
const encoder = new TextEncoder(), decoder = new TextDecoder();

interface Tensor {
  readonly name: string;
  readonly datatype: string;
  readonly shape: number[];
  readonly parameters?: { readonly binary_data_size?: number };
  readonly data?: unknown[];
}
interface Answer {
  readonly model_name: string;
  readonly model_version: string;
  readonly id?: string;
  readonly outputs: Tensor[];
}

/** A served edge with a fused model of the classes 10 and 20. */
async function served(
  work: (
    ask: (path: string, init?: RequestInit) => Promise<Response>,
    hub: FakeHub,
  ) => Promise<void>,
  released = true,
): Promise<void> {
  await using hub = await FakeHub.start();
  await using edge = await runEdge(hub, { config: { maxBatch: 4 } });
  if (released) {
    await hub.release(fakeBundle(["10", "20"], { kind: "fused" }));
    await until(async () => (await edge.app.request("/readyz")).ok, "the release");
  }
  await using server = Deno.serve(
    { port: 0, hostname: "127.0.0.1", onListen: () => {} },
    edge.app.fetch,
  );
  const url = `http://127.0.0.1:${server.addr.port}`;
  await work((path, init) => fetch(url + path, init), hub);
}

const infer = (body: unknown) => ({
  method: "POST",
  headers: { "content-type": "application/json" },
  body: JSON.stringify(body),
});
const texts = (name: string, data: unknown[], shape = [data.length]) => ({
  name,
  shape,
  datatype: "BYTES",
  data,
});
const named = (answer: Answer, name: string) => answer.outputs.find((o) => o.name === name)!;

/** Elements of BYTES, each behind its length. */
function bytesOf(elements: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const out: number[] = [];
  for (const element of elements) {
    const { length } = element;
    out.push(length & 255, (length >> 8) & 255, (length >> 16) & 255, length >>> 24, ...element);
  }
  return new Uint8Array(out);
}

/** A request whose inputs are bytes. */
function binaryInfer(
  inputs: Readonly<Record<string, Uint8Array>>,
  rows: number,
  more: object = {},
): RequestInit & { headers: Record<string, string> } {
  const json = encoder.encode(JSON.stringify({
    ...more,
    inputs: Object.entries(inputs).map(([name, { length }]) => ({
      name,
      shape: [rows],
      datatype: "BYTES",
      parameters: { binary_data_size: length },
    })),
  }));
  return {
    method: "POST",
    headers: { [HEADER]: String(json.length), "content-type": "application/octet-stream" },
    body: new Blob([json, ...Object.values(inputs) as Uint8Array<ArrayBuffer>[]]),
  };
}

/** The error of a refused request, in the protocol's one form. */
async function errorOf(response: Response, status: number): Promise<string> {
  const body = await response.json();
  assert.deepEqual([response.status, Object.keys(body)], [status, ["error"]]);
  return body.error;
}

Deno.test("V2: health, server and model metadata, as the specification words them", () =>
  served(async (ask) => {
    assert.deepEqual(await (await ask("/v2/health/live")).json(), { live: true });
    assert.deepEqual(await (await ask("/v2/health/ready")).json(), { ready: true });
    const server = await (await ask("/v2")).json();
    assert.deepEqual(server.extensions, ["binary_tensor_data"]);
    const model = await (await ask("/v2/models/demo")).json();
    assert.equal(model.name, "demo");
    const [version] = model.versions;
    assert.match(version, /^[0-9a-f]{12}$/);
    assert.deepEqual(
      model.inputs.map((tensor: Tensor) => [tensor.name, tensor.datatype, tensor.shape]),
      [["designation", "BYTES", [-1]], ["description", "BYTES", [-1]], ["image", "BYTES", [-1]]],
    );
    assert.deepEqual(
      model.outputs.find((tensor: Tensor) => tensor.name === "scores"),
      { name: "scores", datatype: "FP32", shape: [-1, 2] },
    );
    for (const path of ["", `/versions/${version}`]) {
      assert.equal((await (await ask(`/v2/models/demo${path}`)).json()).name, "demo");
      assert.deepEqual(await (await ask(`/v2/models/demo${path}/ready`)).json(), {
        name: "demo",
        ready: true,
      });
    }
    assert.match(await errorOf(await ask("/v2/models/other"), 404), /demo/);
    assert.match(await errorOf(await ask("/v2/models/demo/versions/1"), 404), new RegExp(version));
    await errorOf(await ask("/v2/nothing"), 404);
    await errorOf(await ask("/v2/models/other/infer", infer({})), 404);
  }));

Deno.test("V2: before a model there is liveness and no readiness", () =>
  served(async (ask) => {
    assert.equal((await (await ask("/v2/health/live")).json()).live, true);
    const ready = await ask("/v2/health/ready");
    assert.deepEqual([ready.status, await ready.json()], [503, { ready: false }]);
    await errorOf(await ask("/v2/models/demo/ready"), 503);
    const body = { inputs: [texts("designation", ["10"])] };
    await errorOf(await ask("/v2/models/demo/infer", infer(body)), 503);
  }, false));

Deno.test("V2: infer with JSON tensors, flat or in columns; id echoed; outputs chosen", () =>
  served(async (ask) => {
    const response = await ask(
      "/v2/models/demo/infer",
      infer({ id: "42", parameters: { unknown: 1 }, inputs: [texts("designation", ["10", "20"])] }),
    );
    assert.equal(response.headers.get("content-type"), "application/json");
    assert.match(response.headers.get("server-timing") ?? "", /dur=/);
    const answer: Answer = await response.json();
    assert.deepEqual([answer.id, answer.model_name], ["42", "demo"]);
    assert.deepEqual(named(answer, "code").data, ["10", "20"]);
    assert.deepEqual(named(answer, "label").data, ["Books", "Toys"]);
    assert.deepEqual(named(answer, "classes").data, ["10", "20"]);
    assert.deepEqual(named(answer, "decision").data, ["auto", "auto"]);
    const scores = named(answer, "scores");
    assert.deepEqual([scores.datatype, scores.shape], ["FP32", [2, 2]]);
    assert.deepEqual(scores.data, [0.9, 0.1 / 10, 0.1 / 10, 0.9].map(Math.fround));
    const column: Answer = await (await ask(
      `/v2/models/demo/versions/${answer.model_version}/infer`,
      infer({
        inputs: [
          texts("designation", [["a"], ["b"], ["20"]], [3, 1]),
          texts("description", ["x", "y", "z"], [3, 1]),
        ],
        outputs: [{ name: "confidence" }, { name: "code" }],
      }),
    )).json();
    assert.deepEqual(column.outputs.map(({ name, shape }) => [name, shape]), [
      ["confidence", [3, 1]],
      ["code", [3, 1]],
    ]);
    assert.equal("id" in column, false);
  }));

Deno.test("V2: pictures are base64 in JSON and the file itself as bytes", () =>
  served(async (ask) => {
    const json: Answer = await (await ask(
      "/v2/models/demo/infer",
      infer({ inputs: [texts("designation", ["", "10"]), texts("image", [btoa("20"), ""])] }),
    )).json();
    assert.deepEqual(named(json, "code").data, ["20", "10"]);
    const binary: Answer = await (await ask(
      "/v2/models/demo/infer",
      binaryInfer({ image: bytesOf([encoder.encode("20")]) }, 1),
    )).json();
    assert.deepEqual(named(binary, "code").data, ["20"]);
    const wrong = { inputs: [texts("image", [btoa("10"), btoa("no picture")])] };
    assert.match(await errorOf(await ask("/v2/models/demo/infer", infer(wrong)), 422), /^Row 1: /);
    const broken = { inputs: [texts("image", [btoa("broken")])] };
    assert.match(await errorOf(await ask("/v2/models/demo/infer", infer(broken)), 422), /^Row 0: /);
  }));

Deno.test("V2 binary data: lengths of 4 bytes, little-endian, in and out; per output or for all", () =>
  served(async (ask) => {
    const inputs = {
      designation: bytesOf(["10", "é 20"].map((text) => encoder.encode(text))),
      description: bytesOf(["", "x".repeat(300)].map((text) => encoder.encode(text))),
    };
    const response = await ask(
      "/v2/models/demo/infer",
      binaryInfer(inputs, 2, {
        parameters: { binary_data_output: true },
        outputs: [{ name: "code" }, { name: "scores" }, {
          name: "label",
          parameters: { binary_data: false },
        }],
      }),
    );
    assert.equal(response.headers.get("content-type"), "application/octet-stream");
    const length = Number(response.headers.get(HEADER)), body = await response.bytes();
    const answer: Answer = JSON.parse(decoder.decode(body.subarray(0, length)));
    assert.deepEqual(
      answer.outputs.map(({ name, data, parameters }) => [name, data, parameters]),
      [
        ["code", undefined, { binary_data_size: 12 }],
        ["scores", undefined, { binary_data_size: 16 }],
        ["label", ["Books", "Toys"], undefined],
      ],
    );
    assert.deepEqual(
      body.slice(length, length + 12),
      bytesOf(["10", "20"].map((text) => encoder.encode(text))),
    );
    const view = new DataView(body.buffer, body.byteOffset + length + 12, 16);
    assert.equal(view.getFloat32(12, true), Math.fround(0.9));
    assert.equal(body.length, length + 28);
  }));

Deno.test("V2: what does not fit is refused in the protocol's form, and the next request is served", () =>
  served(async (ask) => {
    const good = { inputs: [texts("designation", ["10"])] };
    const element = bytesOf([encoder.encode("10")]);
    const lying = (change: Record<string, string>) => {
      const request = binaryInfer({ designation: element }, 1);
      return { ...request, headers: { ...request.headers, ...change } };
    };
    const refused: [RequestInit, number][] = [
      [{ method: "POST", body: "{" }, 400],
      [{ method: "POST", body: "" }, 400],
      [infer({}), 400],
      [infer({ inputs: [] }), 400],
      [infer({ inputs: [{ ...texts("designation", ["10"]), datatype: "FP32" }] }), 400],
      [infer({ inputs: [texts("designation", [7])] }), 400],
      [infer({ inputs: [texts("designation", ["10"], [2])] }), 400],
      [infer({ inputs: [texts("designation", ["10"], [1, 1, 1])] }), 400],
      [infer({ inputs: [texts("designation", ["10"], [99_999_999, 99_999_999])] }), 400],
      [infer({ inputs: [texts("designation", [], [0])] }), 400],
      [infer({ inputs: [texts("designation", [" "])] }), 400],
      [infer({ inputs: [texts("title", ["10"])] }), 400],
      [infer({ inputs: [texts("designation", ["10"]), texts("designation", ["10"])] }), 400],
      [infer({ inputs: [texts("designation", ["1", "2"]), texts("description", ["1"])] }), 400],
      [infer({ inputs: [texts("designation", ["1", "2", "3", "4", "5"])] }), 413],
      [infer({ ...good, outputs: [{ name: "logits" }] }), 400],
      [infer({ ...good, parameters: { binary_data_output: "yes" } }), 400],
      [lying({ [HEADER]: "0" }), 400],
      [lying({ [HEADER]: "100000" }), 400],
      [lying({ [HEADER]: "-1" }), 400],
      [lying({ "content-encoding": "gzip" }), 415],
      [binaryInfer({ designation: element }, 2), 400],
      [binaryInfer({ designation: bytesOf([encoder.encode("1"), element]) }, 1), 400],
      [binaryInfer({ designation: element.subarray(0, 5) }, 1), 400],
      [binaryInfer({ designation: element.subarray(0, 3) }, 1), 400],
      [binaryInfer({ designation: new Uint8Array([255, 255, 255, 255, 1]) }, 1), 400],
      [binaryInfer({ designation: bytesOf([new Uint8Array([0xff, 0xfe])]) }, 1), 400],
    ];
    for (const [i, [request, status]] of refused.entries()) {
      const response = await ask("/v2/models/demo/infer", request);
      assert.equal(response.status, status, `${i}: ${await response.clone().text()}`);
      await errorOf(response, status);
    }
    const after = await ask("/v2/models/demo/infer", infer(good));
    assert.equal(after.status, 200);
    await after.body?.cancel();
    await errorOf(await ask("/v2/models/demo/infer"), 405);
  }));
