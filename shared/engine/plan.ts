/**
 * From a graph to the steps that run it: constants folded, activations and sums joined to the convolution before them.
 *
 * @module
 */
import {
  layMap,
  layPixels,
  pixelLine,
  type PixelSource,
  runChannels,
  runPlaces,
  runWindows,
  type Windows,
} from "./convolution.ts";
import { mapMean, mapTensor } from "./map_tensors.ts";
import {
  type FeatureMap,
  packProduct,
  packWindows,
  panels,
  turns,
  type Weights,
} from "./feature_map.ts";
import type { Kernels } from "./kernels.ts";
import type { FeatureMapPool } from "./map_pool.ts";
import { constantsOf, foldPixels } from "./plan_inputs.ts";
import { knowsPlain, numberOf, type PlainTensor, runPlain, Unsupported } from "./plain_ops.ts";
import type { GraphNode, ReadGraph } from "./read_graph.ts";

/** What steps run on. */
export interface Machine {
  readonly kernels: Kernels;
  /** The kernels' memory. */
  readonly floats: Float32Array;
  /** Tensors by name, as they are made. */
  readonly values: Map<string, PlainTensor>;
}

/** One step; makes one tensor or map. */
export interface Step {
  readonly needs: readonly string[];
  readonly makes: string;
  run(machine: Machine): void;
}

/** Steps in order, and tensors that never change. */
export interface Plan {
  readonly steps: readonly Step[];
  readonly constants: ReadonlyMap<string, PlainTensor>;
}

/** Plans `graph`; memory comes from `pool`. @throws {Unsupported} */
export function planGraph(graph: ReadGraph, pool: FeatureMapPool): Plan {
  const planner = new Planner(graph, pool);
  for (const node of graph.nodes) planner.add(node);
  return planner;
}

class Planner implements Plan {
  readonly steps: Step[] = [];
  readonly constants: Map<string, PlainTensor>;
  readonly #graph: ReadGraph;
  readonly #pool: FeatureMapPool;
  readonly #readers = new Map<string, GraphNode[]>();
  /** Nodes that an earlier step has taken in. */
  readonly #joined = new Set<GraphNode>();
  readonly #maps = new Map<string, FeatureMap>();
  readonly #pixels = new Map<string, PixelSource & { readonly input: string }>();
  /** Nodes that are still to read a map. */
  readonly #waiting = new Map<FeatureMap, Set<GraphNode>>();

  constructor(graph: ReadGraph, pool: FeatureMapPool) {
    this.#graph = graph;
    this.#pool = pool;
    this.constants = constantsOf(graph);
    for (const node of graph.nodes) {
      for (const name of node.inputs) {
        const list = this.#readers.get(name);
        if (list === undefined) this.#readers.set(name, [node]);
        else list.push(node);
      }
    }
  }

  add(node: GraphNode): void {
    if (this.#joined.has(node)) return;
    const inputs = node.inputs.map((name) => this.constants.get(name));
    if (inputs.every((tensor) => tensor !== undefined)) {
      this.constants.set(outputOf(node), runPlain(node, inputs));
    } else if (node.op === "Conv") this.#convolve(node);
    else {
      const pixels = foldPixels(node, this.#graph, this.#pixels, this.constants);
      if (pixels !== null) this.#pixels.set(outputOf(node), pixels);
      else this.#plain(node);
    }
  }

  /** A node on tensors, or one that makes a tensor of a map. */
  #plain(node: GraphNode): void {
    const map = this.#maps.get(node.inputs[0] ?? "");
    const makes = outputOf(node), needs = node.inputs;
    if (map !== undefined) {
      const read = node.op === "GlobalAveragePool"
        ? mapMean
        : node.op === "Transpose" && String(node.attributes.get("perm")) === "0,2,3,1"
        ? mapTensor
        : null;
      if (read === null) throw new Unsupported(`${node.op} of a map`);
      this.steps.push({
        needs,
        makes,
        run: ({ floats, values }) => values.set(makes, read(floats, map)),
      });
      this.#read(map, node);
      return;
    }
    if (
      !knowsPlain(node.op) || needs.some((name) => this.#maps.has(name) || this.#pixels.has(name))
    ) {
      throw new Unsupported(node.op);
    }
    this.steps.push({
      needs,
      makes,
      run: ({ values }) =>
        values.set(makes, runPlain(node, needs.map((name) => values.get(name)!))),
    });
  }

  #convolve(node: GraphNode): void {
    const [source, weightsName, biasName] = node.inputs as [string, string, string | undefined];
    const weights = this.constants.get(weightsName);
    const bias = this.constants.get(biasName ?? "")?.data ??
      (biasName === undefined ? new Float32Array(0) : null);
    if (!(weights?.data instanceof Float32Array) || !(bias instanceof Float32Array)) {
      throw new Unsupported("a convolution whose weights are no constants");
    }
    const [outputs, perGroup] = weights.shape as [number, number];
    const { group, windows } = windowsOf(node, weights.shape);
    const pixels = this.#pixels.get(source), from = this.#maps.get(source);
    const size = pixels !== undefined
      ? { height: pixels.size, width: pixels.size, channels: 3 }
      : from;
    if (size === undefined) throw new Unsupported("a convolution of a tensor");
    const { pads } = windows;
    const span = (length: number, window: number, before: number, after: number) =>
      Math.floor((length + before + after - window) / windows.stride) + 1;
    const joined = this.#joins(node);
    const shape = {
      height: span(size.height, windows.height, pads[0], pads[2]),
      width: span(size.width, windows.width, pads[1], pads[3]),
      channels: outputs,
      padded: panels(outputs),
      border: this.#borderOf(joined.makes),
    };
    const { residual } = joined;
    if (
      residual !== null && (residual.height !== shape.height || residual.width !== shape.width ||
        residual.padded !== shape.padded)
    ) throw new Unsupported("a sum of maps that do not fit");
    const to = this.#pool.take(shape);
    const put = (packed: Float32Array): Weights => ({
      weights: this.#pool.constant(packed),
      bias: this.#pool.constant(padded(bias, shape.padded)),
      low: joined.low,
      high: joined.high,
    });
    const { data } = weights;
    let run: Step["run"];
    if (group > 1) {
      if (
        from === undefined || group !== from.channels || perGroup !== 1 || residual !== null ||
        outputs !== group
      ) throw new Unsupported("a convolution in groups");
      const by = put(packWindows(data, outputs));
      run = ({ kernels }) => runChannels(kernels, from, to, windows, by);
    } else if (from !== undefined && windows.height * windows.width === 1 && windows.stride === 1) {
      const by = put(packProduct(data, outputs, from.padded));
      run = ({ kernels }) => runPlaces(kernels, from, to, residual, by);
    } else {
      const depth = from?.padded ?? 3;
      const inputs = turns(windows.height * windows.width * depth);
      const lying = lieDown(data, { outputs, channels: perGroup, depth, ...windows });
      const by = put(packProduct(lying, outputs, inputs));
      const scratch = { address: this.#pool.bytes(shape.width * inputs * 4), inputs };
      const line = pixels === undefined ? null : pixelLine(pixels, to, windows);
      run = ({ kernels, floats, values }) => {
        const lay = from !== undefined
          ? (y: number) => layMap(floats, from, to, windows, scratch, y)
          : (y: number) =>
            layPixels(
              floats,
              line!,
              values.get(pixels!.input)!.data as Uint8Array,
              pixels!,
              to,
              windows,
              scratch,
              y,
            );
        runWindows(kernels, lay, to, residual, by, scratch);
      };
    }
    this.#maps.set(joined.makes, to);
    this.#waiting.set(to, new Set(this.#readers.get(joined.makes)));
    this.steps.push({
      needs: [pixels?.input ?? source, ...(joined.other === null ? [] : [joined.other])],
      makes: joined.makes,
      run,
    });
    if (from !== undefined) this.#read(from, node);
    if (residual !== null) this.#read(residual, joined.sum!);
  }

  /** What follows `node` and nobody else reads: a sum with a map that is there, then an activation. */
  #joins(node: GraphNode) {
    let makes = outputOf(node), sum: GraphNode | null = null;
    let residual: FeatureMap | null = null, other: string | null = null;
    let low = -Infinity, high = Infinity;
    let next = this.#onlyReader(makes);
    if (next?.op === "Add") {
      const name = next.inputs.find((input) => input !== makes), map = this.#maps.get(name ?? "");
      if (name !== undefined && map !== undefined) {
        [sum, residual, other] = [next, map, name];
        this.#joined.add(next);
        makes = outputOf(next);
        next = this.#onlyReader(makes);
      }
    }
    if (next?.op === "Relu" || next?.op === "Clip") {
      if (next.op === "Relu") low = 0;
      else [low, high] = this.#bounds(next);
      this.#joined.add(next);
      makes = outputOf(next);
    }
    if (this.#graph.outputs.has(makes)) throw new Unsupported("a map as an output");
    return { makes, residual, other, sum, low, high };
  }

  #bounds(clip: GraphNode): [number, number] {
    const bound = (name: string | undefined, otherwise: number) => {
      if (name === undefined || name === "") return otherwise;
      const value = this.constants.get(name)?.data[0];
      if (typeof value !== "number") throw new Unsupported("Clip by a tensor");
      return value;
    };
    return [bound(clip.inputs[1], -Infinity), bound(clip.inputs[2], Infinity)];
  }

  #onlyReader(name: string): GraphNode | undefined {
    const readers = this.#readers.get(name);
    return readers?.length === 1 && !this.#graph.outputs.has(name) ? readers[0] : undefined;
  }

  /** Zeros around the map `name` that its convolutions look at. */
  #borderOf(name: string): number {
    const convolutions = (this.#readers.get(name) ?? []).filter(({ op }) => op === "Conv");
    const pads = convolutions.flatMap(({ attributes }) => attributes.get("pads") ?? []);
    return Math.max(0, ...pads.map(Number));
  }

  /** `node` has read `map`; behind the last one its place is free. */
  #read(map: FeatureMap, node: GraphNode): void {
    const waiting = this.#waiting.get(map);
    waiting?.delete(node);
    if (waiting?.size === 0) this.#pool.give(map);
  }
}

function outputOf(node: GraphNode): string {
  if (node.outputs.length !== 1) throw new Unsupported(`${node.op} of several outputs`);
  return node.outputs[0]!;
}

/** A convolution's windows; both strides are one, nothing is dilated. */
function windowsOf({ attributes }: GraphNode, weights: readonly number[]) {
  const list = (name: string, otherwise: readonly number[]) =>
    (attributes.get(name) ?? otherwise) as readonly number[];
  const [height, width] = list("kernel_shape", weights.slice(2));
  const [stride, other] = list("strides", [1, 1]), pads = list("pads", [0, 0, 0, 0]);
  const automatic = (attributes.get("auto_pad") ?? "NOTSET") !== "NOTSET";
  const dilated = list("dilations", [1, 1]).some((step) => step !== 1);
  if (height === undefined || width === undefined || stride !== other || dilated || automatic) {
    throw new Unsupported("windows of that kind");
  }
  return {
    group: numberOf(attributes, "group", 1),
    windows: {
      height,
      width,
      stride: stride!,
      top: pads[0]!,
      left: pads[1]!,
      pads: pads as readonly [number, number, number, number],
    } satisfies Windows & { pads: readonly number[] },
  };
}

function padded(values: Float32Array, length: number): Float32Array {
  const out = new Float32Array(length);
  out.set(values);
  return out;
}

/** Weights [outputs, channels, height, width] as [outputs, height x width x depth]: as windows are laid out. */
function lieDown(
  weights: Float32Array,
  size: {
    readonly outputs: number;
    readonly channels: number;
    readonly depth: number;
    readonly height: number;
    readonly width: number;
  },
): Float32Array {
  const { outputs, channels, depth, height, width } = size, taps = height * width;
  const out = new Float32Array(outputs * taps * depth);
  for (let o = 0; o < outputs; o++) {
    for (let c = 0; c < channels; c++) {
      for (let t = 0; t < taps; t++) {
        out[(o * taps + t) * depth + c] = weights[(o * channels + c) * taps + t]!;
      }
    }
  }
  return out;
}
