import assert from "node:assert/strict";
import fc from "fast-check";
import * as native from "onnxruntime-node";
import { FULL_LIMITS } from "@aisle/shared/bundle";
import { openEngine } from "@aisle/shared/engine";
import { rng } from "@aisle/shared/random";
import { encodeOnnx, type Graph, type GraphNode, type Initializer } from "../onnx/mod.ts";

/** One convolution of a chain. */
interface Layer {
  readonly kind: "places" | "channels" | "windows";
  readonly outputs: number;
  readonly side: number;
  readonly stride: number;
  readonly after: "none" | "clip" | "relu";
  readonly even: boolean;
  /** Adds what came in, where the shapes fit. */
  readonly residual: boolean;
}

const layer: fc.Arbitrary<Layer> = fc.record({
  kind: fc.constantFrom("places", "channels", "windows"),
  outputs: fc.integer({ min: 1, max: 20 }),
  side: fc.constantFrom(3, 5),
  stride: fc.constantFrom(1, 2),
  after: fc.constantFrom("none", "clip", "relu"),
  even: fc.boolean(),
  residual: fc.boolean(),
});

/** A network over pictures of `size`: a stem, `layers`, their mean, and a head beside the last map. */
function network(size: number, layers: readonly Layer[], seed: number): Graph {
  const random = rng(seed);
  const initializers: Initializer[] = [], nodes: GraphNode[] = [];
  const floats = (name: string, shape: number[], scale = 1): string => {
    const data = Float32Array.from(
      { length: shape.reduce((a, b) => a * b, 1) },
      () => (random() - 0.5) * scale,
    );
    initializers.push({ name, type: "float32", shape, data });
    return name;
  };
  const constant = (name: string, value: number) => {
    initializers.push({ name, type: "float32", shape: [], data: Float32Array.of(value) });
    return name;
  };
  let last = 0;
  const node = (
    op: string,
    inputs: string[],
    attributes?: GraphNode["attributes"],
    output = `v${last++}`,
  ) => {
    nodes.push({
      op,
      inputs,
      outputs: [output],
      ...(attributes === undefined ? {} : { attributes }),
    });
    return output;
  };
  constant("zero", 0);
  constant("most", 1.5);
  const mean = floats("mean", [1, 3, 1, 1], 100);
  let x = node("Transpose", ["pixels"], { perm: [0, 3, 1, 2] });
  x = node("Div", [node("Sub", [node("Cast", [x], { to: 1 }), mean]), constant("range", 127)]);
  let channels = 3, side = size;
  const stem: Layer = {
    kind: "windows",
    outputs: 9,
    side: 3,
    stride: 2,
    after: "clip",
    even: false,
    residual: false,
  };
  for (
    const [i, { kind, outputs: wanted, side: wide, stride, after, even, residual }] of [
      stem,
      ...layers,
    ].entries()
  ) {
    const window = kind === "places" ? 1 : wide, step = kind === "places" ? 1 : stride;
    const alone = kind === "channels", outputs = alone ? channels : wanted;
    // As TensorFlow pads (less before than behind) or alike on both sides
    const before = even ? window >> 1 : (window - 1) >> 1, behind = window >> 1;
    const scale = 2 / Math.sqrt(window * window * (alone ? 1 : channels));
    let y = node("Conv", [
      x,
      floats(`w${i}`, [outputs, alone ? 1 : channels, window, window], scale),
      floats(`b${i}`, [outputs]),
    ], {
      group: alone ? channels : 1,
      kernel_shape: [window, window],
      pads: [before, before, behind, behind],
      strides: [step, step],
    });
    const out = Math.floor((side + before + behind - window) / step) + 1;
    if (residual && i > 0 && !alone && out === side && outputs === channels) {
      y = node("Add", [x, y]);
    }
    if (after === "clip") y = node("Clip", [y, "zero", "most"]);
    if (after === "relu") y = node("Relu", [y]);
    [x, channels, side] = [y, outputs, out];
  }
  const pooled = node("Flatten", [node("GlobalAveragePool", [x])], { axis: 1 });
  const scores = node("MatMul", [pooled, floats("head", [channels, 4])]);
  node("LogSoftmax", [scores], { axis: 1 }, "logs");
  const map = node("Transpose", [x], { perm: [0, 2, 3, 1] });
  node("MatMul", [map, "head"], undefined, "places");
  return {
    name: "network",
    inputs: [{ name: "pixels", type: "uint8", shape: ["N", size, size, 3] }],
    outputs: [
      { name: "logs", type: "float32", shape: ["N", 4] },
      { name: "places", type: "float32", shape: ["N", side, side, 4] },
    ],
    initializers,
    nodes,
  };
}

const pixelsOf = (size: number, seed: number): Uint8Array<ArrayBuffer> => {
  const random = rng(seed);
  return Uint8Array.from({ length: size * size * 3 }, () => Math.floor(random() * 256));
};

async function natively(model: Uint8Array, size: number, pixels: Uint8Array) {
  const session = await native.InferenceSession.create(model, { logSeverityLevel: 3 });
  const found = await session.run({
    pixels: new native.Tensor("uint8", pixels, [1, size, size, 3]),
  });
  const { logs, places } = found;
  await session.release();
  return { logs: logs!.data as Float32Array, places: places!.data as Float32Array };
}

for (const fused of [true, false]) {
  Deno.test(`the engine gives what ONNX Runtime gives, of any chain of convolutions (${fused ? "one rounding" : "two roundings"})`, async () => {
    const chain = fc.array(layer, { maxLength: 5 });
    const side = fc.integer({ min: 8, max: 29 });
    await fc.assert(
      fc.asyncProperty(side, chain, fc.nat(), async (size, layers, seed) => {
        const model = encodeOnnx(network(size, layers, seed)), pixels = pixelsOf(size, seed);
        const engine = openEngine(model, FULL_LIMITS, { fused });
        assert.ok(engine !== null, "the engine knows such graphs");
        const theirs = await natively(model, size, pixels);
        const feeds = { pixels: { shape: [1, size, size, 3], data: pixels } };
        // Twice: nothing of the first run may be left in the second
        engine.run({ pixels: { shape: [1, size, size, 3], data: pixelsOf(size, seed + 1) } }, [
          "logs",
        ]);
        const ours = engine.run(feeds, ["logs", "places"]);
        for (const output of ["logs", "places"] as const) {
          assert.equal(ours[output]!.length, theirs[output].length);
          ours[output]!.forEach((value, i) => {
            const other = theirs[output][i]!;
            assert.ok(
              Math.abs(value - other) <= 1e-3 * Math.max(1, Math.abs(other)),
              `${output} ${i}: ${value} and ${other}`,
            );
          });
        }
      }),
      { numRuns: 60 },
    );
  });
}

Deno.test("the engine leaves graphs that it does not know to another runtime", () => {
  const graph = network(16, [], 1);
  const changed = (nodes: readonly GraphNode[]) => encodeOnnx({ ...graph, nodes });
  const dilated = graph.nodes.map((node) =>
    node.op === "Conv" ? { ...node, attributes: { ...node.attributes, dilations: [2, 2] } } : node
  );
  const padded = graph.nodes.map((node) =>
    node.op === "Conv"
      ? { ...node, attributes: { ...node.attributes, auto_pad: "SAME_UPPER" } }
      : node
  );
  const pooled = graph.nodes.map((node) =>
    node.op === "Clip" ? { ...node, op: "Erf", inputs: [node.inputs[0]!] } : node
  );
  assert.notEqual(openEngine(changed(graph.nodes), FULL_LIMITS), null);
  for (const nodes of [dilated, padded, pooled]) {
    assert.equal(openEngine(changed(nodes), FULL_LIMITS), null);
  }
});

Deno.test("the engine computes only what is asked for", () => {
  const engine = openEngine(encodeOnnx(network(16, [], 1)), FULL_LIMITS)!;
  const found = engine.run({ pixels: { shape: [1, 16, 16, 3], data: pixelsOf(16, 1) } }, ["logs"]);
  assert.deepEqual(Object.keys(found), ["logs"]);
  assert.throws(() => engine.run({}, ["unknown"]), /gives no unknown/);
});
