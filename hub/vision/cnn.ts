/**
 * A small convolutional network for pictures, trained from scratch: four layers of 3x3 windows, BatchNorm, ReLU, the
 * mean over the places, and one dense layer.
 *
 * Made for two cores: the first three layers halve the sides, so that most of the 138,000 weights meet few places.
 * The features before the mean are the map; the class scores are linear in its mean, so a place's share is exact.
 *
 * @module
 */
import {
  batchNormFolded,
  batchNormLive,
  conv,
  crossEntropy,
  dense,
  globalAveragePool,
  GraphBuilder,
  relu,
  scale,
  shift,
  type Tensor,
  transpose,
} from "../model/graph/mod.ts";
import type { Graph } from "../onnx/mod.ts";
import type { Network, RunningStatistic } from "../training/network/mod.ts";

/** One layer: channels out, and the step of its windows. */
interface Layer {
  readonly channels: number;
  readonly stride: 1 | 2;
}

/** See the module's note. */
export const CNN_LAYERS: readonly Layer[] = [
  { channels: 24, stride: 2 },
  { channels: 48, stride: 2 },
  { channels: 96, stride: 2 },
  { channels: 96, stride: 1 },
];

/** Side of the windows. */
const SIDE = 3;
const EPSILON = 1e-5;

/** Sizes of a network. */
export interface CnnSizes {
  /** Side of the pictures, in pixels. */
  readonly size: number;
  readonly classes: number;
}

/** Length of the features. */
export const CNN_DIMS = CNN_LAYERS.at(-1)!.channels;

/** Names of what a training batch feeds: pixels uint8 [N,S,S,3], targets float [N,C], divided by N. */
export const CNN_BATCH = { pixels: "pixels", targets: "targets" } as const;

/**
 * The network: training by soft targets, serving logits.
 *
 * pixels (N,S,S,3) -> x (N,3,S,S) -> map (N,96,S/8,S/8) -> embedding (N,96) -> logits (N,C)
 */
export function cnnNetwork(sizes: CnnSizes): Network {
  return {
    training(g) {
      const { logits, statistics } = layers(g, sizes, true);
      const targets = g.input(CNN_BATCH.targets, ["N", sizes.classes]);
      return { loss: crossEntropy(logits, targets), statistics };
    },
    serving: (g) => ({ logits: layers(g, sizes, false).logits }),
  };
}

function layers(g: GraphBuilder, { size, classes }: CnnSizes, live: boolean) {
  const statistics: RunningStatistic[] = [];
  let x = pixelPlanes(g.input(CNN_BATCH.pixels, ["N", size, size, 3], "uint8"));
  CNN_LAYERS.forEach(({ channels, stride }, i) => {
    x = g.layer(`conv${i + 1}`, () => {
      const kernel = g.parameter("kernel", [channels, x.size(1), SIDE, SIDE]);
      const vector = (name: string) => g.parameter(name, [channels]);
      const affine = { gamma: vector("gamma"), beta: vector("beta") };
      const running = { mean: vector("mean"), variance: vector("variance") };
      const h = conv(x, kernel, null, windows(stride));
      if (!live) return relu(batchNormFolded(h, affine, running, EPSILON));
      const { y, mean, variance } = batchNormLive(h, affine, EPSILON);
      statistics.push({ parameter: running.mean, batch: mean });
      statistics.push({ parameter: running.variance, batch: variance });
      return relu(y);
    });
  });
  const embedding = globalAveragePool(x);
  const logits = g.layer(
    "head",
    () =>
      dense(embedding, g.parameter("weights", [CNN_DIMS, classes]), g.parameter("bias", [classes])),
  );
  return { logits, statistics };
}

function windows(stride: 1 | 2) {
  return { strides: [stride, stride], pads: [1, 1, 1, 1] } as const;
}

/** uint8 [N,S,S,3] as float [N,3,S,S], about -2 to 2. */
function pixelPlanes(pixels: Tensor): Tensor {
  const { builder } = pixels;
  const planes = transpose(pixels, [0, 3, 1, 2]);
  const levels = builder.node("Cast", [planes], planes.shape, {
    type: "float32",
    attributes: { to: 1 },
  });
  return scale(shift(levels, -127.5), 1 / 64);
}

/** The encoder inside a trained network: `pixels` to `embedding` [N,96] and `map` [N,h,w,96]; BatchNorm is folded. */
export function cnnGraph(size: number, weights: Readonly<Record<string, Float32Array>>): Graph {
  const g = new GraphBuilder();
  const folded: Record<string, Float32Array> = {};
  let x = pixelPlanes(g.input(CNN_BATCH.pixels, ["N", size, size, 3], "uint8"));
  CNN_LAYERS.forEach(({ channels, stride }, i) => {
    const layer = `conv${i + 1}`, of = (name: string) => weights[`${layer}/${name}`]!;
    const factor = of("gamma").map((gamma, c) => gamma / Math.sqrt(of("variance")[c]! + EPSILON));
    const perChannel = of("kernel").length / channels;
    folded[`${layer}/kernel`] = of("kernel").map((w, k) => w * factor[Math.floor(k / perChannel)]!);
    folded[`${layer}/bias`] = of("beta").map((beta, c) => beta - of("mean")[c]! * factor[c]!);
    x = g.layer(layer, () => {
      const kernel = g.parameter("kernel", [channels, x.size(1), SIDE, SIDE]);
      return relu(conv(x, kernel, g.parameter("bias", [channels]), windows(stride)));
    });
  });
  g.output("embedding", globalAveragePool(x));
  g.output("map", transpose(x, [0, 2, 3, 1]));
  return g.build({ name: "cnn", weights: folded });
}
