/**
 * Which of a foreign network's values say what is on a picture, and the nodes that make `embedding` and `map` of it.
 *
 * Preferred are features that still have places (a class activation map can be drawn from them, and their mean is
 * the embedding): an output with height and width; the value before the last global pooling, whose classifier is
 * left out; the tokens of a transformer. A network that gives one vector a picture has a map of one place.
 *
 * @module
 */
import { AppError } from "@aisle/shared/errors";
import type { Graph, GraphNode, Initializer, ValueInfo } from "../../onnx/mod.ts";
import { ENCODER_GRAPH } from "../image_encoder.ts";

/** A value that may be taken, before its size is known. */
export interface Candidate {
  readonly name: string;
  readonly rank: number;
}

/** The value taken: its shape for two pictures was seen in a run. */
export interface ChosenOutput {
  readonly name: string;
  readonly shape: readonly number[];
  /** Layout of the input: decides where a shape can be read two ways. */
  readonly channels: "first" | "last";
}

/** Most tokens before those of the places: one for the class, some "registers". */
const MAX_EXTRA_TOKENS = 8;

/**
 * Values of `graph` to be looked at, best first; with `output` only the one that is named so.
 *
 * @throws {AppError} `model-invalid` if there is none
 */
export function candidates(graph: Graph, output: string | null): Candidate[] {
  const given = graph.outputs.filter(({ type }) => type === "float32");
  const rankOf = ({ name, shape }: ValueInfo): Candidate => ({ name, rank: shape.length });
  if (output !== null) {
    const named = given.filter(({ name }) => name === `inner/${output}`);
    if (named.length === 0) {
      throw unfit(
        `image.output must be one of its float outputs (${names(given)})`,
        output,
      );
    }
    return named.map(rankOf);
  }
  const ofRank = (rank: number) => given.filter(({ shape }) => shape.length === rank).map(rankOf);
  const pooled = graph.nodes.findLast((node) => isGlobalPool(node, graph))?.inputs[0];
  const found = [
    ...ofRank(4),
    ...pooled === undefined ? [] : [{ name: pooled, rank: 4 }],
    ...ofRank(3),
    ...ofRank(2),
  ];
  if (found.length === 0) {
    throw unfit("it must have a float32 output with two to four dimensions", names(graph.outputs));
  }
  return found;
}

/** Picks among the candidates by the shapes that a run on two pictures gave; null where none fits. */
export function chooseOutput(
  found: readonly Candidate[],
  shapes: ReadonlyMap<string, readonly number[]>,
  channels: ChosenOutput["channels"],
): ChosenOutput | null {
  const seen = found.map(({ name }) => ({ name, shape: shapes.get(name) ?? [], channels }));
  const usable = seen.filter(({ shape }) => shape[0] === 2 && shape.every((dim) => dim > 0));
  const places = usable.find((value) => value.shape.length > 2 && sidesOf(value) !== null);
  // An output [N, C, 1, 1] is a pooled one
  const spread = usable.find((value) => {
    const sides = value.shape.length > 2 ? sidesOf(value) : null;
    return sides !== null && sides.height * sides.width > 1;
  });
  return spread ?? places ?? usable.find(({ shape }) => shape.length === 2) ?? null;
}

/** The outputs of an encoder from the chosen value. */
export function outputNodes(
  chosen: ChosenOutput,
): { nodes: GraphNode[]; initializers: Initializer[]; outputs: ValueInfo[] } {
  const { embedding, map } = ENCODER_GRAPH;
  const nodes: GraphNode[] = [], initializers: Initializer[] = [];
  let last = chosen.name;
  const step = (op: string, more: Record<string, bigint[]>, rest: Partial<GraphNode> = {}) => {
    const output = rest.outputs?.[0] ?? `places/${op.toLowerCase()}_${nodes.length}`;
    const constants = Object.entries(more).map(([name, values]): Initializer => ({
      name: `${output}/${name}`,
      type: "int64",
      shape: [values.length],
      data: BigInt64Array.from(values),
    }));
    initializers.push(...constants);
    nodes.push({
      op,
      inputs: [last, ...constants.map(({ name }) => name)],
      ...rest,
      outputs: [output],
    });
    last = output;
  };
  const sides = sidesOf(chosen);
  if (sides === null) {
    const dims = chosen.shape[1]!;
    nodes.push({ op: "Identity", inputs: [chosen.name], outputs: [embedding] });
    step("Reshape", { shape: [0n, 1n, 1n, BigInt(dims)] }, { outputs: [map] });
    return { nodes, initializers, outputs: outputInfo(1, 1, dims, dims) };
  }
  const { height, width, dims, extra, layout } = sides;
  if (layout === "tokens") {
    if (extra > 0) {
      const end = BigInt(extra + height * width);
      step("Slice", { starts: [BigInt(extra)], ends: [end], axes: [1n] });
    }
    step("Transpose", {}, { attributes: { perm: [0, 2, 1] } });
    step("Reshape", { shape: [0n, 0n, BigInt(height), BigInt(width)] });
  } else if (layout === "last") step("Transpose", {}, { attributes: { perm: [0, 3, 1, 2] } });
  // Everything is [N, C, h, w] now
  const maps = last;
  step("GlobalAveragePool", {});
  step("Flatten", {}, { attributes: { axis: 1 }, outputs: [embedding] });
  nodes.push({
    op: "Transpose",
    inputs: [maps],
    outputs: [map],
    attributes: { perm: [0, 2, 3, 1] },
  });
  return { nodes, initializers, outputs: outputInfo(height, width, dims, dims) };
}

interface Sides {
  readonly height: number;
  readonly width: number;
  readonly dims: number;
  /** Tokens before the places. */
  readonly extra: number;
  readonly layout: "first" | "last" | "tokens";
}

/** Height and width of a value with places; null for one without. */
function sidesOf({ shape, channels }: ChosenOutput): Sides | null {
  const [, a, b, c] = shape as [number, number, number, number];
  if (shape.length === 4) {
    const layout = a === b && b !== c ? "last" : b === c && a !== b ? "first" : channels;
    return layout === "first"
      ? { height: b, width: c, dims: a, extra: 0, layout }
      : { height: a, width: b, dims: c, extra: 0, layout };
  }
  if (shape.length !== 3) return null;
  const side = Math.floor(Math.sqrt(a)), extra = a - side * side;
  if (extra > MAX_EXTRA_TOKENS || side < 2) return null;
  return { height: side, width: side, dims: b, extra, layout: "tokens" };
}

function outputInfo(height: number, width: number, mapDims: number, dims: number): ValueInfo[] {
  return [
    { name: ENCODER_GRAPH.embedding, type: "float32", shape: ["N", dims] },
    { name: ENCODER_GRAPH.map, type: "float32", shape: ["N", height, width, mapDims] },
  ];
}

/** Whether a node takes the mean over all places of [N, C, h, w]. */
function isGlobalPool(node: GraphNode, graph: Graph): boolean {
  if (node.op === "GlobalAveragePool") return true;
  if (node.op !== "ReduceMean") return false;
  // An attribute up to opset 17, a constant input from 18 on
  const constant = graph.initializers.find(({ name }) => name === node.inputs[1]);
  const axes = node.attributes?.["axes"] ?? (constant && Array.from(constant.data, Number));
  return Array.isArray(axes) && axes.length === 2 &&
    String(axes.map((axis) => axis < 0 ? axis + 4 : axis).toSorted()) === "2,3";
}

function names(values: readonly ValueInfo[]): string {
  return values.map(({ name, type, shape }) => `${name.replace(/^inner\//, "")} ${type} [${shape}]`)
    .join(", ");
}

function unfit(rule: string, value: string): AppError {
  return new AppError(
    "model-invalid",
    `Cannot use the ONNX model as image encoder: ${rule}: current value is ${value}`,
  );
}
