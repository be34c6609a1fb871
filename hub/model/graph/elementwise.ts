/**
 * Operators that work element by element: arithmetic with broadcasting, and functions of one number.
 *
 * @module
 */
import { commonShape, sumTo } from "./broadcasting.ts";
import type { Tensor } from "./tensor.ts";

/** `a + b`. */
export function add(a: Tensor, b: Tensor): Tensor {
  return a.builder.operator(
    "Add",
    [a, b],
    () => a.builder.node("Add", [a, b], commonShape("Add", a, b)),
    [(dy) => sumTo(dy, a), (dy) => sumTo(dy, b)],
  );
}

/** `a - b`. */
export function sub(a: Tensor, b: Tensor): Tensor {
  return a.builder.operator(
    "Sub",
    [a, b],
    () => a.builder.node("Sub", [a, b], commonShape("Sub", a, b)),
    [(dy) => sumTo(dy, a), (dy) => neg(sumTo(dy, b))],
  );
}

/** `a * b`. */
export function mul(a: Tensor, b: Tensor): Tensor {
  return a.builder.operator(
    "Mul",
    [a, b],
    () => a.builder.node("Mul", [a, b], commonShape("Mul", a, b)),
    [(dy) => sumTo(mul(dy, b), a), (dy) => sumTo(mul(dy, a), b)],
  );
}

/** `a / b`. */
export function div(a: Tensor, b: Tensor): Tensor {
  return a.builder.operator(
    "Div",
    [a, b],
    () => a.builder.node("Div", [a, b], commonShape("Div", a, b)),
    [(dy) => sumTo(div(dy, b), a), (dy) => neg(sumTo(div(mul(dy, a), mul(b, b)), b))],
  );
}

/** `x * factor`. */
export function scale(x: Tensor, factor: number): Tensor {
  return mul(x, x.builder.scalar(factor));
}

/** `x + term`. */
export function shift(x: Tensor, term: number): Tensor {
  return add(x, x.builder.scalar(term));
}

/** A function of one number as ONNX has it; `rule` gets the gradient, `x` and the result `y`. */
function unary(op: string, x: Tensor, rule: (dy: Tensor, y: Tensor) => Tensor): Tensor {
  if (x.type !== "float32") throw x.builder.error(op, "its operand must be float32", x.type);
  const y = x.builder.node(op, [x], x.shape);
  return x.builder.operator(op, [x], () => y, [(dy) => rule(dy, y)]);
}

/** `-x`. */
export function neg(x: Tensor): Tensor {
  return unary("Neg", x, neg);
}

/** `e^x`. */
export function exp(x: Tensor): Tensor {
  return unary("Exp", x, (dy, y) => mul(dy, y));
}

/** The natural logarithm; `x` must be above 0. */
export function log(x: Tensor): Tensor {
  return unary("Log", x, (dy) => div(dy, x));
}

/** The square root; `x` must be above 0, where its gradient is finite. */
export function sqrt(x: Tensor): Tensor {
  return unary("Sqrt", x, (dy, y) => div(scale(dy, 0.5), y));
}

/** `x` to the power `exponent`; `x` must be above 0 unless the exponent is a whole number from 1 on. */
export function pow(x: Tensor, exponent: number): Tensor {
  const { builder } = x;
  if (!Number.isFinite(exponent)) throw builder.error("Pow", "it must be finite", `${exponent}`);
  if (exponent === 1) return x;
  if (exponent === 2) return mul(x, x);
  return builder.operator(
    "Pow",
    [x],
    () => builder.node("Pow", [x, builder.scalar(exponent)], x.shape),
    [(dy) => mul(dy, scale(pow(x, exponent - 1), exponent))],
  );
}

/** The hyperbolic tangent. */
export function tanh(x: Tensor): Tensor {
  return unary("Tanh", x, (dy, y) => mul(dy, sub(x.builder.scalar(1), mul(y, y))));
}

/** `1 / (1 + e^-x)`. */
export function sigmoid(x: Tensor): Tensor {
  return unary("Sigmoid", x, (dy, y) => mul(dy, mul(y, sub(x.builder.scalar(1), y))));
}

/** Gauss' error function; its derivative is `2 / sqrt(pi) e^(-x^2)`. */
export function erf(x: Tensor): Tensor {
  return unary("Erf", x, (dy) => mul(dy, scale(exp(neg(mul(x, x))), 2 / Math.sqrt(Math.PI))));
}
