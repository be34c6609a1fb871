import assert from "node:assert/strict";
import fc from "fast-check";
import { assignFolds, foldsToFit } from "./folds.ts";

const grouped = fc.array(
  fc.record({ group: fc.integer({ min: 0, max: 30 }).map(String), label: fc.nat(4) }),
  { minLength: 1, maxLength: 80 },
);

function assign(rows: readonly { group: string; label: number }[], folds = 5, seed = 1) {
  return assignFolds({
    groups: rows.map((row) => row.group),
    labels: Int32Array.from(rows, (row) => row.label),
    classes: 5,
  }, { folds, seed });
}

Deno.test("assignFolds() never parts a group, and fills every fold", () => {
  fc.assert(fc.property(grouped, fc.integer({ min: 2, max: 8 }), (rows, wanted) => {
    const { folds, foldOf } = assign(rows, wanted);
    const foldOfGroup = new Map<string, number>();
    rows.forEach(({ group }, i) => {
      assert.equal(foldOfGroup.get(group) ?? foldOf[i], foldOf[i]);
      foldOfGroup.set(group, foldOf[i]!);
    });
    assert.equal(folds, Math.min(wanted, foldOfGroup.size));
    assert.ok(new Set(foldOf).size <= folds);
  }));
});

Deno.test("assignFolds() spreads each class evenly where groups are single rows", () => {
  fc.assert(fc.property(fc.array(fc.nat(4), { minLength: 10, maxLength: 90 }), (labels) => {
    const rows = labels.map((label, i) => ({ group: `g${i}`, label }));
    const { foldOf } = assign(rows);
    for (let label = 0; label < 5; label++) {
      const counts = [0, 1, 2, 3, 4].map((fold) =>
        rows.filter((row, i) => row.label === label && foldOf[i] === fold).length
      );
      assert.ok(Math.max(...counts) - Math.min(...counts) <= 1, String(counts));
    }
  }));
});

Deno.test("assignFolds() does not depend on the order of rows, but on the seed", () => {
  const rows = Array.from({ length: 60 }, (_, i) => ({ group: `g${i}`, label: i % 5 }));
  const byGroup = (order: typeof rows, seed = 1) => {
    const { foldOf } = assign(order, 5, seed);
    return Object.fromEntries(order.map(({ group }, i) => [group, foldOf[i]]));
  };
  assert.deepEqual(byGroup(rows.toReversed()), byGroup(rows));
  assert.notDeepEqual(byGroup(rows, 2), byGroup(rows));
});

Deno.test("foldsToFit() stays within the rows asked for, and is one at least", () => {
  assert.equal(foldsToFit(84_916, 5, 20_000), 1);
  assert.equal(foldsToFit(28_250, 5, 20_000), 3);
  assert.equal(foldsToFit(8_000, 5, 20_000), 5);
  assert.equal(foldsToFit(1_000_000, 5, 20_000), 1);
});
