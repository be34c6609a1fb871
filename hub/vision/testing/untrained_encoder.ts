/**
 * A small encoder that has learned nothing, for tests of fine-tuning.
 *
 * @module
 */
import { rng } from "@aisle/shared/random";
import {
  conv,
  globalAveragePool,
  GraphBuilder,
  relu,
  scale,
  transpose,
} from "../../model/graph/mod.ts";
import type { Graph } from "../../onnx/mod.ts";

/** Length of its embedding. */
export const UNTRAINED_DIMS = 8;

/** Three blocks (`block.0` to `block.2`) of windows with drawn weights, for pictures of side `size`. */
export function untrainedEncoder(size: number): Graph {
  const g = new GraphBuilder(), random = rng(5);
  const pixels = g.input("pixels", ["N", size, size, 3], "uint8");
  const planes = transpose(pixels, [0, 3, 1, 2]);
  let x = scale(
    g.node("Cast", [planes], planes.shape, { type: "float32", attributes: { to: 1 } }),
    1 / 128,
  );
  [3, 4, 4].forEach((channels, i) => {
    const kernel = g.parameter(`block.${i}.weight`, [i === 2 ? UNTRAINED_DIMS : 4, channels, 3, 3]);
    x = relu(conv(x, kernel, null, { strides: [2, 2], pads: [1, 1, 1, 1] }));
  });
  g.output("embedding", globalAveragePool(x));
  g.output("map", transpose(x, [0, 2, 3, 1]));
  const weights = Object.fromEntries(g.parameters.map(({ name, shape }) => {
    const length = (shape as number[]).reduce((a, b) => a * b, 1);
    return [name, Float32Array.from({ length }, () => random() - 0.5)];
  }));
  return g.build({ weights });
}
