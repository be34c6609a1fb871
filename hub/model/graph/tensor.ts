/**
 * A value of a graph under construction: its name, type and shape, never its numbers.
 *
 * @module
 */
import type { GraphBuilder } from "./builder.ts";
import type { TensorType } from "./description.ts";
import type { Dim, Shape } from "./dims.ts";

/** A symbolic tensor; made by a {@linkcode GraphBuilder} and by operators only. */
export class Tensor {
  constructor(
    readonly builder: GraphBuilder,
    readonly name: string,
    readonly type: TensorType,
    readonly shape: Shape,
    /** Whether a gradient can flow into it: a parameter, or computed from one. */
    readonly tracked: boolean,
  ) {}

  /** Number of dimensions. */
  get rank(): number {
    return this.shape.length;
  }

  /** Dimension `axis`; negative counts from the end. @throws RangeError where there is none */
  dim(axis: number): Dim {
    const dim = this.shape.at(axis);
    if (dim === undefined) {
      throw this.builder.error("dim", `axis ${axis} must exist`, this.shape);
    }
    return dim;
  }

  /** Dimension `axis` as a number. @throws RangeError where it is a symbol */
  size(axis: number): number {
    const dim = this.dim(axis);
    if (typeof dim !== "number") {
      throw this.builder.error("size", `axis ${axis} must be known when building`, this.shape);
    }
    return dim;
  }
}

/** What an operator does to the gradient of its output, for one of its inputs; null: no gradient flows there. */
export type GradientRule = ((dy: Tensor) => Tensor) | null;

/** One operator on the tape. */
export interface TapeRecord {
  readonly op: string;
  /** Where it was built, for errors. */
  readonly layer: string;
  readonly inputs: readonly Tensor[];
  readonly output: Tensor;
  readonly rules: readonly GradientRule[];
}
