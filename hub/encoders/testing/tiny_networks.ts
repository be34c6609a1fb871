/**
 * Tiny networks with random weights, shaped like those that people bring: for tests of the ways in.
 *
 * @module
 */
import { rng } from "@aisle/shared/random";
import type { Graph, GraphNode, Initializer, ValueInfo } from "../../onnx/mod.ts";

/** Random weights by name, in the order in which they are asked for. */
export function randomWeights(seed: number): {
  readonly initializers: Initializer[];
  weight(name: string, shape: readonly number[]): string;
} {
  const random = rng(seed);
  const initializers: Initializer[] = [];
  return {
    initializers,
    weight(name, shape) {
      const size = shape.reduce((all, dim) => all * dim, 1);
      const data = Float32Array.from({ length: size }, () => random() - 0.5);
      initializers.push({ name, type: "float32", shape, data });
      return name;
    },
  };
}

/** Options of {@linkcode tinyCnn}. */
export interface TinyCnnOptions {
  readonly input?: ValueInfo;
  /** `logits` ends in a classifier, `hidden` in features with places, as Hugging Face's do. */
  readonly ends?: "logits" | "hidden";
  readonly opset?: number;
  readonly channels?: number;
}

/** Side of {@linkcode tinyCnn}'s input where nothing else is asked for. */
export const TINY_SIZE = 16;
/** Channels of its features where nothing else is asked for. */
export const TINY_CHANNELS = 6;

/** Like a small ResNet: two convolutions, a shortcut, global pooling, a classifier. */
export function tinyCnn(options: TinyCnnOptions = {}): Graph {
  const input = options.input ??
    { name: "pixel_values", type: "float32", shape: ["batch", 3, TINY_SIZE, TINY_SIZE] };
  const { initializers, weight } = randomWeights(3);
  const width = options.channels ?? TINY_CHANNELS;
  const last = input.shape[3] === 3;
  const conv = (from: string, to: string, channels: number, made: number, stride: number) => ({
    op: "Conv",
    inputs: [from, weight(`${to}.weight`, [made, channels, 3, 3]), weight(`${to}.bias`, [made])],
    outputs: [to],
    attributes: { kernel_shape: [3, 3], pads: [1, 1, 1, 1], strides: [stride, stride] },
  });
  const nodes: GraphNode[] = [
    ...(last
      ? [{
        op: "Transpose",
        inputs: [input.name],
        outputs: ["x"],
        attributes: { perm: [0, 3, 1, 2] },
      }]
      : [{ op: "Identity", inputs: [input.name], outputs: ["x"] }]),
    ...(input.type === "uint8"
      ? [{ op: "Cast", inputs: ["x"], outputs: ["xf"], attributes: { to: 1 } }]
      : [{ op: "Dropout", inputs: ["x"], outputs: ["xf"] }]),
    conv("xf", "a", 3, width, 4),
    { op: "Relu", inputs: ["a"], outputs: ["ra"] },
    conv("ra", "b", width, width, 1),
    { op: "Add", inputs: ["ra", "b"], outputs: ["sum"] },
    { op: "Relu", inputs: ["sum"], outputs: ["hidden"] },
    { op: "GlobalAveragePool", inputs: ["hidden"], outputs: ["pooled"] },
    { op: "Flatten", inputs: ["pooled"], outputs: ["flat"], attributes: { axis: 1 } },
    {
      op: "Gemm",
      inputs: ["flat", weight("fc.weight", [5, width]), weight("fc.bias", [5])],
      outputs: ["logits"],
      attributes: { transB: 1 },
    },
  ];
  const outputs: ValueInfo[] = options.ends === "hidden"
    ? [
      { name: "hidden", type: "float32", shape: ["batch", width, "h", "w"] },
      { name: "pooled", type: "float32", shape: ["batch", width, 1, 1] },
    ]
    : [{ name: "logits", type: "float32", shape: ["batch", 5] }];
  return {
    name: "tiny_cnn",
    ...(options.opset && { opset: options.opset }),
    inputs: [input],
    outputs,
    initializers,
    nodes,
  };
}

/** Like a vision transformer before its first layer: patches, a token for the class, positions; 4 x 4 places. */
export function tinyPatches(dims = 8): Graph {
  const { initializers, weight } = randomWeights(5);
  const shape = (name: string, values: readonly number[]): string => {
    const data = BigInt64Array.from(values, BigInt);
    initializers.push({ name, type: "int64", shape: [values.length], data });
    return name;
  };
  shape("batch_axis", [0]);
  initializers.push({ name: "first", type: "int64", shape: [], data: BigInt64Array.of(0n) });
  return {
    name: "tiny_patches",
    inputs: [{ name: "pixel_values", type: "float32", shape: ["b", "num_channels", "h", "w"] }],
    outputs: [
      { name: "last_hidden_state", type: "float32", shape: ["b", "tokens", dims] },
      { name: "pooler_output", type: "float32", shape: ["b", dims] },
    ],
    initializers,
    nodes: [
      {
        op: "Conv",
        inputs: ["pixel_values", weight("patch", [dims, 3, 4, 4])],
        outputs: ["patches"],
        attributes: { kernel_shape: [4, 4], strides: [4, 4] },
      },
      { op: "Reshape", inputs: ["patches", shape("flat", [0, 0, -1])], outputs: ["rows"] },
      { op: "Transpose", inputs: ["rows"], outputs: ["tokens"], attributes: { perm: [0, 2, 1] } },
      { op: "Shape", inputs: ["tokens"], outputs: ["shape"] },
      { op: "Gather", inputs: ["shape", "batch_axis"], outputs: ["batch"] },
      { op: "Constant", inputs: [], outputs: ["one"], attributes: { value_ints: [1, dims] } },
      { op: "Concat", inputs: ["batch", "one"], outputs: ["class_shape"], attributes: { axis: 0 } },
      {
        op: "ConstantOfShape",
        inputs: ["class_shape"],
        outputs: ["class"],
        attributes: {
          value: { tensor: { name: "", type: "float32", shape: [1], data: Float32Array.of(0.25) } },
        },
      },
      { op: "Concat", inputs: ["class", "tokens"], outputs: ["all"], attributes: { axis: 1 } },
      { op: "Tanh", inputs: ["all"], outputs: ["last_hidden_state"] },
      {
        op: "Gather",
        inputs: ["last_hidden_state", "first"],
        outputs: ["pooler_output"],
        attributes: { axis: 1 },
      },
    ],
  };
}
