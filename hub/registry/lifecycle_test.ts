import assert from "node:assert/strict";
import fc from "fast-check";
import {
  assertJobMove,
  canJobMove,
  canRunMove,
  isFinal,
  JOB_NEXT,
  type JobState,
  RUN_NEXT,
  type RunState,
} from "./lifecycle.ts";

const jobStates = Object.keys(JOB_NEXT) as JobState[];
const runStates = Object.keys(RUN_NEXT) as RunState[];

Deno.test("no state of a job or run may follow itself", () => {
  for (const state of jobStates) assert.equal(canJobMove(state, state), false);
  for (const state of runStates) assert.equal(canRunMove(state, state), false);
});

Deno.test("a job that ended stays as it is, whatever is asked", () => {
  fc.assert(
    fc.property(
      fc.constantFrom(...jobStates.filter(isFinal)),
      fc.constantFrom(...jobStates),
      (from, to) => {
        assert.equal(canJobMove(from, to), false);
      },
    ),
  );
});

Deno.test("every state of a job can be reached from queued", () => {
  const reached = new Set<JobState>(["queued"]);
  for (const state of reached) for (const next of JOB_NEXT[state]) reached.add(next);
  assert.deepEqual([...reached].sort(), [...jobStates].sort());
});

Deno.test("a lost run never comes back: the next try is another run", () => {
  assert.deepEqual(RUN_NEXT.lost, []);
});

Deno.test("assertJobMove() says what may follow instead", () => {
  assert.throws(
    () => assertJobMove("j1", "queued", "succeeded"),
    /Cannot move job j1 to succeeded: from queued only running, cancelled may follow/,
  );
});
