import assert from "node:assert/strict";
import type { Predictor } from "@aisle/shared/serving";
import { measureLatency } from "./latency.ts";

const product = { designation: "x", description: "" };

/** A predictor whose n-th call moves the clock by what `costMs` says. */
function costing(now: { ms: number }, costMs: (call: number) => number): Predictor {
  let call = 0;
  const predict = () => {
    now.ms += costMs(call++);
    return Promise.resolve([]);
  };
  return { predict } as unknown as Predictor;
}

Deno.test("measureLatency() counts the fastest of the tries, so that a disturbed one does not", async () => {
  const now = { ms: 0 };
  // Every second call is disturbed: half of all samples would say 50 ms
  const disturbed = costing(now, (call) => call % 2 === 0 ? 50 : 1);
  const steady = costing(now, () => 2);
  const [a, b] = await measureLatency([disturbed, steady], [product], {
    samples: 40,
    clock: () => now.ms,
  });
  assert.deepEqual(a, { samples: 40, p50Ms: 1, p95Ms: 1 });
  assert.deepEqual(b, { samples: 40, p50Ms: 2, p95Ms: 2 });
});

Deno.test("measureLatency() leaves the slow first runs out", async () => {
  const now = { ms: 0 };
  const cold = costing(now, (call) => call < 30 ? 100 : 3);
  const [found] = await measureLatency([cold], [product], { samples: 5, clock: () => now.ms });
  assert.deepEqual(found, { samples: 5, p50Ms: 3, p95Ms: 3 });
});

Deno.test("measureLatency() of no products is 0", async () => {
  const now = { ms: 0 };
  const found = await measureLatency([costing(now, () => 1)], [], {
    samples: 5,
    clock: () => now.ms,
  });
  assert.deepEqual(found, [{ samples: 0, p50Ms: 0, p95Ms: 0 }]);
});
