/**
 * MobileNetV2 from TensorFlow's nodes to an ONNX graph with an encoder's input and outputs.
 *
 * Batch norm is already folded into the weights that npm's package carries, so a layer is a convolution, its
 * bias and perhaps a ReLU6. TensorFlow's "SAME" padding depends on the size of the input and is written out as
 * numbers here: every layer says what it does at this size.
 *
 * @module
 */
import type { Graph, GraphNode, Initializer } from "../../onnx/mod.ts";
import { ENCODER_GRAPH } from "../image_encoder.ts";
import type { TfNode, TfTensor } from "./tfjs_model.ts";

/** What {@linkcode mobilenetGraph} builds. */
export interface MobilenetOptions {
  /** Side of the input, in pixels. */
  readonly size: number;
  /**
   * Name of the layer whose output is the map (`Conv_1`, `expanded_conv_13/expand`, ...); what comes after it
   * is left out.
   */
  readonly tap: string;
}

/** A value on its way through the graph. */
interface Value {
  readonly name: string;
  /** Side, in places; the network is fed squares. */
  readonly side: number;
  readonly channels: number;
}

/** Length of what stands before a layer's own name in the package. */
const SCOPE = /^.*MobilenetV2\//;

/** The network from `pixels` to the layer `tap`, with its mean as embedding. */
export function mobilenetGraph(
  nodes: readonly TfNode[],
  weights: ReadonlyMap<string, TfTensor>,
  { size, tap }: MobilenetOptions,
): Graph {
  const build = new Builder(weights);
  const values = new Map<string, Value>();
  const valueOf = (name: string): Value => {
    const value = values.get(name);
    if (value === undefined) {
      throw new RangeError(`Cannot convert the network: ${name} comes before it is made`);
    }
    return value;
  };
  let last: Value | undefined;
  for (const node of nodes) {
    const inputs = node.input ?? [];
    const layer = layerName(node.name);
    if (node.op === "Placeholder") values.set(node.name, build.input(size));
    // Input scaling of the package, 2 x - 1 for x in [0, 1]: `input` has done it
    else if (node.op === "Mul" || node.op === "Sub") {
      values.set(node.name, valueOf(inputs.find((name) => !weights.has(name))!));
    } else if (node.op === "_FusedConv2D" || node.op === "FusedDepthwiseConv2dNative") {
      values.set(node.name, build.convolution(node, valueOf(inputs[0]!), layer));
    } else if (node.op === "AddV2") {
      values.set(node.name, build.add(valueOf(inputs[0]!), valueOf(inputs[1]!), layer));
    } else if (node.op !== "Const") continue;
    if (node.op !== "Const" && layer === tap) last = values.get(node.name);
  }
  if (last === undefined) {
    throw new RangeError(
      `Cannot end the network at ${tap}: it must be one of its layers: ${
        [...values.keys()].map(layerName).join(", ")
      }`,
    );
  }
  return build.finish(last);
}

/** `expanded_conv_3/expand` for the package's long name of that layer's last node. */
function layerName(name: string): string {
  return name.replace(SCOPE, "").replace(
    /\/(?:Relu6|depthwise|BatchNorm\/FusedBatchNormV3)$/,
    "",
  );
}

class Builder {
  readonly #weights: ReadonlyMap<string, TfTensor>;
  readonly #nodes: GraphNode[] = [];
  readonly #initializers: Initializer[] = [];
  #size = 0;

  constructor(weights: ReadonlyMap<string, TfTensor>) {
    this.#weights = weights;
    this.#constant("zero", [], [0]);
    this.#constant("six", [], [6]);
  }

  /** uint8 [N, S, S, 3] to float [N, 3, S, S] in [-1, 1]. */
  input(size: number): Value {
    this.#size = size;
    this.#constant("half_range", [], [127.5]);
    this.#constant("one", [], [1]);
    // Planes are made of bytes: four times less to move than floats
    this.#node("Transpose", [ENCODER_GRAPH.pixels], "planes", { perm: [0, 3, 1, 2] });
    this.#node("Cast", ["planes"], "levels", { to: 1 });
    this.#node("Div", ["levels", "half_range"], "scaled");
    this.#node("Sub", ["scaled", "one"], "centred");
    return { name: "centred", side: size, channels: 3 };
  }

  convolution(node: TfNode, from: Value, layer: string): Value {
    const kernel = this.#weight(node.input![1]!), bias = this.#weight(node.input![2]!);
    const grouped = node.op === "FusedDepthwiseConv2dNative";
    const [side, , inputs, outputs] = kernel.shape as [number, number, number, number];
    const channels = grouped ? inputs * outputs : outputs;
    const stride = strideOf(node);
    const next = Math.ceil(from.side / stride);
    const pad = Math.max((next - 1) * stride + side - from.side, 0), before = pad >> 1;
    this.#initializers.push({
      name: `${layer}/weights`,
      type: "float32",
      shape: grouped ? [channels, 1, side, side] : [outputs, inputs, side, side],
      data: grouped ? depthwiseFirst(kernel) : outputsFirst(kernel),
    }, { name: `${layer}/bias`, type: "float32", shape: bias.shape, data: bias.data });
    const clipped = fusedOperators(node).includes("Relu6");
    const name = clipped ? `${layer}/sum` : layer;
    this.#node("Conv", [from.name, `${layer}/weights`, `${layer}/bias`], name, {
      group: grouped ? channels : 1,
      kernel_shape: [side, side],
      pads: [before, before, pad - before, pad - before],
      strides: [stride, stride],
    });
    if (clipped) this.#node("Clip", [name, "zero", "six"], layer);
    return { name: layer, side: next, channels };
  }

  add(a: Value, b: Value, layer: string): Value {
    this.#node("Add", [a.name, b.name], layer);
    return { ...a, name: layer };
  }

  /** The graph that ends at `last`; nodes that it does not need are left out. */
  finish(last: Value): Graph {
    const { pixels, embedding, map } = ENCODER_GRAPH;
    this.#node("GlobalAveragePool", [last.name], "mean");
    this.#node("Flatten", ["mean"], embedding, { axis: 1 });
    this.#node("Transpose", [last.name], map, { perm: [0, 2, 3, 1] });
    const needed = new Set<string>([embedding, map]);
    const nodes = this.#nodes.toReversed().filter((node) => {
      const used = node.outputs.some((name) => needed.has(name));
      if (used) { for (const name of node.inputs) needed.add(name); }
      return used;
    }).toReversed();
    return {
      name: "mobilenet_v2",
      inputs: [{ name: pixels, type: "uint8", shape: ["N", this.#size, this.#size, 3] }],
      outputs: [
        { name: embedding, type: "float32", shape: ["N", last.channels] },
        { name: map, type: "float32", shape: ["N", last.side, last.side, last.channels] },
      ],
      initializers: this.#initializers.filter(({ name }) => needed.has(name)),
      nodes,
    };
  }

  #node(
    op: string,
    inputs: readonly string[],
    output: string,
    attributes?: GraphNode["attributes"],
  ): void {
    this.#nodes.push({ op, inputs, outputs: [output], ...(attributes && { attributes }) });
  }

  #constant(name: string, shape: readonly number[], values: readonly number[]): void {
    this.#initializers.push({ name, type: "float32", shape, data: Float32Array.from(values) });
  }

  #weight(name: string): TfTensor {
    const tensor = this.#weights.get(name);
    if (tensor === undefined) {
      throw new RangeError(`Cannot convert the network: it has no weight ${name}`);
    }
    return tensor;
  }
}

/** Attributes as the JSON writes TensorFlow's protobuf. */
interface ConvolutionAttributes {
  readonly strides: { readonly list: { readonly i: readonly string[] } };
  readonly fused_ops: { readonly list: { readonly s: readonly string[] } };
  readonly padding: { readonly s: string };
}

function strideOf(node: TfNode): number {
  const { strides, padding } = node.attr as unknown as ConvolutionAttributes;
  if (atob(padding.s) !== "SAME") {
    throw new RangeError(`Cannot convert ${node.name}: its padding must be SAME`);
  }
  return Number(strides.list.i[1]);
}

function fusedOperators(node: TfNode): string[] {
  return (node.attr as unknown as ConvolutionAttributes).fused_ops.list.s.map((name) => atob(name));
}

/** Kernel [h, w, in, out] to [out, in, h, w]. */
function outputsFirst({ shape, data }: TfTensor): Float32Array<ArrayBuffer> {
  const [h, w, inputs, outputs] = shape as [number, number, number, number];
  const out = new Float32Array(data.length);
  let k = 0;
  for (let o = 0; o < outputs; o++) {
    for (let i = 0; i < inputs; i++) {
      for (let yx = 0; yx < h * w; yx++) out[k++] = data[(yx * inputs + i) * outputs + o]!;
    }
  }
  return out;
}

/** Kernel [h, w, channel, 1] to [channel, 1, h, w]. */
function depthwiseFirst({ shape, data }: TfTensor): Float32Array<ArrayBuffer> {
  const [h, w, channels, multiplier] = shape as [number, number, number, number];
  const all = channels * multiplier;
  const out = new Float32Array(data.length);
  let k = 0;
  for (let c = 0; c < all; c++) {
    for (let yx = 0; yx < h * w; yx++) out[k++] = data[yx * all + c]!;
  }
  return out;
}
