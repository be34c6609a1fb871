import assert from "node:assert/strict";
import fc from "fast-check";
import { type Arrivals, arrive, NO_ARRIVALS } from "./seq_ranges.ts";

Deno.test("arrive() takes every number once, in whatever order they come", () => {
  const seqs = fc.array(fc.integer({ min: 1, max: 60 }), { maxLength: 80 });
  fc.assert(fc.property(seqs, (seqs) => {
    let state: Arrivals = NO_ARRIVALS;
    const taken = new Set<number>();
    for (const seq of seqs) {
      const next = arrive(state, seq);
      assert.equal(next === null, taken.has(seq));
      taken.add(seq);
      state = next ?? state;
    }
    assert.equal(state.windows, taken.size);
    assert.equal(state.lastSeq, Math.max(0, ...taken));
    const missing = state.holes.reduce((sum, [first, last]) => sum + last - first + 1, 0);
    assert.equal(missing, state.lastSeq - state.windows);
  }));
});

Deno.test("arrive() forgets the oldest of very many holes: what comes for them comes too late", () => {
  let state: Arrivals = NO_ARRIVALS;
  for (let seq = 2; seq <= 300; seq += 2) state = arrive(state, seq)!;
  assert.ok(state.holes.length <= 100);
  assert.equal(arrive(state, 1), null);
  assert.notEqual(arrive(state, 299), null);
  assert.equal(state.lastSeq - state.windows, 150);
});
