import assert from "node:assert/strict";
import fc from "fast-check";
import { AppError } from "@aisle/shared/errors";
import { rng } from "@aisle/shared/random";
import {
  type Attribute,
  ELEMENTS,
  encodeOnnx,
  type Graph,
  type GraphNode,
  readOnnx,
} from "./mod.ts";
import { Message } from "./protobuf_writer.ts";
import { anyGraph, everyKind } from "./testing/graphs.ts";

/** `graph` as it comes back: nodes named, its operator set said. */
function named(graph: Graph): Graph {
  return {
    ...graph,
    opset: graph.opset ?? 17,
    nodes: graph.nodes.map((node, i) => ({ ...node, name: node.name ?? `${node.op}_${i}` })),
  };
}

Deno.test("readOnnx() gives back every kind of value that encodeOnnx() writes", () => {
  assert.deepEqual(readOnnx(encodeOnnx(everyKind)), named(everyKind));
});

Deno.test("readOnnx() of encodeOnnx() is the graph, whatever the graph", () => {
  fc.assert(
    fc.property(anyGraph, (graph) => {
      const bytes = encodeOnnx(graph), read = readOnnx(bytes);
      assert.deepEqual(read, named(graph));
      assert.deepEqual(encodeOnnx(read), bytes);
    }),
    { numRuns: 200 },
  );
});

Deno.test("readOnnx() reads a damaged model or refuses it: it never fails otherwise, and never hangs", () => {
  const bytes = encodeOnnx(everyKind), random = rng(11);
  const tryOne = (damaged: Uint8Array) => {
    try {
      encodeOnnx(readOnnx(damaged, { maxElements: 2 ** 16 }));
    } catch (error) {
      if (!(error instanceof AppError) || error.code !== "model-invalid") throw error;
    }
  };
  for (let cut = 0; cut < bytes.length; cut++) tryOne(bytes.subarray(0, cut));
  for (let round = 0; round < 5000; round++) {
    const damaged = bytes.slice();
    for (let flips = 1 + Math.floor(random() * 3); flips > 0; flips--) {
      damaged[Math.floor(random() * damaged.length)]! ^= 1 << Math.floor(random() * 8);
    }
    tryOne(damaged);
  }
});

/** A tensor message of `code` with `dims` and whatever `more` writes. */
const tensor = (code: number, dims: number[], more: (out: Message) => Message) => {
  const out = new Message();
  for (const dim of dims) out.int(1, dim);
  return more(out.int(2, code).text(8, "t"));
};
const modelOf = (graph: Message, opset = new Message().text(1, "").int(2, 17)) =>
  new Message().int(1, 8).message(7, graph).message(8, opset).done();
const withTensor = (message: Message) => modelOf(new Message().message(5, message));
/** Varints one after another: those of fields, without the tag of one byte before each. */
const packed = (values: readonly (number | bigint)[]) =>
  Uint8Array.from(values.flatMap((value) => [...new Message().int(1, value).done().slice(1)]));

Deno.test("readOnnx() reads elements from typed lists, packed or one by one", () => {
  const read = (message: Message) => readOnnx(withTensor(message)).initializers[0]!;
  const floats = new Uint8Array(Float32Array.of(1.5, -2).buffer);
  const doubles = new Uint8Array(Float64Array.of(1 / 3).buffer);
  assert.deepEqual(read(tensor(1, [2], (t) => t.bytes(4, floats))).data, Float32Array.of(1.5, -2));
  assert.deepEqual(
    read(tensor(1, [2], (t) => t.float(4, 1.5).float(4, -2))).data,
    Float32Array.of(1.5, -2),
  );
  assert.deepEqual(read(tensor(11, [], (t) => t.bytes(10, doubles))).data, Float64Array.of(1 / 3));
  assert.deepEqual(
    read(tensor(7, [3], (t) => t.bytes(7, packed([-1, 0, 2n ** 62n])))).data,
    BigInt64Array.of(-1n, 0n, 2n ** 62n),
  );
  assert.deepEqual(
    read(tensor(13, [1], (t) => t.int(11, 2n ** 64n - 1n))).data,
    BigUint64Array.of(2n ** 64n - 1n),
  );
  assert.deepEqual(read(tensor(6, [2], (t) => t.int(5, -7).int(5, 7))).data, Int32Array.of(-7, 7));
  assert.deepEqual(read(tensor(3, [1], (t) => t.int(5, -7))).data, Int8Array.of(-7));
  assert.deepEqual(read(tensor(9, [2], (t) => t.int(5, 1).int(5, 0))).data, Uint8Array.of(1, 0));
  assert.deepEqual(read(tensor(10, [1], (t) => t.int(5, 0x3e00))).data, Float16Array.of(1.5));
});

Deno.test("readOnnx() takes constants out of the inputs, where old files list them", () => {
  const graph = {
    ...everyKind,
    inputs: [...everyKind.inputs, { name: "f32", type: "float32", shape: [2] }],
  };
  assert.deepEqual(readOnnx(encodeOnnx(graph as Graph)).inputs, everyKind.inputs);
});

Deno.test("readOnnx() names the node and what is wrong with its values", () => {
  const refuses = (nodes: GraphNode[], why: RegExp) => {
    const graph: Graph = {
      name: "g",
      inputs: [{ name: "x", type: "float32", shape: ["N"] }],
      outputs: [{ name: "y", type: "float32", shape: ["N"] }],
      initializers: [],
      nodes,
    };
    assert.throws(() => readOnnx(encodeOnnx(graph)), (error: unknown) => {
      assert.ok(error instanceof AppError);
      assert.equal(error.code, "model-invalid");
      assert.match(error.message, why);
      return true;
    });
  };
  const relu = (from: string, to: string): GraphNode => ({
    op: "Relu",
    name: `make ${to}`,
    inputs: [from],
    outputs: [to],
  });
  refuses([relu("z", "y")], /node "make y" \(Relu\) must not use "z", which nothing makes/);
  refuses([relu("z", "y"), relu("y", "z")], /"make y" .* "z" before it is made \(a cycle/);
  refuses([relu("x", "y"), relu("x", "y")], /must not make "y" a second time/);
  refuses([relu("x", "x")], /must not make "x" a second time/);
  refuses([relu("x", "z")], /output "y" must be made by something/);
  refuses([{ ...relu("x", "y"), op: "" }], /must name an operator/);
  refuses([{ ...relu("x", "y"), op: "../Relu" }], /must name an operator/);
});

Deno.test("readOnnx() refuses what is no part of a plain graph, saying where it stands", () => {
  const node = (more: (out: Message) => Message) =>
    modelOf(
      new Message().message(1, more(new Message().text(2, "y").text(3, "odd").text(4, "If"))),
    );
  const attribute = (more: (out: Message) => Message) =>
    node((out) => out.message(5, more(new Message().text(1, "a"))));
  const value = (shape: Message) =>
    new Message().text(1, "x")
      .message(2, new Message().message(1, new Message().int(1, 1).message(2, shape)));
  const cases: readonly (readonly [Uint8Array, RegExp])[] = [
    [
      attribute((a) => a.message(6, new Message()).int(20, 5)),
      /node "odd" \("If"\) must not have a subgraph as attribute "a"/,
    ],
    [attribute((a) => a.message(22, new Message())), /sparse tensor as attribute/],
    [attribute((a) => a.int(20, 4)), /a name, a known type and a value/],
    [attribute((a) => a.int(3, 1)), /a name, a known type and a value/],
    [
      node((n) => n.text(7, "com.microsoft")),
      /node "odd" .* default domain: current value is "com.microsoft"/,
    ],
    [modelOf(new Message().message(15, new Message())), /sparse tensors/],
    [
      withTensor(tensor(1, [1], (t) => t.message(13, new Message()))),
      /tensor "t" must not have its data outside/,
    ],
    [withTensor(tensor(1, [1], (t) => t.int(14, 1))), /outside the file/],
    [withTensor(tensor(8, [1], (t) => t.text(6, "s"))), /strings or segments/],
    [withTensor(tensor(99, [0], (t) => t)), /known element type: current value is 99/],
    [withTensor(tensor(1, [2 ** 30, 2 ** 30], (t) => t)), /at most 268435456 elements/],
    [withTensor(tensor(1, [2 ** 40], (t) => t)), /below 2\^31/],
    [withTensor(tensor(1, [1, 1, 1, 1, 1, 1, 1, 1, 1], (t) => t)), /at most 8 axes/],
    [
      withTensor(tensor(1, [3], (t) => t.bytes(9, new Uint8Array(8)))),
      /must have 12 bytes: current value is 8/,
    ],
    [withTensor(tensor(1, [2], (t) => t.float(4, 1))), /must have 2 elements: current value is 1/],
    [withTensor(tensor(1, [1], (t) => t.int(7, 1))), /list of its type/],
    [withTensor(tensor(1, [1], (t) => t.float(4, 1).bytes(9, new Uint8Array(4)))), /data once/],
    [
      modelOf(
        new Message().message(11, value(new Message().message(1, new Message().int(1, 2 ** 33)))),
      ),
      /below 2\^31/,
    ],
    [
      modelOf(new Message().message(11, new Message().text(1, "x").message(2, new Message()))),
      /known element type/,
    ],
    [
      modelOf(
        new Message().message(
          11,
          new Message().text(1, "x").message(2, new Message().message(4, new Message())),
        ),
      ),
      /must be a tensor/,
    ],
    [
      modelOf(new Message(), new Message().text(1, "").int(2, 99)),
      /operator set must be 7 to 25: current value is 99/,
    ],
    [
      modelOf(new Message(), new Message().text(1, "ai.onnx.ml").int(2, 3)),
      /must name the operator set/,
    ],
    [new Message().int(1, 8).done(), /must have a graph/],
    [new Message().message(20, new Message()).done(), /training information/],
    [new Message().message(25, new Message()).done(), /functions of its own/],
    [Uint8Array.of(255), /no protobuf message/],
    [modelOf(new Message().bytes(2, Uint8Array.of(0xff))), /must be UTF-8/],
  ];
  for (const [bytes, why] of cases) {
    assert.throws(() => readOnnx(bytes), (error: unknown) => {
      assert.ok(error instanceof AppError && error.code === "model-invalid", String(error));
      assert.match(error.message, why);
      return true;
    });
  }
  assert.throws(() => readOnnx(encodeOnnx(everyKind), { maxNodes: 1 }), /too many nodes/);
  assert.throws(
    () => readOnnx(encodeOnnx(everyKind), { maxInitializers: 1 }),
    /too many constants/,
  );
});

Deno.test("encodeOnnx() refuses elements of another type than it is told", () => {
  const odd = { name: "t", type: "float16", shape: [1], data: Float32Array.of(1) } as const;
  assert.throws(
    () => encodeOnnx({ ...everyKind, initializers: [odd] }),
    /must come as Float16Array/,
  );
  assert.equal(ELEMENTS.float16.code, 10);
  const attributes: Record<string, Attribute> = { a: 0.5 };
  const nodes = [{ op: "Relu", inputs: [], outputs: [], attributes }];
  assert.throws(() => encodeOnnx({ ...everyKind, nodes }), /must be an integer/);
});
