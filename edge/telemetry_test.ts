import assert from "node:assert/strict";
import { AppError } from "@aisle/shared/errors";
import { sketchCount, sketchQuantile } from "@aisle/shared/stats";
import { TelemetryWindow } from "@aisle/shared/contract";
import { noLog } from "./log.ts";
import type { Answer } from "./answer.ts";
import { createTelemetry } from "./telemetry.ts";
import { FakeClock } from "./testing/waits.ts";

const A = "a".repeat(64), B = "b".repeat(64);
const answer = (digest: string, confidence = 0.9): Answer => ({
  digest,
  code: "10",
  label: "Books",
  confidence,
  decision: "auto",
  top: [],
  route: "text",
  picture: "none",
  branches: {},
});

function setUp() {
  const sent: TelemetryWindow[] = [];
  const state = { digest: A as string | null, fails: null as AppError | null };
  const telemetry = createTelemetry({
    client: {
      telemetry: (window) => {
        if (state.fails !== null) return Promise.reject(state.fails);
        sent.push(TelemetryWindow.parse(window));
        return Promise.resolve({ stored: true, duplicate: false });
      },
    },
    edgeId: "edge-1",
    bootId: "boot-1",
    catalogue: "demo",
    windowMs: 1_000,
    digest: () => state.digest,
    waiting: () => 3,
    clock: new FakeClock(),
    log: noLog,
  });
  return { telemetry, sent, state };
}
const sum = (windows: readonly TelemetryWindow[], of: (w: TelemetryWindow) => number) =>
  windows.reduce((total, w) => total + of(w), 0);

Deno.test("a window counts requests, products, codes, confidences, latency, errors and feedback", async () => {
  const { telemetry, sent } = setUp();
  telemetry.answered(10, [answer(A, 0.0), answer(A, 1)]);
  telemetry.answered(20, [answer(A, 0.549)]);
  telemetry.problem("overloaded");
  telemetry.feedback("received");
  telemetry.feedback("delivered");
  assert.equal(await telemetry.flush(), true);
  const [window] = sent;
  assert.ok(window !== undefined);
  assert.deepEqual([window.seq, window.requests, window.predictions], [1, 2, 3]);
  assert.deepEqual(window.codes, { "10": 3 });
  assert.deepEqual([window.confidence[0], window.confidence[10], window.confidence[19]], [1, 1, 1]);
  assert.deepEqual(window.errors, { overloaded: 1 });
  assert.deepEqual(window.feedback, {
    received: 1,
    delivered: 1,
    duplicate: 0,
    kept: 0,
    refused: 0,
    waiting: 3,
    dropped: 0,
  });
  assert.equal(sketchCount(window.latencyMs), 2);
  assert.ok(Math.abs(sketchQuantile(window.latencyMs, 1) / 20 - 1) < 0.03);
  const { latencyMs, errors } = telemetry.totals();
  assert.deepEqual([latencyMs.sum, errors], [30, { overloaded: 1 }]);
});

Deno.test("a quiet edge still sends windows: that is how the hub knows that it lives", async () => {
  const { telemetry, sent } = setUp();
  await telemetry.flush();
  await telemetry.flush();
  assert.deepEqual(sent.map((w) => [w.seq, w.requests]), [[1, 0], [2, 0]]);
});

Deno.test("while the hub is away nothing is lost, nothing piles up and no number is skipped", async () => {
  const { telemetry, sent, state } = setUp();
  state.fails = new AppError("hub-unreachable", "away");
  for (let i = 0; i < 100; i++) {
    telemetry.answered(1, [answer(A)]);
    assert.equal(await telemetry.flush(), false);
  }
  assert.equal(telemetry.totals().windows.waiting, 1);
  state.fails = null;
  await telemetry.flush(true);
  assert.deepEqual(sent.map((w) => w.seq), [1, 2]);
  assert.equal(sum(sent, (w) => w.predictions), 100);
});

Deno.test("a window speaks of one model, also when a batch straddles a swap", async () => {
  const { telemetry, sent, state } = setUp();
  telemetry.answered(1, [answer(A), answer(A), answer(B)]);
  state.digest = B;
  telemetry.answered(1, [answer(B)]);
  await telemetry.flush(true);
  assert.deepEqual(sent.map((w) => [w.digest, w.requests, w.predictions]), [[A, 1, 2], [B, 1, 2]]);
  assert.deepEqual(sent.map((w) => w.seq), [1, 2]);
});

Deno.test("windows that had to be dropped are counted in the next ones", async () => {
  const { telemetry, sent, state } = setUp();
  state.fails = new AppError("hub-unreachable", "away");
  for (let i = 0; i < 100; i++) telemetry.answered(1, [answer(i % 2 === 0 ? A : B)]);
  await telemetry.flush(true);
  state.fails = null;
  await telemetry.flush(true);
  const dropped = sent.at(-1)?.droppedWindows ?? 0;
  assert.ok(dropped > 0);
  assert.equal(sent[0]?.seq, dropped + 1);
  assert.equal(telemetry.totals().windows.dropped, dropped);
});

Deno.test("a window that the hub refuses for good does not hold up the next", async () => {
  const { telemetry, sent, state } = setUp();
  state.fails = new AppError("data-invalid", "what is that");
  assert.equal(await telemetry.flush(), true);
  state.fails = null;
  await telemetry.flush();
  assert.deepEqual(sent.map((w) => [w.seq, w.droppedWindows]), [[2, 1]]);
});

Deno.test("telemetry says what the products looked like and nothing that they said", async () => {
  const { telemetry, sent } = setUp();
  const product = (designation: string, bytes: number | null) => ({
    designation,
    description: "",
    picture: bytes === null ? null : { length: bytes },
  });
  telemetry.answered(1, [{ ...answer(A), unseen: 0.25 }, answer(A)], [
    product("secret", null),
    product("", 5000),
  ]);
  await telemetry.flush();
  const { inputs } = sent[0]!;
  assert.equal(inputs?.products, 2);
  assert.deepEqual([inputs?.length[0], inputs?.length[3], inputs?.unknown[2]], [1, 1, 1]);
  assert.equal(inputs?.pictures[3], 1);
  assert.ok(!JSON.stringify(sent).includes("secret"));
});
