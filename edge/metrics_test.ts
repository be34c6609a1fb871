import assert from "node:assert/strict";
import { metricsText } from "./metrics.ts";
import { LATENCY_BOUNDS_MS } from "./telemetry.ts";

function text(edgeId = "edge-1"): string {
  const buckets = LATENCY_BOUNDS_MS.map(() => 1);
  return metricsText({
    totals: {
      requests: 13,
      predictions: 20,
      errors: { overloaded: 2 },
      decisions: { auto: 15, review: 5 },
      feedback: { received: 3, delivered: 2, duplicate: 1, kept: 1, refused: 0, dropped: 0 },
      latencyMs: { buckets: [...buckets, 1], sum: 2_500 },
      pictures: { used: 1, skipped: 2, invalid: 0 },
      windows: { sent: 4, waiting: 1, dropped: 0 },
    },
    host: {
      serving: null,
      workers: 0,
      waiting: 7,
      restarts: 0,
      swaps: 0,
      answers: { hits: 0, misses: 0, bytes: 0 },
      pictures: { known: 0, read: 0 },
    },
    releases: { sequence: null, digest: null, hub: "unreachable", problem: null, trouble: null },
    feedbackWaiting: 1,
    catalogue: "demo",
    edgeId,
    residentBytes: 5,
  });
}

Deno.test("metricsText() is the Prometheus text format: a head a family, one sample a line", () => {
  const names = new Set<string>();
  for (const line of text().trimEnd().split("\n")) {
    const head = /^# (HELP|TYPE) (aisle_edge_[a-z_]+) \S/.exec(line);
    if (head !== null) {
      names.add(head[2]!);
      continue;
    }
    const sample = /^(aisle_edge_[a-z_]+?)(_bucket|_sum|_count)?(\{[^}]*\})? [\d.e+-]+$/.exec(line);
    assert.ok(sample !== null, line);
    assert.ok(names.has(sample[1]!) || names.has(sample[1]! + (sample[2] ?? "")), line);
  }
});

Deno.test("metricsText() gives latency as a cumulative histogram in seconds", () => {
  const lines = text().split("\n").filter((line) => line.startsWith("aisle_edge_latency_seconds"));
  assert.equal(lines[0], 'aisle_edge_latency_seconds_bucket{le="0.001"} 1');
  assert.ok(lines.includes('aisle_edge_latency_seconds_bucket{le="+Inf"} 13'));
  assert.ok(lines.includes("aisle_edge_latency_seconds_sum 2.5"));
  assert.ok(lines.includes("aisle_edge_latency_seconds_count 13"));
});

Deno.test("metricsText() escapes what a label may not hold", () => {
  assert.match(text('a"b\\c\nd'), /edge="a\\"b\\\\c\\nd"/);
});
