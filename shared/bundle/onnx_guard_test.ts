import assert from "node:assert/strict";
import { AppError } from "../errors.ts";
import { rng } from "../random.ts";
import { unpack } from "./container.ts";
import { guardOnnx, TEXT_LIMITS } from "./onnx_guard.ts";
import { readFields, readVarints } from "./protobuf_reader.ts";

/** Protobuf by hand: a number is a varint field, anything else a length-delimited one. */
type Fields = readonly (readonly [number, number | bigint | string | Uint8Array | Fields])[];

function encode(fields: Fields): Uint8Array {
  const out: number[] = [];
  const varint = (value: bigint) => {
    for (value = BigInt.asUintN(64, value); value > 127n; value >>= 7n) {
      out.push(Number(value & 127n) | 128);
    }
    out.push(Number(value));
  };
  for (const [number, value] of fields) {
    const scalar = typeof value === "number" || typeof value === "bigint";
    varint(BigInt(number) << 3n | (scalar ? 0n : 2n));
    if (scalar) varint(BigInt(value));
    else {
      const bytes = typeof value === "string"
        ? new TextEncoder().encode(value)
        : value instanceof Uint8Array
        ? value
        : encode(value as Fields);
      varint(BigInt(bytes.length));
      out.push(...bytes);
    }
  }
  return Uint8Array.from(out);
}

const OPSET: Fields = [[1, ""], [2, 17]];
const NODE: Fields = [[1, "a"], [2, "b"], [3, "n"], [4, "Add"]];
/** float [2], 8 bytes */
const TENSOR: Fields = [[1, 2], [2, 1], [8, "bias"], [9, new Uint8Array(8)]];
const model = (graph: Fields, more: Fields = [[8, OPSET]]) =>
  encode([[1, 8], [2, "aisle"], [7, graph], ...more]);

function refused(bytes: Uint8Array, why: RegExp): void {
  assert.throws(() => guardOnnx(bytes, TEXT_LIMITS), (error: unknown) => {
    assert.ok(error instanceof AppError && error.code === "bundle-invalid", String(error));
    assert.match(error.message, why);
    return true;
  });
}

Deno.test("guardOnnx() describes what it lets through", () => {
  const value = [[1, "ids"], [2, [[1, [[1, 6], [2, [[1, [[2, "N"]]], [1, [[1, 5]]]]]]]]]] as const;
  const found = guardOnnx(
    model([[1, NODE], [5, TENSOR], [11, value as Fields], [12, [[1, "b"]]]]),
    TEXT_LIMITS,
  );
  assert.deepEqual([...found.inputs], [["ids", { type: 6, shape: ["N", 5] }]]);
  assert.deepEqual(found.initializers.get("bias")!.shape, [2]);
  assert.equal(found.initializers.get("bias")!.data.length, 8);
});

Deno.test("guardOnnx() refuses external data, however it is said", () => {
  const external: Fields = [[1, "location"], [2, "/etc/passwd"]];
  refused(model([[5, [...TENSOR, [13, external]]]]), /external data/);
  refused(model([[5, [...TENSOR, [14, 1]]]]), /external data/);
});

Deno.test("guardOnnx() refuses operators and domains that Aisle never writes", () => {
  refused(model([[1, [[4, "Loop"]]]]), /operator "Loop"/);
  refused(model([[1, [[3, "n"]]]]), /operator ""/);
  refused(model([[1, [...NODE, [7, "com.microsoft"]]]]), /domain "com\.microsoft"/);
  refused(model([[1, NODE]], [[8, OPSET], [8, [[1, "evil"], [2, 1]]]]), /domain "evil"/);
  refused(model([[1, NODE]], [[8, [[1, ""], [2, 99]]]]), /operator set must be/);
  refused(model([[1, NODE]], []), /must import one operator set: current value is 0/);
});

Deno.test("guardOnnx() refuses subgraphs, functions, sparse tensors and training info", () => {
  refused(
    model([[1, [...NODE, [5, [[1, "body"], [6, [[1, NODE]]]]]]]]),
    /attribute that is a tensor/,
  );
  refused(model([[1, [...NODE, [5, [[1, "value"], [5, TENSOR]]]]]]), /attribute that is a tensor/);
  refused(model([[1, NODE]], [[8, OPSET], [25, [[1, "f"]]]]), /functions of its own/);
  refused(model([[1, NODE]], [[8, OPSET], [20, [[1, "t"]]]]), /training information/);
  refused(model([[15, [[1, TENSOR]]]]), /sparse/);
  refused(model([[1, [...NODE, [8, "overload"]]]]), /field 8/);
});

Deno.test("guardOnnx() refuses absurd dimensions before anything is allocated for them", () => {
  const dims = (...shape: (number | bigint)[]): Fields => [
    ...shape.map((dim) => [1, dim] as const),
    [2, 1],
    [8, "t"],
    [9, new Uint8Array(8)],
  ];
  refused(model([[5, dims(2 ** 31)]]), /below 2\^31/);
  refused(model([[5, dims(-1n)]]), /below 2\^31/);
  refused(model([[5, dims(65536, 65536)]]), /at most 268435456 elements/);
  refused(model([[5, dims(3)]]), /must have 12 bytes: current value is 8/);
  refused(model([[5, dims(0)]]), /must have 0 bytes: current value is 8/);
  refused(model([[5, dims(1, 1, 1, 1, 2)]]), /5 dimensions/);
  const huge = [[1, "x"], [2, [[1, [[1, 1], [2, [[1, [[1, 2 ** 30]]]]]]]]]] as const;
  refused(model([[11, huge as Fields]]), /at most 268435456 elements/);
});

Deno.test("guardOnnx() refuses tensors of strange types, typed data and names given twice", () => {
  refused(model([[5, [[1, 1], [2, 8], [8, "t"], [9, "x"]]]]), /element type 8/);
  refused(model([[5, [[1, 2], [2, 1], [8, "t"], [4, new Uint8Array(8)]]]]), /not raw bytes/);
  refused(model([[5, TENSOR], [5, TENSOR]]), /declares bias twice/);
  refused(model([[11, [[1, "x"], [2, [[4, [[1, [[1, 1]]]]]]]]]]), /is no tensor/);
});

Deno.test("guardOnnx() refuses too many of anything", () => {
  refused(model(Array.from({ length: 33 }, () => [1, NODE] as const)), /more than 32 nodes/);
  const tensors = Array.from(
    { length: 17 },
    (_, i) => [5, [[1, 2], [2, 1], [8, `t${i}`], [9, new Uint8Array(8)]]] as const,
  );
  refused(model(tensors as unknown as Fields), /more than 16 constants/);
});

Deno.test("guardOnnx() refuses what is no model", () => {
  refused(new Uint8Array(), /no graph/);
  refused(encode([[7, [[1, NODE]]], [7, []]]), /more than one graph/);
  refused(new TextEncoder().encode("<html>not found</html>"), /./);
});

Deno.test("guardOnnx() answers any damage with bundle-invalid or a description, never with another error", async () => {
  const golden = await Deno.readFile(
    new URL("../../tests/golden/tiny_int8.bundle", import.meta.url),
  );
  const honest = unpack(golden).files.get("text.onnx")!;
  guardOnnx(honest, TEXT_LIMITS);
  const random = rng(7);
  let seen = 0;
  for (let trial = 0; trial < 3000; trial++) {
    const bytes = honest.slice(
      0,
      random() < 0.2 ? Math.floor(random() * honest.length) : undefined,
    );
    for (let i = 0; i < 3; i++) {
      bytes[Math.floor(random() * Math.min(bytes.length, 700))] = Math.floor(random() * 256);
    }
    try {
      guardOnnx(bytes, TEXT_LIMITS);
    } catch (error) {
      assert.ok(error instanceof AppError && error.code === "bundle-invalid", String(error));
      seen++;
    }
  }
  assert.ok(seen > 1000, `${seen} of 3000 were refused`);
});

Deno.test("readFields() never reads outside its message", () => {
  for (
    const bytes of [
      [8], // a varint without value
      [10, 5, 1], // five bytes announced, one there
      [10, 255, 255, 255, 255, 255, 255, 255, 255, 255, 1], // a length of 2^64 - 1
      [255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255], // an endless varint
      [13, 1, 2], // a cut fixed32
      [11], // a group
      [0, 1], // field number 0
    ]
  ) assert.throws(() => [...readFields(Uint8Array.from(bytes))], /no protobuf message/);
});

Deno.test("readVarints() reads packed and single numbers and refuses cut ones", () => {
  const [packed] = readFields(encode([[1, Uint8Array.from([1, 172, 2])]]));
  assert.deepEqual([...readVarints(packed!)], [1n, 300n]);
  const [cut] = readFields(encode([[1, Uint8Array.from([1, 172])]]));
  assert.throws(() => [...readVarints(cut!)], /no protobuf message/);
});
