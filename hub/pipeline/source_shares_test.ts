import assert from "node:assert/strict";
import fc from "fast-check";
import { productRow } from "../data/testing/rows.ts";
import { heavySources, withoutSources } from "./source_shares.ts";

const keys = fc.constantFrom("ann@e1", "bob@e1", "eve@e2", "user@e2", "odd@name@e3");
const rows = fc.array(fc.record({ source: fc.option(keys, { nil: undefined }) }), {
  maxLength: 60,
});
const params = fc.record({
  leaveOut: fc.nat(3),
  minShare: fc.double({ min: 0.05, max: 1, noNaN: true }),
  minRows: fc.integer({ min: 1, max: 20 }),
});

Deno.test("heavySources() names few, each above both bounds, heaviest first, whatever the order of rows", () => {
  fc.assert(fc.property(rows, fc.func(fc.boolean()), params, (given, vouched, bounds) => {
    const heavy = heavySources(given, vouched, bounds);
    assert.ok(heavy.length <= bounds.leaveOut);
    const said = given.filter(({ source }) => source !== undefined);
    for (const { keys, rows, share, sole } of heavy) {
      assert.equal(rows, said.filter(({ source }) => keys.includes(source!)).length);
      assert.equal(share, rows / said.length);
      const others = said.length - rows;
      assert.equal(sole, others < bounds.minRows || others < 0.2 * said.length);
      assert.ok(rows >= bounds.minRows && share >= bounds.minShare);
      for (const key of keys) assert.equal(vouched(key), false);
    }
    const sizes = heavy.map((unit) => unit.rows);
    assert.deepEqual(sizes, sizes.toSorted((a, b) => b - a));
    assert.deepEqual(heavySources(given.toReversed(), vouched, bounds), heavy);
  }));
});

Deno.test("heavySources() weighs an edge whose names change from row to row as one", () => {
  const given = Array.from({ length: 40 }, (_, i) => ({
    source: i < 25 ? `made up ${i}@e1` : `user@e2`,
  }));
  const bounds = { leaveOut: 3, minShare: 0.3, minRows: 5 };
  assert.deepEqual(
    heavySources(given, () => false, bounds).map(({ name, rows }) => [name, rows]),
    [["every source at e1", 25], ["user@e2", 15]],
  );
});

Deno.test("withoutSources() takes out what they brought, and what they corrected is as it was", () => {
  const raw = productRow({ id: "1", code: "10" });
  const corrected = { ...raw, code: "20", origin: "feedback" as const, source: "eve@e1" };
  const brought = productRow({ id: "f:k", origin: "feedback", source: "eve@e1" });
  const others = productRow({ id: "f:l", origin: "feedback", source: "ann@e1" });
  const old = productRow({ id: "f:m", origin: "feedback", source: "eve@e1" });
  const rest = withoutSources(
    [corrected, brought, others, old],
    ({ id }) => id !== "f:m",
    new Set(["eve@e1"]),
    new Map([["1", raw]]),
  );
  assert.deepEqual(rest, [raw, others, old]);
});

Deno.test("heavySources() takes a source as the only one where others gave next to nothing", () => {
  const given = (others: number) =>
    Array.from({ length: 400 }, (_, i) => ({ source: i < others ? "user@e2" : "user@e1" }));
  const bounds = { leaveOut: 3, minShare: 0.3, minRows: 20 };
  const sole = (others: number) => heavySources(given(others), () => false, bounds)[0]!.sole;
  assert.deepEqual([sole(0), sole(1), sole(79), sole(80), sole(160)], [
    true,
    true,
    true,
    false,
    false,
  ]);
});
