/**
 * Fine-tuning: the last blocks of an encoder learn together with a head, the rest stays as it is.
 *
 * The frozen front runs once a picture and its values at the cut are kept, so an epoch costs the last blocks only;
 * the price is that pictures cannot be varied while training. What was learned goes back into the encoder's own
 * graph, which stays the same file but for these weights.
 *
 * @module
 */
import { crossEntropy, dense, type GraphBuilder, type Shape } from "../model/graph/mod.ts";
import { importGraph, lastBlocks, splitGraph, withWeights } from "../model/imported/mod.ts";
import type { Graph } from "../onnx/mod.ts";
import type { Network } from "../training/network/mod.ts";
import type { PictureRows } from "./learn.ts";

/** Which part of an encoder trains. */
export interface FineTunePlan {
  /** Pixels to the value at the cut; null where all of the encoder trains. */
  readonly front: Graph | null;
  readonly back: Graph;
  /** Name of the one value that crosses. */
  readonly cut: string;
  /** Constants that train. */
  readonly trains: ReadonlySet<string>;
  /** Weights that they start from. */
  readonly weights: Readonly<Record<string, Float32Array>>;
}

/**
 * Plans to train the last `blocks` blocks of an encoder that gives `embedding`.
 *
 * @throws {AppError} `params-invalid` where it has fewer blocks, `model-invalid` where what trains cannot be reached
 * by a gradient: the error names node and operator
 */
export function planFineTune(graph: Graph, blocks: number): FineTunePlan {
  const trains = lastBlocks(graph, blocks);
  const ends = graph.outputs.filter(({ name }) => name === "embedding");
  const { front, back, cut } = splitGraph({ ...graph, outputs: ends }, trains);
  if (cut.length !== 1) {
    throw new RangeError(
      `Cannot fine-tune ${blocks} blocks: one value must lead into them: current value is ${
        cut.join(", ")
      }`,
    );
  }
  const weights = Object.fromEntries(
    graph.initializers.filter(({ name }) => trains.has(name))
      .map(({ name, data }) => [name, data as Float32Array]),
  );
  return { front, back, cut: cut[0]!, trains, weights };
}

/** Input of both graphs that holds the values at the cut. */
const FEATURES = "features";

/** Sizes of a network to fine-tune. */
export interface FineTuneSizes {
  /** Shape of one picture's value at the cut. */
  readonly cutShape: readonly number[];
  readonly dims: number;
  readonly classes: number;
}

/** The back of the encoder with a dense head on its embedding: features (N,...) -> (N,D) -> logits (N,C). */
export function fineTuneNetwork(plan: FineTunePlan, sizes: FineTuneSizes): Network {
  const { cutShape, dims, classes } = sizes;
  const logits = (g: GraphBuilder) => {
    const shape: Shape = ["N", ...cutShape];
    const inputs = { [plan.cut]: g.input(FEATURES, shape) };
    const { outputs } = importGraph(g, plan.back, { trains: plan.trains, inputs });
    return g.layer("head", () => {
      const [weights, bias] = [
        g.parameter("weights", [dims, classes]),
        g.parameter("bias", [classes]),
      ];
      return dense(outputs["embedding"]!, weights, bias);
    });
  };
  return {
    training: (g) => ({ loss: crossEntropy(logits(g), g.input("targets", ["N", classes])) }),
    serving: (g) => ({ logits: logits(g) }),
  };
}

/** Rows with their values at the cut. */
export interface CutRows extends Omit<PictureRows, "batch"> {
  /** Values of one row, laid flat. */
  readonly featuresOf: (row: number) => ArrayLike<number>;
  readonly cutShape: readonly number[];
}

/** The rows as batches. */
export function cutRows({ featuresOf, cutShape, ...rows }: CutRows): PictureRows {
  const length = cutShape.reduce((all, size) => all * size, 1);
  return {
    ...rows,
    batch(picked) {
      const data = new Float32Array(picked.length * length);
      picked.forEach((row, i) => data.set(featuresOf(row), i * length));
      return { [FEATURES]: { shape: [picked.length, ...cutShape], data } };
    },
  };
}

/** The encoder with what its last blocks have learned. */
export function fineTuned(
  graph: Graph,
  { trains }: FineTunePlan,
  weights: Readonly<Record<string, Float32Array>>,
): Graph {
  return withWeights(graph, Object.fromEntries([...trains].map((name) => [name, weights[name]!])));
}
