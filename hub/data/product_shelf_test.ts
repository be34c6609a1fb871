import assert from "node:assert/strict";
import fc from "fast-check";
import { fold, ProductShelf } from "./product_shelf.ts";
import type { ProductRow } from "./row.ts";
import { diffVersions } from "./version.ts";

function product(id: string, designation: string, code = "a", description = ""): ProductRow {
  return {
    id,
    designation,
    description,
    code,
    productId: `p${id}`,
    imageId: "",
    image: "",
    picture: "",
    origin: "raw",
  };
}

function shelfOf(rows: readonly ProductRow[]): ProductShelf {
  const shelf = new ProductShelf();
  for (const row of rows.toSorted((a, b) => a.id < b.id ? -1 : 1)) shelf.add(row);
  return shelf;
}

const SHELF = shelfOf([
  product("1", "Piscine gonflable", "pool", "Été, 3 m"),
  product("2", "POMPE pour piscine", "pool"),
  product("3", "Lampe d’été", "lamp"),
  product("4", "Ampoule", "lamp", "pour lampe"),
]);

Deno.test("find() wants every word, in any case, with or without accents, in texts or ids", () => {
  const ids = (text: string, code?: string) =>
    SHELF.find({ text, code, limit: 10 }).rows.map((row) => row.id);
  assert.deepEqual(ids("piscine"), ["1", "2"]);
  assert.deepEqual(ids("  PISCINE   pompe "), ["2"]);
  assert.deepEqual(ids("ete"), ["1", "3"]);
  assert.deepEqual(ids("été", "lamp"), ["3"]);
  assert.deepEqual(ids("p4"), ["4"]);
  assert.deepEqual(ids("", "lamp"), ["3", "4"]);
  assert.deepEqual(ids("nothing"), []);
  assert.equal(fold("Ｆｕｌｌ  Éà\n"), "full ea ");
});

Deno.test("pages of a search follow each other, miss nothing and repeat nothing", () => {
  fc.assert(fc.property(
    fc.array(fc.constantFrom("red ball", "red cube", "blue ball"), { maxLength: 40 }),
    fc.constantFrom("", "red", "ball"),
    fc.integer({ min: 1, max: 7 }),
    (texts, text, limit) => {
      const rows = texts.map((words, i) => product(String(i).padStart(3, "0"), words));
      const shelf = shelfOf(rows), found: string[] = [];
      for (let from: number | null = 0; from !== null;) {
        const page = shelf.find({ text, from, limit });
        assert.ok(page.rows.length <= limit);
        assert.equal(page.total, rows.filter((r) => r.designation.includes(text)).length);
        found.push(...page.rows.map((row) => row.id));
        from = page.next;
      }
      assert.deepEqual(
        found,
        rows.filter((r) => r.designation.includes(text)).map((row) => row.id),
      );
    },
  ));
});

Deno.test("diff() finds what diffVersions() finds, row by row, and the classes that changed", () => {
  const rows = fc.uniqueArray(
    fc.record({ id: fc.integer({ min: 0, max: 20 }), text: fc.constantFrom("x", "y") }),
    { selector: (row) => row.id },
  ).map((list) => list.map(({ id, text }) => product(String(id), text, text)));
  fc.assert(fc.property(rows, rows, (before, after) => {
    const diff = shelfOf(after).diff(shelfOf(before), { limit: 100 });
    const truth = diffVersions(before, after);
    assert.deepEqual(diff.counts, {
      added: truth.addedCount,
      removed: truth.removedCount,
      changed: truth.changedCount,
    });
    const ids = (kind: string) =>
      diff.page.filter((c) => c.kind === kind).map((c) => (c.after ?? c.before)!.id).sort();
    assert.deepEqual(ids("added"), truth.added);
    assert.deepEqual(ids("removed"), truth.removed);
    assert.deepEqual(ids("changed"), truth.changed);
    const count = (list: readonly ProductRow[], code: string) =>
      list.filter((row) => row.code === code).length;
    for (const code of ["x", "y"]) {
      const told = diff.classes.find((c) => c.code === code);
      const [was, is] = [count(before, code), count(after, code)];
      assert.deepEqual(told, was === is ? undefined : { code, before: was, after: is });
    }
  }));
});

Deno.test("diff() pages through one kind of change", () => {
  const after = shelfOf(["1", "2", "3", "4", "5"].map((id) => product(id, "new")));
  const before = shelfOf([product("2", "old"), product("9", "gone")]);
  const first = after.diff(before, { kind: "added", limit: 3 });
  assert.deepEqual(first.page.map((c) => c.after!.id), ["1", "3", "4"]);
  assert.equal(first.next, 3);
  const rest = after.diff(before, { kind: "added", from: 3, limit: 3 });
  assert.deepEqual(rest.page.map((c) => c.after!.id), ["5"]);
  assert.equal(rest.next, null);
  assert.deepEqual(rest.counts, { added: 4, removed: 1, changed: 1 });
});
