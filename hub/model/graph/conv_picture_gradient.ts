/**
 * The gradient of a convolution by its picture, two ways.
 *
 * - Windows that step by one: a convolution of dy by the kernel turned round. On the CPU 1.1 to 2 times as fast
 *   as the other, most for depthwise kernels.
 * - Else: a ConvTranspose, which spreads each window's share.
 *
 * Plain nodes: no gradient flows through a gradient.
 *
 * @module
 */
import type { ConvGradientInput } from "./conv_kernel_gradient.ts";
import { reshape, transpose } from "./shape.ts";
import type { Tensor } from "./tensor.ts";
import { windowAttributes, type Windows } from "./windows.ts";

/**
 * From so many inputs a group on, with one output a group and more than one group, ConvTranspose gives wrong sums
 * on WebGPU (ONNX Runtime 1.30; right on the CPU): never ask it for that.
 */
export const WRONG_INPUTS_A_GROUP = 4;

/** The gradient by `x`, shaped like it; the way is chosen by strides and pads. */
export function pictureGradient(input: ConvGradientInput): Tensor {
  const { x, kernel, dy, windows, groups } = input;
  const { strides, pads, kernel: size } = windows;
  const turned = pads.map((pad, i) => size[i % 2]! - 1 - pad);
  if (strides.every((stride) => stride === 1) && turned.every((pad) => pad >= 0)) {
    const attributes = { kernel_shape: size, pads: turned, group: groups };
    return x.builder.node("Conv", [dy, turnedKernel(kernel, windows, groups)], x.shape, {
      attributes,
    });
  }
  if (groups > 1 && kernel.size(1) === 1 && kernel.size(0) / groups >= WRONG_INPUTS_A_GROUP) {
    const rule = `a depthwise kernel with strides must have fewer than ${WRONG_INPUTS_A_GROUP} ` +
      "kernels a channel to be differentiated";
    throw x.builder.error("Conv", rule, kernel.shape);
  }
  const attributes = { ...windowAttributes(windows), group: groups, output_padding: windows.rest };
  return x.builder.node("ConvTranspose", [dy, kernel], x.shape, { attributes });
}

/** `kernel [M,C/groups,h,w]` as `[C,M/groups,h,w]`, each window from its end to its start. */
function turnedKernel(kernel: Tensor, { kernel: size }: Windows, groups: number): Tensor {
  const { builder } = kernel;
  const [m, depth] = [kernel.size(0), kernel.size(1)];
  const apart = reshape(kernel, [groups, m / groups, depth, ...size]);
  const exchanged = reshape(transpose(apart, [0, 2, 1, 3, 4]), [
    depth * groups,
    m / groups,
    ...size,
  ]);
  if (size.every((k) => k === 1)) return exchanged;
  // From the last element, by steps of -1, to before the first: ONNX holds ends to the size.
  const bounds = [[-1, -1], size.map((k) => -k - 1), [2, 3], [-1, -1]];
  return builder.node("Slice", [exchanged, ...bounds.map((b) => builder.ints(b))], exchanged.shape);
}
