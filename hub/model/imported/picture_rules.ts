/**
 * Import rules of operators over pictures `[N,C,H,W]`.
 *
 * @module
 */
import { conv } from "../graph/conv.ts";
import { batchNormFolded, batchNormLive } from "../graph/norm.ts";
import { averagePool, globalAveragePool, maxPool } from "../graph/pool.ts";
import { reduceMax } from "../graph/reduce.ts";
import { reshape } from "../graph/shape.ts";
import type { Tensor } from "../graph/tensor.ts";
import type { Made, NodeReader } from "./node_reader.ts";
import type { ImportRules } from "./rules.ts";

type Pair = readonly [number, number];
type Pads = readonly [number, number, number, number];

/** Strides and pads, written out also where the node says them by a word. */
function windowsOf(node: NodeReader, x: Tensor, kernel: Pair): { strides: Pair; pads: Pads } {
  if (x.rank !== 4) throw node.error("its picture must be [N,C,H,W]", x.shape);
  const strides = node.ints("strides") ?? [1, 1];
  const word = node.text("auto_pad", "NOTSET");
  if (strides.length !== 2 || (node.ints("dilations") ?? []).some((d) => d !== 1)) {
    throw node.error("its windows must be flat and not dilated");
  }
  let pads = node.ints("pads") ?? [0, 0, 0, 0];
  if (word.startsWith("SAME")) {
    const both = ([0, 1] as const).map((axis) => {
      const size = x.size(axis + 2), stride = strides[axis]!;
      const whole = Math.max(0, (Math.ceil(size / stride) - 1) * stride + kernel[axis] - size);
      const less = whole >> 1;
      return word === "SAME_LOWER" ? [whole - less, less] : [less, whole - less];
    });
    pads = [both[0]![0]!, both[1]![0]!, both[0]![1]!, both[1]![1]!];
  } else if (word !== "NOTSET" && word !== "VALID") {
    throw node.error("its auto_pad must be a known word", word);
  }
  return { strides: strides as unknown as Pair, pads: pads as unknown as Pads };
}

function convolved(node: NodeReader): Made {
  const x = node.input(0), kernel = node.input(1);
  if (kernel.rank !== 4) throw node.error("its kernel must be [M,C/groups,h,w]", kernel.shape);
  const windows = windowsOf(node, x, [kernel.size(2), kernel.size(3)]);
  return conv(x, kernel, node.optional(2), { ...windows, groups: node.int("group", 1) });
}

function pooled(
  node: NodeReader,
  build: (x: Tensor, kernel: Pair, windows: { strides: Pair; pads: Pads }) => Tensor,
): Made {
  const kernel = node.ints("kernel_shape");
  if (kernel?.length !== 2) throw node.error("its windows must be flat");
  if (node.int("ceil_mode", 0) !== 0) throw node.error("it must not round sizes up");
  if (node.outputCount > 1) throw node.error("it must give the pooled picture only");
  const pair = kernel as unknown as Pair, x = node.input(0);
  return build(x, pair, windowsOf(node, x, pair));
}

/** Global pooling keeps its axes with size 1 in ONNX. */
function kept(x: Tensor, pooled: Tensor): Tensor {
  return reshape(pooled, [x.dim(0), x.dim(1), 1, 1]);
}

/** A file's training mode is not taken: who imports says how statistics go. */
function normalized(node: NodeReader): Made {
  if (node.int("training_mode", 0) !== 0 || node.outputCount > 1) {
    throw node.error("it must be in serving mode");
  }
  const [x, gamma, beta, mean, variance] = [0, 1, 2, 3, 4].map((i) => node.input(i)) as [
    Tensor,
    ...Tensor[],
  ];
  const affine = { gamma: gamma!, beta: beta! }, epsilon = node.float("epsilon", 1e-5);
  if (node.norms === "live" && mean!.tracked) {
    const live = batchNormLive(x, affine, epsilon);
    node.statistics.push({ parameter: mean!, batch: live.mean });
    node.statistics.push({ parameter: variance!, batch: live.variance });
    return live.y;
  }
  return batchNormFolded(x, affine, { mean: mean!, variance: variance! }, epsilon);
}

/** By operator. */
export const PICTURE_RULES: ImportRules = {
  Conv: convolved,
  AveragePool: (node) => {
    const countPads = node.int("count_include_pad", 0) === 1;
    return pooled(node, (x, kernel, windows) => averagePool(x, kernel, { ...windows, countPads }));
  },
  MaxPool: (node) => pooled(node, maxPool),
  GlobalAveragePool: (node) => kept(node.input(0), globalAveragePool(node.input(0))),
  GlobalMaxPool: (node) => kept(node.input(0), reduceMax(node.input(0), [2, 3])),
  BatchNormalization: normalized,
};
