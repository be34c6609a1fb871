import assert from "node:assert/strict";
import fc from "fast-check";
import { FixedMemory } from "./fixed_memory.ts";
import { optimizerOf, type OptimizerSettings } from "./optimizers.ts";
import { plainKernels, updateKernels } from "./update_kernels.ts";

const SETTINGS: readonly OptimizerSettings[] = [
  { kind: "adamw" },
  { kind: "adamw", beta1: 0.8, beta2: 0.95, epsilon: 1e-6, weightDecay: 0.1 },
  { kind: "sgd", weightDecay: 0.1 },
  { kind: "sgd", momentum: 0, nesterov: true },
];
const number = fc.float({ noNaN: true, noDefaultInfinity: true, min: -8, max: 8 });

for (const settings of SETTINGS) {
  Deno.test(`updateKernels() have the bits of their plain twin: ${JSON.stringify(settings)}`, () => {
    const optimizer = optimizerOf(settings), { slots } = optimizer;
    const options = fc.record({
      rate: fc.constantFrom(1, 0.25),
      decay: fc.boolean(),
      scale: fc.constantFrom(1, 0.3),
    });
    fc.assert(
      fc.property(
        fc.array(fc.tuple(number, number), { minLength: 1, maxLength: 19 }),
        options,
        (rows, options) => {
          const length = rows.length, lengths = Array(2 + slots.length).fill(length);
          const [fast, plain] = [updateKernels, plainKernels].map((make) => {
            const memory = new FixedMemory(lengths), kernels = make({ optimizer }, memory);
            const [weights, gradient, ...state] = lengths.map((n) => memory.floats(n));
            rows.forEach(([w, g], i) => [weights![i], gradient![i]] = [w, g]);
            for (let step = 1; step <= 3; step++) {
              const numbers = optimizer.numbers(step, 0.01);
              kernels.update({ weights: weights!, state }, gradient!, numbers, options);
            }
            const squares = kernels.sumOfSquares(gradient!);
            kernels.blend(gradient!, weights!, 0.1);
            return [weights, gradient, ...state].map((array) => [...array!]).concat([[squares]]);
          });
          assert.deepEqual(fast, plain);
        },
      ),
    );
  });
}

for (const settings of SETTINGS) {
  Deno.test(`updateRows() moves the rows named, and no others, as update() does: ${JSON.stringify(settings)}`, () => {
    const optimizer = optimizerOf(settings), width = 8, ids = Int32Array.of(4, 0, 2);
    const options = { rate: 1, decay: true, scale: 0.5 }, numbers = optimizer.numbers(3, 0.1);
    const lengths = [...Array(1 + optimizer.slots.length).fill(5 * width), ids.length * width];
    const [fast, plain] = [updateKernels, plainKernels].map((make) => {
      const memory = new FixedMemory(lengths), kernels = make({ optimizer }, memory);
      const [gradients, weights, ...state] = lengths.toReversed().map((n) => memory.floats(n));
      [gradients, weights, ...state].forEach((array, k) =>
        array!.forEach((_, i) => array![i] = (i + k) / 50)
      );
      kernels.updateRows(
        { weights: weights!, state },
        gradients!,
        { ids, width },
        numbers,
        options,
      );
      return [weights, ...state].map((array) => [...array!]);
    });
    assert.deepEqual(fast, plain);
    [1, 3].forEach((id) =>
      assert.equal(plain![0]![id * width], Math.fround((id * width + 1) / 50))
    );
  });
}
