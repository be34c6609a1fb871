import assert from "node:assert/strict";
import fc from "fast-check";
import { addSums, noSums, sumsFromJson, type TelemetrySums } from "./telemetry_sums.ts";

const count = fc.nat(1000);
const counts = fc.dictionary(fc.constantFrom("a", "b", "c"), count);
const bins = (length: number) => fc.array(count, { minLength: length, maxLength: length });
const sums: fc.Arbitrary<TelemetrySums> = fc.record({
  windows: count,
  requests: count,
  predictions: count,
  errors: counts,
  codes: counts,
  decisions: fc.record({ auto: count, review: count }),
  confidence: bins(20),
  confidenceSums: fc.dictionary(fc.constantFrom("a", "b"), fc.tuple(count, count)),
  latencyMs: counts,
  pictures: fc.record({ used: count, skipped: count, invalid: count }),
  inputs: fc.record({ products: count, length: bins(17), unknown: bins(10), pictures: bins(16) }),
  feedback: fc.record({ received: count, delivered: count, dropped: count }),
}).map((made) => JSON.parse(JSON.stringify(made)) as TelemetrySums);

Deno.test("addSums() does not care for order or grouping, and nothing changes nothing", () => {
  fc.assert(fc.property(sums, sums, sums, (a, b, c) => {
    assert.deepEqual(addSums(a, b), addSums(b, a));
    assert.deepEqual(addSums(addSums(a, b), c), addSums(a, addSums(b, c)));
    assert.deepEqual(addSums(a, noSums()), a);
  }));
});

Deno.test("sumsFromJson() reads what was written, and rows of before a member was added", () => {
  fc.assert(fc.property(sums, (a) => {
    assert.deepEqual(sumsFromJson(JSON.stringify(a)), a);
    const { inputs: _inputs, ...old } = a;
    assert.deepEqual(sumsFromJson(JSON.stringify(old)), { ...a, inputs: noSums().inputs });
  }));
});
