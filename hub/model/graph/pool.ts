/**
 * Pooling of pictures `[N,C,H,W]`.
 *
 * @module
 */
import { WRONG_INPUTS_A_GROUP } from "./conv_picture_gradient.ts";
import { add, mul, sub } from "./elementwise.ts";
import { reduceMean } from "./reduce.ts";
import { concat, reshape } from "./shape.ts";
import type { Tensor } from "./tensor.ts";
import {
  tapViews,
  windowAttributes,
  type WindowOptions,
  type Windows,
  windowsOf,
} from "./windows.ts";

/** The mean over each channel's whole picture: `[N,C]`. */
export function globalAveragePool(x: Tensor): Tensor {
  if (x.rank !== 4) {
    throw x.builder.error("GlobalAveragePool", "pictures must be [N,C,H,W]", x.shape);
  }
  return reduceMean(x, [2, 3]);
}

/** Settings of {@linkcode averagePool}. */
export interface AveragePoolOptions extends WindowOptions {
  /** Whether zeros outside the picture count as elements; false by default. */
  readonly countPads?: boolean;
}

/** The mean of each window. The gradient spreads each window's share by ConvTranspose with fixed kernels. */
export function averagePool(
  x: Tensor,
  kernel: readonly [number, number],
  { countPads = false, ...options }: AveragePoolOptions = {},
): Tensor {
  const { builder } = x;
  const windows = windowsOf("AveragePool", x, kernel, options);
  const shape = [x.dim(0), x.dim(1), ...windows.output];
  const attributes = { ...windowAttributes(windows), count_include_pad: Number(countPads) };
  return builder.operator(
    "AveragePool",
    [x],
    () => builder.node("AveragePool", [x], shape, { attributes }),
    [(dy) => {
      const channels = x.size(1), [height, width] = kernel;
      const shares = builder.constant(windowShares(windows, countPads), [1, 1, ...windows.output]);
      const ones = new Float32Array(channels * height * width).fill(1);
      const inputs = [mul(dy, shares), builder.constant(ones, [channels, 1, height, width])];
      return builder.node("ConvTranspose", inputs, x.shape, {
        attributes: {
          ...windowAttributes(windows),
          group: channels,
          output_padding: windows.rest,
        },
      });
    }],
  );
}

/** One over the number of elements that each window counts, row by row. */
function windowShares({ kernel, strides, pads, input, output }: Windows, all: boolean) {
  const counts = ([0, 1] as const).map((axis) =>
    Array.from({ length: output[axis] }, (_, i) => {
      if (all) return kernel[axis];
      const start = i * strides[axis] - pads[axis];
      return Math.min(start + kernel[axis], input[axis]) - Math.max(start, 0);
    })
  );
  return Float32Array.from(counts[0]!.flatMap((h) => counts[1]!.map((w) => 1 / (h * w))));
}

/** Lower than every activation: what lies outside a picture never wins. */
const LOWEST = -3.4e38;

/**
 * The largest element of each window. Where several are equal the first, row by row, gets the gradient, as in
 * PyTorch. By masks of one tap each, put back by ConvTranspose with fixed kernels: nothing is scattered.
 */
export function maxPool(
  x: Tensor,
  kernel: readonly [number, number],
  options: WindowOptions = {},
): Tensor {
  const { builder } = x;
  const windows = windowsOf("MaxPool", x, kernel, options);
  const shape = [x.dim(0), x.dim(1), ...windows.output];
  const y = builder.node("MaxPool", [x], shape, { attributes: windowAttributes(windows) });
  return builder.operator("MaxPool", [x], () => y, [(dy) => {
    const views = tapViews(x, windows, 2, builder.scalar(LOWEST));
    let free = builder.scalar(1);
    const shares = views.map((view) => {
      const equal = builder.node("Equal", [view, y], shape, { type: "bool" });
      const hit = builder.node("Cast", [equal], shape, { type: "float32", attributes: { to: 1 } });
      const first = mul(hit, free);
      free = sub(free, first);
      return reshape(mul(dy, first), [x.dim(0), x.size(1), 1, ...windows.output]);
    });
    const starts = shares.flatMap((_, tap) => tap % TAPS_AT_ONCE === 0 ? [tap] : []);
    return starts
      .map((tap) => putBack(shares.slice(tap, tap + TAPS_AT_ONCE), tap, x, windows))
      .reduce(add);
  }]);
}

/** Taps put back by one ConvTranspose: under the four inputs a group that WebGPU adds up wrongly. */
const TAPS_AT_ONCE = WRONG_INPUTS_A_GROUP - 1;

/** Shares `[N,C,1,H',W']` of the taps from number `start` on, added up where those taps met the picture. */
function putBack(shares: readonly Tensor[], start: number, x: Tensor, windows: Windows): Tensor {
  const { builder } = x;
  const channels = x.size(1), [height, width] = windows.kernel, taps = shares.length;
  const kernel = new Float32Array(channels * taps * height * width);
  for (let i = 0; i < channels * taps; i++) kernel[i * height * width + start + i % taps] = 1;
  const stacked = reshape(concat(shares, 2), [x.dim(0), channels * taps, ...windows.output]);
  const inputs = [stacked, builder.constant(kernel, [channels * taps, 1, height, width])];
  return builder.node("ConvTranspose", inputs, x.shape, {
    attributes: { ...windowAttributes(windows), group: channels, output_padding: windows.rest },
  });
}
