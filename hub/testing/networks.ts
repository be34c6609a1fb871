/**
 * Small networks and data they can learn, for tests of training.
 *
 * @module
 */
import { rng } from "@aisle/shared/random";
import {
  batchNormFolded,
  batchNormLive,
  conv,
  dense,
  dropout,
  gelu,
  globalAveragePool,
  type GraphBuilder,
  layerNorm,
  relu,
  softmax,
  softmaxCrossEntropy,
  type Tensor,
} from "../model/graph/mod.ts";
import {
  type Batch,
  batchRows,
  dropoutMask,
  type Network,
  stepRandom,
} from "../training/network/mod.ts";

/** Rows with numbers and a class each. */
export interface LabelledNumbers {
  readonly x: Float32Array;
  readonly labels: Int32Array;
}

/** Two arms of a spiral: x `[rows,2]` and which arm; no straight line parts them. */
export function spirals(rows: number, seed: number): LabelledNumbers {
  const random = rng(seed), x = new Float32Array(rows * 2), labels = new Int32Array(rows);
  for (let i = 0; i < rows; i++) {
    const arm = i % 2, turn = random() * 1.5 * Math.PI, noise = (random() - 0.5) * 0.1;
    x[2 * i] = (turn / 4 + noise) * Math.cos(turn + arm * Math.PI);
    x[2 * i + 1] = (turn / 4 + noise) * Math.sin(turn + arm * Math.PI);
    labels[i] = arm;
  }
  return { x, labels };
}

const DROPPED = 0.1;

/** x (N,2) -> h (N,32) -> logits (N,2), with LayerNorm, GELU and dropout. */
export const spiralNetwork: Network = {
  training(g) {
    const logits = spiralLogits(g, (h) => dropout(h, g.input("mask", ["N", 32]), DROPPED));
    return { loss: softmaxCrossEntropy(logits, g.input("labels", ["N"], "int32")) };
  },
  serving: (g) => ({ probabilities: softmax(spiralLogits(g, (h) => h)) }),
};

function spiralLogits(g: GraphBuilder, drop: (h: Tensor) => Tensor): Tensor {
  const x = g.input("x", ["N", 2]);
  const hidden = g.layer("hidden", () => {
    const h = dense(x, g.parameter("w", [2, 32]), g.parameter("b", [32]));
    const [gamma, beta] = [g.parameter("gamma", [32]), g.parameter("beta", [32])];
    return drop(gelu(layerNorm(h, { gamma, beta })));
  });
  return g.layer("head", () => dense(hidden, g.parameter("w", [32, 2]), g.parameter("b", [2])));
}

/** Batches of 32 of `data` for {@linkcode spiralNetwork}. */
export function spiralBatches({ x, labels }: LabelledNumbers, seed: number) {
  const rowsOf = batchRows({ rows: labels.length, batchSize: 32, seed });
  return (step: number): Batch => {
    const rows = rowsOf(step), n = rows.length;
    return {
      x: {
        shape: [n, 2],
        data: Float32Array.from({ length: 2 * n }, (_, i) => x[2 * rows[i >> 1]! + i % 2]!),
      },
      labels: { shape: [n], data: Int32Array.from(rows, (row) => labels[row]!) },
      mask: dropoutMask([n, 32], DROPPED, stepRandom(seed, step)),
    };
  };
}

/** Share of rows whose likeliest class is theirs. */
export function accuracy(probabilities: Float32Array, labels: Int32Array): number {
  const classes = probabilities.length / labels.length;
  let right = 0;
  labels.forEach((label, i) => {
    const row = probabilities.subarray(i * classes, (i + 1) * classes);
    if (row.every((p) => p <= row[label]!)) right++;
  });
  return right / labels.length;
}

/** x (N,2,8,8) -> conv, BatchNorm, ReLU -> depthwise conv -> mean (N,8) -> logits (N,2). */
export const stripesNetwork: Network = {
  training(g) {
    const { logits, statistics } = stripeLogits(g, true);
    return { loss: softmaxCrossEntropy(logits, g.input("labels", ["N"], "int32")), statistics };
  },
  serving: (g) => ({ probabilities: softmax(stripeLogits(g, false).logits) }),
};

function stripeLogits(g: GraphBuilder, live: boolean) {
  const x = g.input("x", ["N", 2, 8, 8]);
  const kernel = g.parameter("stem/kernel", [8, 2, 3, 3]);
  const h = conv(x, kernel, null, { strides: [2, 2], pads: [1, 1, 1, 1] });
  const affine = { gamma: g.parameter("norm/gamma", [8]), beta: g.parameter("norm/beta", [8]) };
  const mean = g.parameter("norm/mean", [8]), variance = g.parameter("norm/variance", [8]);
  const batch = live ? batchNormLive(h, affine) : null;
  const normed = batch?.y ?? batchNormFolded(h, affine, { mean, variance });
  const deep = g.parameter("deep/kernel", [8, 1, 3, 3]);
  const mixed = relu(conv(relu(normed), deep, null, { groups: 8, pads: [1, 1, 1, 1] }));
  const logits = dense(globalAveragePool(mixed), g.parameter("w", [8, 2]), g.parameter("b", [2]));
  const statistics = batch === null ? [] : [
    { parameter: mean, batch: batch.mean },
    { parameter: variance, batch: batch.variance },
  ];
  return { logits, statistics };
}

/** Pictures `[rows,2,8,8]` of noise with stripes across (class 0) or down (1). */
export function stripes(rows: number, seed: number): LabelledNumbers {
  const random = rng(seed), x = new Float32Array(rows * 128), labels = new Int32Array(rows);
  for (let i = 0; i < rows; i++) {
    labels[i] = i % 2;
    const phase = Math.floor(2 * random());
    for (let k = 0; k < 128; k++) {
      const along = labels[i] === 0 ? (k >> 3) & 7 : k & 7;
      x[i * 128 + k] = ((along + phase) % 2) + 0.5 * (random() - 0.5);
    }
  }
  return { x, labels };
}

/** Batches of 16 of `data` for {@linkcode stripesNetwork}. */
export function stripeBatches({ x, labels }: LabelledNumbers, seed: number) {
  const rowsOf = batchRows({ rows: labels.length, batchSize: 16, seed });
  return (step: number): Batch => {
    const rows = rowsOf(step), n = rows.length, data = new Float32Array(n * 128);
    rows.forEach((row, i) => data.set(x.subarray(row * 128, (row + 1) * 128), i * 128));
    return {
      x: { shape: [n, 2, 8, 8], data },
      labels: { shape: [n], data: Int32Array.from(rows, (row) => labels[row]!) },
    };
  };
}
