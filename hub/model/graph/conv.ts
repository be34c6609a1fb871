/**
 * Convolution of pictures, plain, grouped and depthwise.
 *
 * How its gradients are computed is chosen by shape, because no one way is fast for all: see
 * `conv_picture_gradient.ts` and `conv_kernel_gradient.ts`.
 *
 * @module
 */
import { kernelGradient } from "./conv_kernel_gradient.ts";
import { pictureGradient } from "./conv_picture_gradient.ts";
import { showShape } from "./dims.ts";
import { reduceSum } from "./reduce.ts";
import type { Tensor } from "./tensor.ts";
import { windowAttributes, type WindowOptions, windowsOf } from "./windows.ts";

/** Settings of a convolution. */
export interface ConvOptions extends WindowOptions {
  /** Channels are convolved in so many groups apart; as many as channels is depthwise. */
  readonly groups?: number;
}

/** `x [N,C,H,W]` convolved by `kernel [M,C/groups,h,w]`, plus `bias [M]` when given: `[N,M,H',W']`. */
export function conv(
  x: Tensor,
  kernel: Tensor,
  bias: Tensor | null,
  options: ConvOptions = {},
): Tensor {
  const { builder } = x;
  const groups = options.groups ?? 1;
  const fits = x.rank === 4 && kernel.rank === 4 && Number.isInteger(groups) && groups > 0 &&
    x.size(1) === kernel.size(1) * groups && kernel.size(0) % groups === 0 &&
    (bias === null || (bias.rank === 1 && bias.dim(0) === kernel.dim(0)));
  if (!fits) {
    const rule = `x [N,C,H,W], kernel [M,C/groups,h,w] and bias [M] must fit with ${groups} groups`;
    const given = bias === null ? [x, kernel] : [x, kernel, bias];
    throw builder.error("Conv", rule, given.map((t) => showShape(t.shape)).join(" and "));
  }
  const windows = windowsOf("Conv", x, [kernel.size(2), kernel.size(3)], options);
  const attributes = { ...windowAttributes(windows), group: groups };
  const inputs = bias === null ? [x, kernel] : [x, kernel, bias];
  const shape = [x.dim(0), kernel.dim(0), ...windows.output];
  return builder.operator(
    "Conv",
    inputs,
    () => builder.node("Conv", inputs, shape, { attributes }),
    [
      (dy) => pictureGradient({ x, kernel, dy, windows, groups }),
      (dy) => kernelGradient({ x, kernel, dy, windows, groups }),
      ...(bias === null ? [] : [(dy: Tensor) => reduceSum(dy, [0, 2, 3])]),
    ],
  );
}
