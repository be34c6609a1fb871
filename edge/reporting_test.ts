import assert from "node:assert/strict";
import { AppError } from "@aisle/shared/errors";
import type { EdgeReport } from "@aisle/shared/fleet";
import { noLog } from "./log.ts";
import { createReporting } from "./reporting.ts";
import { FakeClock } from "./testing/waits.ts";

function setUp() {
  const sent: EdgeReport[] = [], clock = new FakeClock();
  const state = { digest: null as string | null, fails: null as AppError | null };
  const reporting = createReporting({
    client: {
      report: (report) => {
        if (state.fails !== null) return Promise.reject(state.fails);
        sent.push(report);
        return Promise.resolve({ stored: true });
      },
    },
    edgeId: "edge-1",
    catalogue: "demo",
    status: () => ({ digest: state.digest, sequence: null, trouble: null }),
    pollMs: 1_000,
    clock,
    log: noLog,
  });
  return { reporting, sent, clock, state };
}

Deno.test("report() tells what changed once, and all again after some minutes", async () => {
  const { reporting, sent, clock, state } = setUp();
  for (let i = 0; i < 3; i++) assert.equal(await reporting.report(), true);
  assert.equal(sent.length, 1);
  state.digest = "a".repeat(64);
  for (let i = 0; i < 3; i++) await reporting.report();
  assert.deepEqual(sent.map(({ digest }) => digest), [null, state.digest]);
  await clock.advance(700_000);
  await reporting.report();
  assert.equal(sent.length, 3);
});

Deno.test("report() is sent as soon as the hub is back, and leaves a hub in peace that does not take it", async () => {
  const { reporting, sent, clock, state } = setUp();
  state.fails = new AppError("hub-unreachable", "away");
  assert.equal(await reporting.report(), false);
  state.fails = null;
  assert.equal(await reporting.report(), true);
  state.digest = "b".repeat(64);
  state.fails = new AppError("not-found", "an older hub");
  assert.equal(await reporting.report(), false);
  state.fails = null;
  assert.equal(await reporting.report(), false);
  await clock.advance(700_000);
  assert.equal(await reporting.report(), true);
  assert.equal(sent.length, 2);
});
