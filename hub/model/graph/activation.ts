/**
 * Activations and dropout, each with a gradient that costs few passes over the values.
 *
 * @module
 */
import { add, erf, exp, mul, neg, scale, shift, sub } from "./elementwise.ts";
import { sameShape } from "./dims.ts";
import type { Tensor } from "./tensor.ts";

/** Where `a > b`; one of them may be a scalar. */
function greater(a: Tensor, b: Tensor): Tensor {
  const { shape } = a.rank >= b.rank ? a : b;
  return a.builder.node("Greater", [a, b], shape, { type: "bool" });
}

/** `dy` where `mask` holds, else 0; by product, because Where is slower on the CPU. */
function masked(dy: Tensor, mask: Tensor): Tensor {
  const { builder } = dy;
  const factors = builder.node("Cast", [mask], mask.shape, {
    type: "float32",
    attributes: { to: 1 },
  });
  return mul(dy, factors);
}

/** `max(x, 0)`; its gradient at 0 is 0. By comparison, because `Sign` is several times slower on the CPU. */
export function relu(x: Tensor): Tensor {
  const { builder } = x;
  const y = builder.node("Relu", [x], x.shape);
  return builder.operator(
    "Relu",
    [x],
    () => y,
    [(dy) => masked(dy, greater(y, builder.scalar(0)))],
  );
}

/** `x` held between two bounds; the gradient is 0 on them and outside. ReLU6 is `clip(x, 0, 6)`. */
export function clip(x: Tensor, low: number, high: number): Tensor {
  const { builder } = x;
  if (!(low < high)) throw builder.error("Clip", "low must be under high", `${low} and ${high}`);
  const [min, max] = [builder.scalar(low), builder.scalar(high)];
  return builder.operator("Clip", [x], () => builder.node("Clip", [x, min, max], x.shape), [
    (dy) => {
      const both = [greater(x, min), greater(max, x)];
      return masked(dy, builder.node("And", both, x.shape));
    },
  ]);
}

/** `x`, times `slope` where it is negative. */
export function leakyRelu(x: Tensor, slope: number): Tensor {
  return sub(relu(x), scale(relu(neg(x)), slope));
}

/** A sigmoid of three straight lines: `alpha x + beta` held between 0 and 1. */
export function hardSigmoid(x: Tensor, alpha = 0.2, beta = 0.5): Tensor {
  return clip(shift(scale(x, alpha), beta), 0, 1);
}

/** `x hardSigmoid(x, 1/6, 1/2)` (A. Howard et al., "Searching for MobileNetV3", 2019). */
export function hardSwish(x: Tensor): Tensor {
  return mul(x, hardSigmoid(x, 1 / 6, 0.5));
}

/**
 * `x P(X <= x)` of a standard normal X, exact by Erf (D. Hendrycks and K. Gimpel, "Gaussian error linear units",
 * 2016); the gradient is `P(X <= x) + x p(x)`.
 */
export function gelu(x: Tensor): Tensor {
  const { builder } = x;
  const below = builder.unrecorded(() => scale(shift(erf(scale(x, Math.SQRT1_2)), 1), 0.5));
  return builder.operator("Gelu", [x], () => mul(x, below), [(dy) => {
    const density = scale(exp(scale(mul(x, x), -0.5)), 1 / Math.sqrt(2 * Math.PI));
    return mul(dy, add(below, mul(x, density)));
  }]);
}

/**
 * Drops elements where `mask` (1 keep, 0 drop; fed, so that chance stays outside the graph) is 0 and scales the
 * rest by `1 / (1 - rate)`. The mask is shaped like `x`. Leave the call out when serving.
 */
export function dropout(x: Tensor, mask: Tensor, rate: number): Tensor {
  if (!sameShape(x.shape, mask.shape)) {
    throw x.builder.error("dropout", `its mask must be shaped like [${x.shape}]`, mask.shape);
  }
  if (!(rate >= 0 && rate < 1)) {
    throw x.builder.error("dropout", "its rate must be in [0, 1)", `${rate}`);
  }
  return mul(x, x.builder.unrecorded(() => scale(mask, 1 / (1 - rate))));
}
