import assert from "node:assert/strict";
import { scheduleOf } from "./schedules.ts";

const near = (found: number, wanted: number) =>
  assert.ok(Math.abs(found - wanted) < 1e-12, `${found}, not ${wanted}`);

Deno.test("scheduleOf() warms up evenly to the highest rate, whatever follows", () => {
  for (const kind of ["constant", "linear", "cosine"] as const) {
    const rate = scheduleOf({ kind, rate: 0.5, steps: 100, warmup: 10 });
    near(rate(1), 0.05);
    near(rate(5), 0.25);
    near(rate(10), 0.5);
  }
});

Deno.test("scheduleOf() ends at its share of the highest rate and stays there", () => {
  const constant = scheduleOf({ kind: "constant", rate: 2, steps: 10 });
  const linear = scheduleOf({ kind: "linear", rate: 2, steps: 10, end: 0.1 });
  const cosine = scheduleOf({ kind: "cosine", rate: 2, steps: 10 });
  for (const step of [10, 1000]) {
    near(constant(step), 2);
    near(linear(step), 0.2);
    near(cosine(step), 0);
  }
  near(linear(5), 1.1);
  near(cosine(5), 1);
});

Deno.test("scheduleOf() never rises after the warm-up", () => {
  for (const kind of ["constant", "linear", "cosine"] as const) {
    const rate = scheduleOf({ kind, rate: 1, steps: 50, warmup: 7, end: 0.01 });
    for (let step = 8; step < 60; step++) assert.ok(rate(step) <= rate(step - 1));
  }
});

Deno.test("scheduleOf() refuses numbers that make no schedule", () => {
  for (const wrong of [{ rate: 0 }, { steps: 0 }, { warmup: 10 }, { warmup: -1 }, { end: 2 }]) {
    const settings = { kind: "linear", rate: 1, steps: 10, ...wrong } as const;
    assert.throws(() => scheduleOf(settings), /Cannot make a schedule/);
  }
});
