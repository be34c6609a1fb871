/**
 * What moves weights on the CPU, over one block of memory that never grows.
 *
 * @module
 */
import type { Slots, StepNumbers, UpdateOptions } from "./optimizers.ts";
import type { TrainingProgram } from "./program.ts";

/** See the module's note. Arrays must come from `take`. */
export interface UpdateKernels {
  /** A zeroed array; as many and as long as was said when the kernels were made. */
  take(length: number): Float32Array;
  /** The optimizer's update, in place. */
  update(
    slots: Slots<Float32Array>,
    gradient: Float32Array,
    numbers: StepNumbers,
    options: UpdateOptions,
  ): void;
  sumOfSquares(array: Float32Array): number;
  /** `target + share (towards - target)`, in place. */
  blend(target: Float32Array, towards: Float32Array, share: number): void;
}

/** The plain twin: TypeScript over ordinary arrays. */
export function plainKernels({ optimizer }: TrainingProgram): UpdateKernels {
  const f = Math.fround;
  return {
    take: (length) => new Float32Array(length),
    update: (...args) => optimizer.update(...args),
    sumOfSquares(array) {
      // Two sums side by side, as the vector twin has them
      let even = 0, odd = 0;
      for (let i = 0; i < array.length; i += 2) {
        even += array[i]! * array[i]!;
        odd += (array[i + 1] ?? 0) ** 2;
      }
      return even + odd;
    },
    blend(target, towards, share) {
      const part = f(share);
      for (let i = 0; i < target.length; i++) {
        target[i] = f(target[i]! + f(part * f(towards[i]! - target[i]!)));
      }
    },
  };
}

/** Kernels for `program` with room for arrays of `lengths`. */
export function updateKernels(
  program: TrainingProgram,
  _lengths: readonly number[],
): UpdateKernels {
  return plainKernels(program);
}
