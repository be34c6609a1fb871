/**
 * Bundles and releases that are wrong in every way we can think of, offered to an edge that serves a good one in a real
 * worker: each is refused, told, and the good one serves on.
 */
import assert from "node:assert/strict";
import { pack, unpack } from "@aisle/shared/bundle";
import { Prediction } from "@aisle/shared/contract";
import { sha256 } from "@aisle/shared/hash";
import { rng } from "@aisle/shared/random";
import type { Edge } from "../../edge/edge.ts";
import { FakeHub, newSigningKey } from "../../edge/testing/fake_hub.ts";
import { post, runEdge } from "../../edge/testing/run_edge.ts";
import { until } from "../../edge/testing/waits.ts";
import { startWebWorker } from "../../edge/web_worker.ts";
import { readWorkerBinaries } from "../../edge/worker_binaries.ts";
import { tinyFusedBundle } from "../../hub/testing/fused_bundle.ts";
import { joined } from "./wire.ts";

type Bytes = Uint8Array<ArrayBuffer>;
const binaries = await readWorkerBinaries();
const startWorker = () => startWebWorker(binaries);
const TEXT = await Deno.readFile(new URL("../golden/tiny_int8.bundle", import.meta.url));
const OTHER = await Deno.readFile(new URL("../golden/tiny_float32.bundle", import.meta.url));
const FUSED = await tinyFusedBundle();

/** Header, manifest, each file and the gaps between them: where each region of a bundle lies. */
function regionsOf(bytes: Bytes): { name: string; from: number; to: number }[] {
  const { manifest, files } = unpack(bytes);
  const length = new DataView(bytes.buffer, bytes.byteOffset).getUint32(12, true);
  return [
    { name: "magic", from: 0, to: 8 },
    { name: "version", from: 8, to: 12 },
    { name: "length", from: 12, to: 16 },
    { name: "hash of the manifest", from: 16, to: 48 },
    { name: "header's zeros", from: 48, to: 64 },
    { name: "manifest", from: 64, to: 64 + length },
    ...manifest.files.map(({ name, sizeBytes }) => {
      const from = files.get(name)!.byteOffset - bytes.byteOffset;
      return { name, from, to: from + sizeBytes };
    }),
  ];
}

for (const [kind, bytes] of Object.entries({ text: TEXT, fused: FUSED })) {
  Deno.test(`a worker refuses a ${kind} bundle with a bit flipped in any of its regions, named honestly or not`, async () => {
    const random = rng(11), worker = startWorker();
    try {
      for (const { name, from, to } of regionsOf(bytes)) {
        for (let flip = 0; flip < 8; flip++) {
          const at = from + Math.floor(random() * (to - from));
          const bad = bytes.slice();
          bad[at]! ^= 1 << Math.floor(random() * 8);
          for (const digest of [sha256(bytes), sha256(bad)]) {
            await assert.rejects(
              worker.load(bad, digest),
              { code: "bundle-invalid" },
              `${name}, byte ${at}`,
            );
          }
        }
      }
      assert.equal((await worker.load(bytes, sha256(bytes))).digest, sha256(bytes));
    } finally {
      worker.close();
    }
  });
}

/** An honest container of `bundle` with one file replaced. */
function replaced(bundle: Bytes, name: string, file: Uint8Array): Bytes {
  const { manifest, files } = unpack(bundle);
  const { files: _list, ...content } = manifest;
  return pack(content, { ...Object.fromEntries(files), [name]: file });
}
const fileOf = (bundle: Bytes, name: string): Uint8Array => unpack(bundle).files.get(name)!;

/** A field of protobuf: tag and length, then `body`. */
const field = (tag: number, body: Uint8Array): Uint8Array =>
  joined(Uint8Array.of(tag << 3 | 2, body.length), body);
const words = (text: string) => new TextEncoder().encode(text);
/** A model of ONNX whose graph has `part` behind its own. */
function withPart(onnx: Uint8Array, part: Uint8Array): Uint8Array {
  for (let at = 0; at < onnx.length;) {
    const tag = onnx[at]! >> 3, wire = onnx[at]! & 7;
    const [value, next] = varint(onnx, at + 1);
    const end = wire === 2 ? next + value : next;
    if (tag === 7) {
      const graph = joined(onnx.subarray(next, end), part);
      return joined(
        onnx.subarray(0, at),
        Uint8Array.of(7 << 3 | 2, ...varintOf(graph.length)),
        graph,
        onnx.subarray(end),
      );
    }
    at = end;
  }
  throw new TypeError("it has no graph");
}
/** A number of protobuf and where the next begins. */
function varint(bytes: Uint8Array, at: number): [value: number, next: number] {
  let value = 0, shift = 1;
  for (; bytes[at]! & 0x80; at++, shift *= 128) value += (bytes[at]! & 0x7f) * shift;
  return [value + bytes[at]! * shift, at + 1];
}
function varintOf(value: number): number[] {
  return value < 128 ? [value] : [value % 128 | 0x80, ...varintOf(Math.floor(value / 128))];
}
const withTensor = (onnx: Uint8Array, tensor: Uint8Array) => withPart(onnx, field(5, tensor));

const HOSTILE: Record<string, () => Bytes | Promise<Bytes>> = {
  "a graph of another bundle": () => replaced(TEXT, "text.onnx", fileOf(OTHER, "text.onnx")),
  "a row map of another bundle": () =>
    replaced(TEXT, "rows.bin", fileOf(FUSED, "rows.bin").slice(0, 64)),
  "the picture's graph where the text's should be": () =>
    replaced(FUSED, "text.onnx", fileOf(FUSED, "full.onnx")),
  "the text's graph where the picture's should be": () =>
    replaced(FUSED, "full.onnx", fileOf(FUSED, "text.onnx")),
  "a graph whose weights lie in a file of their own": () =>
    replaced(
      TEXT,
      "text.onnx",
      withTensor(
        fileOf(TEXT, "text.onnx"),
        joined(
          Uint8Array.of(1 << 3, 1, 2 << 3, 1),
          field(8, words("w")),
          field(13, joined(field(1, words("location")), field(2, words("/etc/passwd")))),
          Uint8Array.of(14 << 3, 1),
        ),
      ),
    ),
  "a graph of an operator from an unknown domain": () =>
    replaced(
      TEXT,
      "text.onnx",
      withPart(
        fileOf(TEXT, "text.onnx"),
        field(
          1,
          joined(
            field(1, words("a")),
            field(2, words("b")),
            field(4, words("Evil")),
            field(7, words("com.evil")),
          ),
        ),
      ),
    ),
  "a graph with a tensor of absurd size": () =>
    replaced(
      TEXT,
      "text.onnx",
      withTensor(
        fileOf(TEXT, "text.onnx"),
        joined(
          Uint8Array.of(
            1 << 3,
            0xff,
            0xff,
            0xff,
            0xff,
            0xff,
            0xff,
            0xff,
            0xff,
            0x7f,
            1 << 3,
            0xff,
            0xff,
            0xff,
            0x7f,
            2 << 3,
            1,
          ),
          field(8, words("w")),
        ),
      ),
    ),
  "golden answers of another model": () => {
    const { manifest, files } = unpack(TEXT);
    const { files: _list, ...content } = manifest;
    const golden = content.golden.map((sample) => ({
      ...sample,
      confidences: [...sample.confidences].reverse(),
    }));
    return pack({ ...content, golden }, Object.fromEntries(files));
  },
  "garbage": () => crypto.getRandomValues(new Uint8Array(5_000)),
  "nothing": () => new Uint8Array(1),
};

/** Why, where another reason would mean that the wrong thing was found. */
const REASONS: Readonly<Record<string, RegExp>> = {
  "a graph of another bundle": /golden samples differ/,
  "a graph whose weights lie in a file of their own": /external data/,
  "a graph of an operator from an unknown domain": /domain|operator/,
  "golden answers of another model": /golden samples differ/,
};

async function digestOf(edge: Edge): Promise<string> {
  const response = await post(edge, "/v1/predict", { designation: "chaise" });
  assert.equal(response.status, 200);
  return Prediction.parse(await response.json()).digest;
}
async function ready(
  edge: Edge,
): Promise<{ sequence: number; problem: { code: string; message: string } | null }> {
  return await (await edge.app.request("/readyz")).json();
}

Deno.test("an edge refuses every hostile bundle that is signed and named honestly, tells it, and serves the good one on", async () => {
  await using hub = await FakeHub.start();
  await using edge = await runEdge(hub, { startWorker });
  await hub.release(TEXT);
  await until(async () => (await edge.app.request("/readyz")).ok, "the release", 20_000);
  const good = await digestOf(edge);
  let sequence = 1;
  for (const [what, make] of Object.entries(HOSTILE)) {
    await hub.release(await make(), { sequence: ++sequence });
    await until(async () => (await ready(edge)).problem?.code === "bundle-invalid", what, 20_000);
    assert.equal(await digestOf(edge), good, what);
    assert.match((await ready(edge)).problem!.message, REASONS[what] ?? /Cannot/, what);
    // A good release in between clears what was told
    await hub.release(TEXT, { sequence: ++sequence, kind: "relabel" });
    await until(
      async () => (await ready(edge)).problem === null,
      `what comes after ${what}`,
      20_000,
    );
  }
  await until(
    () => [...hub.windows.values()].some(({ errors }) => errors["bundle-invalid"]! > 0),
    "the hub to be told",
  );
});

Deno.test("keys: the next one is taken beside the old, a revoked one no more, an old release never again", async () => {
  const next = await newSigningKey(), stranger = await newSigningKey();
  await using hub = await FakeHub.start();
  const both = { publicKeys: [hub.publicKey, next.publicKey] };
  {
    await using edge = await runEdge(hub, { startWorker, config: both });
    await hub.release(TEXT);
    await until(
      async () => (await edge.app.request("/readyz")).ok,
      "a release by the old key",
      20_000,
    );
    await hub.release(OTHER, { sequence: 2 }, next);
    await until(
      async () => (await ready(edge)).sequence === 2,
      "a release by the next key",
      20_000,
    );
    const served = await digestOf(edge);
    await hub.release(TEXT, { sequence: 1 });
    await until(
      async () => (await ready(edge)).problem?.code === "release-invalid",
      "an old release",
    );
    await hub.release(TEXT, { sequence: 3 }, stranger);
    await until(
      async () => (await ready(edge)).problem?.code === "release-invalid",
      "a stranger's release",
    );
    assert.equal(await digestOf(edge), served);
  }
  await using edge = await runEdge(hub, { startWorker, config: { publicKeys: [next.publicKey] } });
  await hub.release(TEXT, { sequence: 4 });
  await until(async () => {
    const body = await (await edge.app.request("/readyz")).json();
    return body.code === "no-release" && /is signed with key/.test(body.detail);
  }, "a release by the revoked key to be refused");
  await hub.release(TEXT, { sequence: 5 }, next);
  await until(
    async () => (await edge.app.request("/readyz")).ok,
    "a release by the key that is trusted",
    20_000,
  );
});
