/**
 * `full.onnx`: the encoder, the picture's head, both calibrations and the fusion as one graph.
 *
 * All of it comes out in one run: what text, picture and both say (calibrated log-probabilities), and how much each
 * place of the picture adds to the picture's scores. Operators are valid in operator sets 13 to 21, because the
 * encoder's graph brings its own. See `FULL_GRAPH` of `shared/bundle` for names and shapes.
 *
 * @module
 */
import { type Calibration, FULL_GRAPH } from "@aisle/shared/bundle";
import type { FusedModel } from "../model/fused_model.ts";
import { LEAST_FEATURE } from "../model/root_features.ts";
import { FUSION_INPUT } from "../model/fusion.ts";
import type { Graph, GraphNode, Initializer } from "../onnx/mod.ts";

/** An encoder's graph; input `pixels`, outputs `embedding` [N,D] and `map` [N,h,w,E]. */
export interface EncoderGraph {
  readonly name: string;
  readonly id: string;
  readonly dims: number;
  readonly recipe: {
    readonly version: 1;
    readonly size: number;
    readonly fit: "stretch" | "contain";
  };
  readonly graph: Graph;
}

/** Places of the class activation map of `encoder`: where its embedding is the mean of its map. */
export function mapOf({ graph, dims }: EncoderGraph): { height: number; width: number } | null {
  const [, height, width, channels] = graph.outputs.find(({ name }) => name === "map")?.shape ?? [];
  return channels === dims && typeof height === "number" && typeof width === "number"
    ? { height, width }
    : null;
}

/** The graph of `model` over `encoder`, the text calibrated by `textCalibration`. */
export function fullGraph(
  model: FusedModel,
  encoder: EncoderGraph,
  textCalibration: Calibration,
): Graph {
  const { classes, dims } = model.image;
  const build = new Builder(prefixed(encoder.graph));
  const names = FULL_GRAPH, E = model.encoder.dims;

  const embedding = "encoder/embedding";
  // (N,E): x / sqrt(max(|x|, tiny)) keeps the sign and is x under the root
  const roots = model.roots
    ? build.op("Sqrt", build.op("Max", build.op("Abs", embedding), build.scalar(LEAST_FEATURE)))
    : null;
  const features = roots === null ? embedding : build.op("Div", embedding, roots);
  const weights = model.image.weights.subarray(0, E * classes);
  let sums = build.op("MatMul", features, build.matrix("image_weights", weights, [E, classes]));
  if (model.handmade !== null) {
    const rest = model.image.weights.subarray(E * classes);
    const own = build.matrix("handmade_weights", rest, [dims - E, classes]);
    sums = build.op("Add", sums, build.op("MatMul", names.handmade, own));
  }
  build.named(
    names.imageScores,
    "Add",
    sums,
    build.matrix("image_bias", model.image.bias, [classes]),
  );

  build.calibrated(names.text, names.scores, textCalibration);
  build.calibrated(names.image, names.imageScores, model.imageCalibration);
  const joined = fused(build, model);
  const scores = model.fusion.margins ? joined : build.logSoftmax(joined);
  build.calibrated(names.fused, scores, model.fusionCalibration);

  const map = mapOf(encoder);
  if (map !== null) {
    // A mean, or the root of one, shared out to the places by what each adds: (N,h,w,E) x (E,C)
    const parts = roots === null
      ? "encoder/map"
      : build.op("Div", "encoder/map", build.op("Unsqueeze", roots, build.axes([1, 2])));
    const shares = build.op("MatMul", parts, "image_weights");
    build.named(names.activation, "Mul", shares, build.scalar(1 / (map.height * map.width)));
  }
  const byClass = { type: "float32", shape: ["N", classes] } as const;
  const { size } = encoder.recipe;
  return {
    name: "full",
    ...(encoder.graph.opset === undefined ? {} : { opset: encoder.graph.opset }),
    inputs: [
      { name: names.pixels, type: "uint8", shape: ["N", size, size, 3] },
      { name: names.scores, ...byClass },
      ...(model.handmade === null ? [] : [{
        name: names.handmade,
        type: "float32" as const,
        shape: ["N", dims - E],
      }]),
    ],
    outputs: [
      ...[names.text, names.image, names.fused, names.imageScores].map((name) => ({
        name,
        ...byClass,
      })),
      ...(map === null ? [] : [{
        name: names.activation,
        type: "float32" as const,
        shape: ["N", map.height, map.width, classes],
      }]),
    ],
    initializers: build.initializers,
    nodes: build.nodes,
  };
}

/** Fused scores (N,C), as `fuse` of `hub/model` has them before the softmax. */
function fused(build: Builder, { fusion }: FusedModel): string {
  const { classes, head } = fusion;
  const seen = (logs: string) =>
    build.op(
      "Add",
      build.op("Max", logs, build.scalar(FUSION_INPUT.least)),
      build.scalar(Math.log(classes)),
    );
  const text = seen(FULL_GRAPH.text), image = seen(FULL_GRAPH.image);
  if (head === null) {
    return build.op(
      "Add",
      build.op("Mul", text, build.scalar(fusion.textWeight)),
      build.op("Mul", image, build.scalar(fusion.imageWeight)),
    );
  }
  const mixed = (name: string, weight: number, more: Float32Array) =>
    build.matrix(name, more.map((w, i) => i % (classes + 1) === 0 ? w + weight : w), [
      classes,
      classes,
    ]);
  const sum = build.op(
    "Add",
    build.op("MatMul", text, mixed("fusion_texts", fusion.textWeight, head.texts)),
    build.op("MatMul", image, mixed("fusion_images", fusion.imageWeight, head.images)),
  );
  return build.op("Add", sum, build.matrix("fusion_bias", head.bias, [classes]));
}

/** `graph` with every name but that of its input moved out of the way of ours. */
function prefixed(graph: Graph): Pick<Graph, "initializers" | "nodes"> {
  const own = (name: string) =>
    name === "" || name === FULL_GRAPH.pixels ? name : `encoder/${name}`;
  return {
    initializers: graph.initializers.map((tensor) => ({ ...tensor, name: own(tensor.name) })),
    nodes: graph.nodes.map((node) => ({
      ...node,
      ...(node.name === undefined ? {} : { name: own(node.name) }),
      inputs: node.inputs.map(own),
      outputs: node.outputs.map(own),
    })),
  };
}

/** Nodes and constants as they are added. */
class Builder {
  readonly initializers: Initializer[];
  readonly nodes: GraphNode[];
  #next = 0;

  constructor(start: Pick<Graph, "initializers" | "nodes">) {
    this.initializers = [...start.initializers];
    this.nodes = [...start.nodes];
  }

  op(op: string, ...inputs: string[]): string {
    return this.named(`v${this.#next++}`, op, ...inputs);
  }

  named(output: string, op: string, ...inputs: string[]): string {
    this.nodes.push({ op, inputs, outputs: [output] });
    return output;
  }

  /** Log-probabilities of scores: sigmoid(a s + b), normalised; on logarithms, as `confidences` does it. */
  calibrated(output: string, scores: string, { a, b }: Calibration): string {
    const x = this.op("Add", this.op("Mul", scores, this.scalar(a)), this.scalar(b));
    const logs = this.op("Neg", this.op("Softplus", this.op("Neg", x)));
    return this.logSoftmax(logs, output);
  }

  logSoftmax(input: string, output = `v${this.#next++}`): string {
    this.nodes.push({
      op: "LogSoftmax",
      inputs: [input],
      outputs: [output],
      attributes: { axis: 1 },
    });
    return output;
  }

  scalar(value: number): string {
    return this.#constant({
      name: `c${this.#next++}`,
      type: "float32",
      shape: [1],
      data: Float32Array.of(value),
    });
  }

  axes(values: readonly number[]): string {
    return this.#constant({
      name: `c${this.#next++}`,
      type: "int64",
      shape: [values.length],
      data: BigInt64Array.from(values, BigInt),
    });
  }

  matrix(name: string, data: Float32Array, shape: readonly number[]): string {
    return this.#constant({ name, type: "float32", shape, data });
  }

  #constant(tensor: Initializer): string {
    this.initializers.push(tensor);
    return tensor.name;
  }
}
