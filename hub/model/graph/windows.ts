/**
 * Windows that slide over pictures `[N,C,H,W]`: sizes, and the views of one tap each, which convolution's and
 * pooling's gradients are made of.
 *
 * @module
 */
import { showShape } from "./dims.ts";
import type { Tensor } from "./tensor.ts";

/** How windows slide; ONNX's order of pads: top, left, bottom, right. */
export interface WindowOptions {
  /** Down and across; 1 by default. */
  readonly strides?: readonly [number, number];
  /** 0 by default. */
  readonly pads?: readonly [number, number, number, number];
}

/** Windows over one picture size. */
export interface Windows {
  readonly kernel: readonly [number, number];
  readonly strides: readonly [number, number];
  readonly pads: readonly [number, number, number, number];
  /** Height and width of what the windows cover, without pads. */
  readonly input: readonly [number, number];
  /** Windows down and across. */
  readonly output: readonly [number, number];
  /** Rows and columns at the end that no window reaches. */
  readonly rest: readonly [number, number];
}

/** The windows of `kernel` over `x`. @throws RangeError where none fits */
export function windowsOf(
  op: string,
  x: Tensor,
  kernel: readonly [number, number],
  { strides = [1, 1], pads = [0, 0, 0, 0] }: WindowOptions,
): Windows {
  if (x.rank !== 4) throw x.builder.error(op, "pictures must be [N,C,H,W]", x.shape);
  const along = (axis: 0 | 1): { input: number; output: number; rest: number } => {
    const [size, stride, input] = [kernel[axis], strides[axis], x.size(axis + 2)];
    const slack = input + pads[axis] + pads[axis + 2]! - size;
    const counts = [size, stride].every((n) => Number.isInteger(n) && n > 0) &&
      pads.every((n) => Number.isInteger(n) && n >= 0);
    if (!counts || slack < 0) {
      const rule = `windows ${showShape(kernel)} with strides ${showShape(strides)} and pads ` +
        `${showShape(pads)} must fit`;
      throw x.builder.error(op, rule, x.shape);
    }
    return { input, output: Math.floor(slack / stride) + 1, rest: slack % stride };
  };
  const [down, across] = [along(0), along(1)];
  return {
    kernel,
    strides,
    pads,
    input: [down.input, across.input],
    output: [down.output, across.output],
    rest: [down.rest, across.rest],
  };
}

/** Attributes by which ONNX's Conv, ConvTranspose and MaxPool know the windows. */
export function windowAttributes({ kernel, strides, pads }: Windows) {
  return { kernel_shape: kernel, strides, pads };
}

/**
 * One view a tap of the kernel, row by row: the elements which that tap meets, one a window. `axis` is that of
 * the height (the width follows). Outside the picture is `outside`.
 */
export function tapViews(x: Tensor, windows: Windows, axis: number, outside?: Tensor): Tensor[] {
  const { builder } = x;
  const { kernel, strides, pads, output } = windows;
  const resized = (height: number, width: number) =>
    x.shape.map((dim, i) => i === axis ? height : i === axis + 1 ? width : dim);
  const [top, left, bottom, right] = pads;
  let padded = x;
  if (pads.some((pad) => pad > 0)) {
    const before = x.shape.map((_, i) => i === axis ? top : i === axis + 1 ? left : 0);
    const after = x.shape.map((_, i) => i === axis ? bottom : i === axis + 1 ? right : 0);
    const inputs = [x, builder.ints([...before, ...after]), ...(outside ? [outside] : [])];
    const [height, width] = windows.input;
    padded = builder.node("Pad", inputs, resized(height + top + bottom, width + left + right));
  }
  const whole = kernel.every((k) => k === 1) && strides.every((s) => s === 1);
  if (whole) return [padded];
  const views: Tensor[] = [];
  for (let i = 0; i < kernel[0]; i++) {
    for (let j = 0; j < kernel[1]; j++) {
      const ends = [i + strides[0] * (output[0] - 1) + 1, j + strides[1] * (output[1] - 1) + 1];
      const bounds = [[i, j], ends, [axis, axis + 1], strides].map((list) => builder.ints(list));
      views.push(builder.node("Slice", [padded, ...bounds], resized(output[0], output[1])));
    }
  }
  return views;
}
