import assert from "node:assert/strict";
import fc from "fast-check";
import { rng } from "@aisle/shared/random";
import { retryDelayMs } from "./retry.ts";

const retry = { attempts: 5, backoffMs: 1_000, maxBackoffMs: 6_000, jitter: 0 };
const failed = (attempt: number) => ({ attempt, maxAttempts: 5, retry });

Deno.test("retryDelayMs() doubles the wait up to the most, and ends with the attempts", () => {
  const waits = [1, 2, 3, 4, 5].map((n) => retryDelayMs(failed(n), "internal", () => 0));
  assert.deepEqual(waits, [1_000, 2_000, 4_000, 6_000, null]);
});

Deno.test("retryDelayMs() tries nothing again that would only fail again, or that nobody asked to", () => {
  assert.equal(retryDelayMs(failed(1), "data-invalid", () => 0), null);
  assert.equal(retryDelayMs(failed(1), "cancelled", () => 0), null);
  assert.equal(retryDelayMs({ ...failed(1), retry: null }, "internal", () => 0), null);
  assert.equal(retryDelayMs(failed(1), "timed-out", () => 0), 1_000);
});

Deno.test("chance takes at most its share off the wait, and one seed always the same", () => {
  fc.assert(fc.property(
    fc.nat(),
    fc.integer({ min: 1, max: 4 }),
    fc.double({ min: 0, max: 1, noNaN: true }),
    (seed, attempt, jitter) => {
      const job = { attempt, maxAttempts: 5, retry: { ...retry, jitter } };
      const full = retryDelayMs(failed(attempt), "internal", () => 0)!;
      const wait = retryDelayMs(job, "internal", rng(seed))!;
      assert.ok(wait <= full && wait >= Math.floor(full * (1 - jitter)));
      assert.equal(wait, retryDelayMs(job, "internal", rng(seed)));
    },
  ));
});
