import assert from "node:assert/strict";
import type { FeedbackRecord, TelemetryWindow } from "@aisle/shared/contract";
import { registryTest } from "./registry_suite.ts";

const AT = "2026-01-01T00:00:00Z";

const record = (key: string, edgeId: string): FeedbackRecord => ({
  idempotencyKey: key,
  edgeId,
  catalogue: "shop",
  requestId: null,
  product: null,
  code: "10",
  predicted: null,
  source: "user",
  at: AT,
});

const window = (
  edgeId: string,
  seq: number,
  feedback: TelemetryWindow["feedback"],
): TelemetryWindow => ({
  edgeId,
  bootId: "boot-1",
  seq,
  catalogue: "shop",
  startedAt: AT,
  endedAt: AT,
  digest: null,
  predictions: 0,
  requests: 0,
  errors: {},
  codes: {},
  decisions: { auto: 0, review: 0 },
  confidence: new Array(20).fill(0),
  latencyMs: {},
  feedback,
  droppedWindows: 0,
});

registryTest(
  "report() sets what each edge was acknowledged against what is stored, old edges too",
  async ({ registry }) => {
    await registry.labels.ensure("shop", [{ code: "10", name: "Books" }]);
    for (const [key, edgeId] of [["a", "whole"], ["b", "whole"], ["c", "holey"], ["d", "old"]]) {
      await registry.feedback.store(record(key!, edgeId!));
    }
    const some = { received: 4, delivered: 3, waiting: 1, dropped: 1 };
    // "b" was delivered twice: the first answer was lost on the way
    await registry.telemetry.store(
      window("whole", 1, { ...some, duplicate: 1, kept: 2, refused: 0 }),
    );
    await registry.telemetry.store(window("whole", 2, { ...some, delivered: 0, refused: 5 }));
    await registry.telemetry.store(window("holey", 1, { ...some, duplicate: 0 }));
    await registry.telemetry.store(window("old", 1, { ...some, delivered: 1 }));
    const report = await registry.delivery.report("shop", 0);
    assert.deepEqual(
      report.map(({ edgeId, sent, stored, duplicate, gap }) => [
        edgeId,
        sent,
        stored,
        duplicate,
        gap,
      ]),
      [["holey", 3, 1, 0, 2], ["old", 1, 1, 0, 0], ["whole", 3, 2, 1, 0]],
    );
    const { kept, refused, dropped, received } = report.at(-1)!;
    assert.deepEqual([received, kept, refused, dropped], [8, 2, 5, 2]);
  },
);
