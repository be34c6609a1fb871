import assert from "node:assert/strict";
import { successiveHalving } from "./successive_halving.ts";

const PLAN = { trials: 10, rounds: [1, 2, 5], keepOneIn: 3 };

Deno.test("successiveHalving() spends more on fewer, and keeps the first trial in every round", async () => {
  const asked: string[] = [];
  const { best, baseline, stopped } = await successiveHalving(PLAN, (trial, round) => {
    asked.push(`${round}:${trial}`);
    return Promise.resolve(trial);
  });
  assert.deepEqual(asked.slice(10), ["1:0", "1:9", "1:8", "1:7", "2:0", "2:9"]);
  assert.deepEqual(best, { trial: 9, round: 2, score: 9 });
  assert.deepEqual(baseline, { trial: 0, round: 2, score: 0 });
  assert.equal(stopped, false);
});

Deno.test("successiveHalving() keeps the params as they are where nothing is better", async () => {
  const { best } = await successiveHalving(PLAN, (trial) => Promise.resolve(trial === 0 ? 1 : 0.5));
  assert.equal(best!.trial, 0);
  const equal = await successiveHalving(PLAN, () => Promise.resolve(0.5));
  assert.equal(equal.best!.trial, 0);
});

Deno.test("successiveHalving() gives the best of the last round that tells something when the time is up", async () => {
  for (
    const [calls, best] of [[0, null], [1, null], [5, 4], [10, 9], [11, 9], [12, 9], [
      15,
      9,
    ]] as const
  ) {
    let left = calls as number;
    const result = await successiveHalving(
      PLAN,
      (trial) => Promise.resolve(left-- > 0 ? trial : null),
    );
    assert.equal(result.best?.trial ?? null, best, `${calls} calls`);
    assert.ok(result.stopped);
  }
});

Deno.test("successiveHalving() of one trial scores it in every round", async () => {
  const { best, scores } = await successiveHalving(
    { ...PLAN, trials: 1 },
    () => Promise.resolve(0.3),
  );
  assert.deepEqual(best, { trial: 0, round: 2, score: 0.3 });
  assert.equal(scores.length, 3);
});
