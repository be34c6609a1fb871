/**
 * Graphs for tests of the ONNX files: one with every kind of value, and any graph at all.
 *
 * @module
 */
import fc from "fast-check";
import {
  type Attribute,
  ELEMENTS,
  type ElementType,
  type Graph,
  type GraphNode,
  type Initializer,
  UNRANKED,
} from "../graph.ts";

const constant = (name: string, data: Initializer["data"], type: ElementType): Initializer => ({
  name,
  type,
  shape: [data.length],
  data,
});

/** Every element type and every kind of attribute; what it computes is of no matter. */
export const everyKind: Graph = {
  name: "every kind",
  inputs: [{ name: "x", type: "uint8", shape: ["N", 4, 0] }, {
    name: "flag",
    type: "bool",
    shape: [],
  }],
  outputs: [
    { name: "y", type: "float16", shape: ["N", "M*2"] },
    { name: "a", type: "float32", shape: UNRANKED },
  ],
  initializers: [
    constant("f32", Float32Array.of(1.5, -0), "float32"),
    constant("f64", Float64Array.of(1 / 3), "float64"),
    constant("f16", Float16Array.of(0.5, 65504), "float16"),
    constant("i8", Int8Array.of(-128), "int8"),
    constant("u8", Uint8Array.of(255), "uint8"),
    constant("i16", Int16Array.of(-2), "int16"),
    constant("u16", Uint16Array.of(2), "uint16"),
    constant("i32", Int32Array.of(-3), "int32"),
    constant("u32", Uint32Array.of(3), "uint32"),
    constant("i64", BigInt64Array.of(-(2n ** 63n)), "int64"),
    constant("u64", BigUint64Array.of(2n ** 64n - 1n), "uint64"),
    constant("yes", Uint8Array.of(1, 0), "bool"),
    { name: "empty", type: "float32", shape: [2, 0], data: new Float32Array() },
  ],
  nodes: [
    {
      op: "Odd",
      name: "first/odd",
      inputs: ["x", "", "f32"],
      outputs: ["", "a"],
      attributes: {
        int: -1,
        large: Number.MAX_SAFE_INTEGER,
        ints: [0, -5, 7],
        none: [],
        text: "größe",
        float: { float: 0.25 },
        floats: { floats: [0.5, -2] },
        strings: { strings: ["a", ""] },
        tensor: { tensor: { name: "", type: "int64", shape: [], data: BigInt64Array.of(9n) } },
      },
    },
    { op: "Odder", inputs: ["a", "flag"], outputs: ["y"] },
  ],
};

const types = Object.keys(ELEMENTS) as ElementType[];

function tensor(name: string): fc.Arbitrary<Initializer> {
  return fc.record({
    type: fc.constantFrom(...types),
    shape: fc.array(fc.integer({ min: 0, max: 3 }), { maxLength: 4 }),
    seed: fc.integer({ min: 0, max: 100 }),
  }).map(({ type, shape, seed }) => {
    const length = shape.reduce((a, b) => a * b, 1);
    const at = (i: number) => type === "bool" ? (seed + i) % 2 : (seed + i) % 100;
    const numbers = Array.from({ length }, (_, i) => at(i));
    const data = type === "int64"
      ? BigInt64Array.from(numbers, BigInt)
      : type === "uint64"
      ? BigUint64Array.from(numbers, BigInt)
      : ELEMENTS[type].array.from(numbers) as Initializer["data"];
    return { name, type, shape, data };
  });
}

const float = fc.float({ noNaN: true });
const attribute: fc.Arbitrary<Attribute> = fc.oneof(
  fc.maxSafeInteger(),
  fc.array(fc.maxSafeInteger(), { maxLength: 4 }),
  fc.string({ unit: "binary" }),
  float.map((x) => ({ float: x })),
  fc.array(float, { maxLength: 4 }).map((floats) => ({ floats })),
  fc.array(fc.string(), { maxLength: 3 }).map((strings) => ({ strings })),
  tensor("").map((t) => ({ tensor: t })),
);

/** Nodes in a chain of values `v0`, `v1`..., each free to use what came before it. */
const nodes = fc.array(
  fc.record({
    op: fc.constantFrom("Relu", "Add", "Conv"),
    named: fc.boolean(),
    from: fc.array(fc.nat(), { maxLength: 3 }),
    attributes: fc.dictionary(fc.stringMatching(/^[a-z_]{1,8}$/), attribute, {
      minKeys: 1,
      maxKeys: 3,
    }),
  }),
  { maxLength: 5 },
).map((drawn) =>
  drawn.map(({ op, named, from, attributes }, i): GraphNode => ({
    op,
    ...(named ? { name: `n${i}` } : {}),
    inputs: from.map((k) => k % (i + 2) === i + 1 ? "" : `v${k % (i + 2)}`),
    outputs: [`v${i + 1}`],
    attributes: { ...attributes },
  }))
);

/** Any graph whose names fit together. */
export const anyGraph: fc.Arbitrary<Graph> = fc.record({
  name: fc.string(),
  opset: fc.integer({ min: 7, max: 21 }),
  inputs: fc.record({
    type: fc.constantFrom(...types),
    shape: fc.array(fc.oneof(fc.nat({ max: 9 }), fc.constantFrom("N", "H")), { maxLength: 4 }),
  }).map((info) => [{ name: "v0", ...info }]),
  initializers: fc.tuple(tensor("a"), tensor("b")),
  nodes,
}).map((graph) => ({
  ...graph,
  outputs: [{ name: `v${graph.nodes.length}`, type: "float32" as const, shape: ["N"] }],
}));
