import assert from "node:assert/strict";
import fc from "fast-check";
import type { TelemetryWindow } from "@aisle/shared/contract";
import { type Sketch, sketchAdd } from "@aisle/shared/stats";
import { telemetryWindows } from "../db/schema/mod.ts";
import { digestOf, registryTest } from "./registry_suite.ts";

const window = (seq: number, changes: Partial<TelemetryWindow> = {}): TelemetryWindow => ({
  edgeId: "edge-1",
  bootId: "boot-1",
  seq,
  catalogue: "shop",
  startedAt: "2026-01-01T00:00:00Z",
  endedAt: "2026-01-01T00:00:10Z",
  digest: digestOf("c"),
  predictions: 3,
  requests: 2,
  errors: { "input-invalid": 1 },
  codes: { "10": 2, "20": 1 },
  decisions: { auto: 2, review: 1 },
  confidence: Array.from({ length: 20 }, (_, i) => (i === 19 ? 3 : 0)),
  latencyMs: { "10": 3 },
  feedback: { received: 1, delivered: 1, waiting: 0, dropped: 0 },
  droppedWindows: 0,
  ...changes,
});

registryTest(
  "store() keeps a window once, however often and at once it comes",
  async ({ registry }) => {
    const receipts = await Promise.all(
      [1, 1, 2, 1].map((seq) => registry.telemetry.store(window(seq))),
    );
    assert.deepEqual(receipts, [
      { stored: true, duplicate: false },
      { stored: false, duplicate: true },
      { stored: true, duplicate: false },
      { stored: false, duplicate: true },
    ]);
    assert.equal((await registry.telemetry.summary("shop")).predictions, 6);
  },
);

registryTest(
  "summary() adds windows up and tells sent, stored and missing by boot",
  async ({ registry }) => {
    const latencyMs: Sketch = {};
    for (let ms = 1; ms <= 100; ms++) sketchAdd(latencyMs, ms);
    await registry.telemetry.store(window(1, { latencyMs }));
    await registry.telemetry.store(window(4, { latencyMs: {}, droppedWindows: 2 }));
    await registry.telemetry.store(window(1, { bootId: "boot-2", latencyMs: {} }));
    await registry.telemetry.store(window(1, { edgeId: "edge-2", catalogue: "garden" }));
    const sum = await registry.telemetry.summary("shop");
    assert.deepEqual([sum.windows, sum.requests, sum.predictions], [3, 6, 9]);
    assert.deepEqual(sum.codes, { "10": 6, "20": 3 });
    assert.deepEqual(sum.errors, { "input-invalid": 3 });
    assert.deepEqual(sum.decisions, { auto: 6, review: 3 });
    assert.equal(sum.confidence[19], 9);
    assert.ok(
      Math.abs(sum.latencyP50Ms / 50 - 1) < 0.05 && Math.abs(sum.latencyP99Ms / 99 - 1) < 0.05,
    );
    assert.deepEqual(sum.boots, [
      { edgeId: "edge-1", bootId: "boot-1", windows: 2, lastSeq: 4, dropped: 2, missing: 2 },
      { edgeId: "edge-1", bootId: "boot-2", windows: 1, lastSeq: 1, dropped: 0, missing: 0 },
    ]);
  },
);

registryTest(
  "summary() narrows by time, and still counts the gaps of a boot's whole life",
  async ({ registry }) => {
    await registry.telemetry.store(window(1));
    await registry.telemetry.store(window(3, { endedAt: "2026-01-01T05:00:00+03:00" }));
    await registry.telemetry.store(window(9, { bootId: "old" }));
    const sum = await registry.telemetry.summary("shop", Date.UTC(2026, 0, 1, 1));
    assert.equal(sum.windows, 1);
    assert.deepEqual(sum.boots.map((b) => [b.bootId, b.windows, b.missing]), [["boot-1", 2, 1]]);
    const none = await registry.telemetry.summary("none");
    assert.deepEqual([none.windows, none.boots.length], [0, 0]);
    assert.ok(Number.isNaN(none.latencyP50Ms));
  },
);

registryTest(
  "stored, duplicate and missing windows always add up, in whatever order they come",
  async ({ registry }) => {
    let boot = 0;
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.integer({ min: 1, max: 12 }), { minLength: 1, maxLength: 12 }),
        async (seqs) => {
          const bootId = `b${++boot}`, catalogue = `c${boot}`;
          let stored = 0;
          for (const seq of seqs) {
            if (
              (await registry.telemetry.store(window(seq, { bootId, catalogue }))).stored
            ) stored++;
          }
          const { boots, windows } = await registry.telemetry.summary(catalogue);
          assert.equal(windows, stored);
          assert.equal(stored, new Set(seqs).size);
          assert.equal(boots[0]!.missing + stored, Math.max(...seqs));
        },
      ),
      { numRuns: 15 },
    );
  },
);

registryTest(
  "an edge is seen by its telemetry and its polls; the last word counts",
  async ({ registry, clock }) => {
    await registry.edges.seen({ edgeId: "edge-1", catalogue: "shop", digest: null });
    clock.nowMs += 60_000;
    await registry.telemetry.store(window(1));
    await registry.edges.seen({
      edgeId: "edge-1",
      catalogue: "shop",
      digest: digestOf("d"),
      at: "2025-12-31T00:00:00Z",
    });
    await registry.edges.seen({ edgeId: "edge-2", catalogue: "garden", digest: null });
    assert.deepEqual(await registry.edges.list({ catalogue: "shop" }), [{
      edgeId: "edge-1",
      catalogue: "shop",
      digest: digestOf("c"),
      firstSeenAt: "2026-01-01T00:00:00.000Z",
      lastSeenAt: "2026-01-01T00:01:00.000Z",
      sequence: null,
      trouble: null,
      reportedAt: null,
    }]);
    assert.equal((await registry.edges.list()).length, 2);
  },
);

registryTest(
  "series() tells windows by minute, hour or day, of all edges or of one, of all bundles or of one",
  async ({ registry, clock }) => {
    const at = (minute: number) => `2026-01-01T00:${String(minute).padStart(2, "0")}:30Z`;
    clock.nowMs += 3_600_000;
    await Promise.all([0, 0, 1, 59].map((minute, i) =>
      registry.telemetry.store(
        window(1, {
          edgeId: `edge-${i % 2}`,
          bootId: `b${i}`,
          endedAt: at(minute),
          digest: digestOf(i === 3 ? "d" : "c"),
          confidenceSums: { "10": [1.5, 1.2] },
        }),
      )
    ));
    const sinceMs = Date.UTC(2026, 0, 1);
    const minutes = await registry.telemetry.series("shop", { sinceMs });
    assert.deepEqual(minutes.map((p) => [(p.start - sinceMs) / 60_000, p.windows]), [
      [0, 2],
      [1, 1],
      [59, 1],
    ]);
    const own = await registry.telemetry.series("shop", { sinceMs, edgeId: "edge-1" });
    assert.deepEqual(own.map((p) => [p.start, p.windows, p.confidenceSums]), [
      [sinceMs, 2, { "": [3, 2.4] }],
    ]);
    const ofD = await registry.telemetry.series("shop", { sinceMs, digest: digestOf("d") });
    assert.deepEqual(ofD.map((p) => p.windows), [1]);
    clock.nowMs += 30 * 86_400_000;
    const days = await registry.telemetry.series("shop", { sinceMs });
    assert.deepEqual(days.map((p) => [p.start, p.windows, p.predictions]), [[sinceMs, 4, 12]]);
    const byEdge = await registry.telemetry.byEdge("shop", ["edge-0", "edge-9"], sinceMs);
    assert.deepEqual([...byEdge].map(([edge, sums]) => [edge, sums.windows]), [["edge-0", 2]]);
  },
);

registryTest("forget() keeps what is young enough of each length", async ({ registry, clock }) => {
  const retention = { minuteHours: 1, hourDays: 1, dayDays: 30, edgeDays: 10 };
  await registry.telemetry.store(window(1));
  await registry.telemetry.store(window(1, { catalogue: "garden", edgeId: "edge-2" }));
  clock.nowMs += 3_600_000;
  assert.equal(await registry.telemetry.forget("shop", retention), 0);
  clock.nowMs += 2 * 86_400_000;
  assert.equal(await registry.telemetry.forget("shop", retention), 2);
  assert.equal((await registry.telemetry.summary("shop")).windows, 1);
  clock.nowMs += 40 * 86_400_000;
  assert.equal(await registry.telemetry.forget("shop", retention), 2);
  const sum = await registry.telemetry.summary("shop");
  assert.deepEqual([sum.windows, sum.boots.length], [0, 0]);
  assert.equal((await registry.telemetry.summary("garden")).windows, 1);
});

registryTest("adopt() adds up what was kept whole before, once", async ({ registry, database }) => {
  await registry.telemetry.store(window(1));
  await database.write(async (tx) => {
    for (const seq of [1, 2, 4]) {
      const body = window(seq);
      await tx.insert(telemetryWindows).values({
        ...body,
        endedAt: body.endedAt,
        dropped: 0,
        body: JSON.stringify(body),
      });
    }
  });
  assert.equal(await registry.telemetry.adopt(), 3);
  assert.equal(await registry.telemetry.adopt(), 0);
  const { windows, boots } = await registry.telemetry.summary("shop");
  assert.equal(windows, 3);
  assert.deepEqual(boots.map((b) => [b.windows, b.lastSeq, b.missing]), [[3, 4, 1]]);
  assert.equal((await registry.telemetry.store(window(4))).duplicate, true);
});
