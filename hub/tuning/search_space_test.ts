import assert from "node:assert/strict";
import fc from "fast-check";
import { AppError } from "@aisle/shared/errors";
import { rng } from "@aisle/shared/random";
import { type Params, parseParams, withParams } from "../params.ts";
import { draw, drawTrials } from "./search_space.ts";

const params = parseParams(await Deno.readTextFile(new URL("../../params.yaml", import.meta.url)));
const tuned = (tune: Partial<Params["tune"]>): Params => ({
  ...params,
  tune: { ...params.tune, ...tune },
});

Deno.test("drawTrials() begins with the params as they are and draws distinct ones that are allowed", () => {
  fc.assert(
    fc.property(fc.nat(), (seed) => {
      const trials = drawTrials(tuned({ trials: 12 }), rng(seed));
      assert.deepEqual(trials[0], {});
      assert.equal(trials.length, 12);
      assert.equal(new Set(trials.map((trial) => JSON.stringify(trial))).size, 12);
      for (const trial of trials) withParams(params, trial);
    }),
    { numRuns: 10 },
  );
});

Deno.test("drawTrials() draws the same trials from the same seed, and more of them only adds", () => {
  const few = drawTrials(tuned({ trials: 4 }), rng(3)),
    many = drawTrials(tuned({ trials: 9 }), rng(3));
  assert.deepEqual(many.slice(0, 4), few);
});

Deno.test("drawTrials() ends where a space has no more", () => {
  const space = { "text.charDigitsToZero": { choices: [true, false] } };
  assert.deepEqual(drawTrials(tuned({ trials: 50, space }), rng(1)), [{}, {
    "text.charDigitsToZero": false,
  }]);
  assert.deepEqual(drawTrials(tuned({ trials: 50, space: {} }), rng(1)), [{}]);
});

Deno.test("drawTrials() leaves out what the params would not allow and refuses what they do not have", () => {
  const backwards = { "text.words": { choices: [[2, 1], [1, 3]] } };
  assert.deepEqual(drawTrials(tuned({ space: backwards }), rng(1)), [{}, { "text.words": [1, 3] }]);
  const unknown = { "train.cc": { choices: [1] } };
  assert.throws(
    () => drawTrials(tuned({ space: unknown }), rng(1)),
    (error) =>
      error instanceof AppError && error.code === "params-invalid" &&
      /Did you mean train\.c\?/.test(error.message),
  );
});

Deno.test("draw() stays within its bounds, by factors where asked, whole where asked", () => {
  const random = rng(1), many = <T>(make: () => T) => Array.from({ length: 500 }, make);
  const log = many(() => draw({ low: 0.01, high: 100, log: true }, random) as number);
  assert.ok(log.every((x) => x >= 0.01 && x <= 100));
  assert.ok(Math.abs(log.filter((x) => x < 1).length - 250) < 50);
  const whole = new Set(many(() => draw({ low: 1, high: 3, whole: true }, random)));
  assert.deepEqual([...whole].sort(), [1, 2, 3]);
});
