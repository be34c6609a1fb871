import assert from "node:assert/strict";
import fc from "fast-check";
import { contentGroup, contentGroups } from "./group.ts";
import { type FeedbackRow, mergeFeedback } from "./merge.ts";
import type { ProductRow } from "./row.ts";
import { type Split, splitRows, type SplitState } from "./split.ts";

const params = {
  goldShare: 0.1,
  goldMaxRows: 5000,
  goldMinClassRows: 5,
  feedbackGoldShare: 0.1,
  seed: 1,
};
const none = { unseenShare: 0 };

function row(id: string, text: string, code: string, more: Partial<ProductRow> = {}): ProductRow {
  return {
    id,
    designation: text,
    description: "",
    code,
    productId: "",
    imageId: "",
    image: "",
    picture: "",
    origin: "raw",
    ...more,
  };
}

/** `n` products of each code, texts all different. */
function catalogue(classes: Readonly<Record<string, number>>, from = 0): ProductRow[] {
  return Object.entries(classes).flatMap(([code, n]) =>
    Array.from(
      { length: n },
      (_, i) => row(`${code}-${from + i}`, `${code} item ${from + i}`, code),
    )
  );
}

/** Rows of few texts and codes, so that groups repeat and contradict themselves. */
const someRows = fc.array(
  fc.record({
    text: fc.integer({ min: 0, max: 40 }).map((n) => n === 0 ? "" : `Text ${n}`),
    code: fc.constantFrom("a", "b", "c"),
    shout: fc.boolean(),
    feedback: fc.integer({ min: 0, max: 9 }).map((n) => n === 0),
    // Most have a picture of their own; 1 to 3 are shared by some, 4 by many.
    picture: fc.integer({ min: 0, max: 20 }).map((n) => n > 12 ? "4" : n > 3 ? "" : String(n)),
  }),
  { maxLength: 80 },
).map((list) =>
  list.map(({ text, code, shout, feedback, picture }, i) =>
    row(String(i), shout ? text.toUpperCase() : text, code, {
      picture,
      origin: feedback ? "feedback" : "raw",
    })
  )
);
const someParams = fc.record({
  goldShare: fc.constantFrom(0, 0.1, 0.3, 0.5),
  goldMaxRows: fc.constantFrom(1, 3, 5000),
  goldMinClassRows: fc.constantFrom(2, 5),
  feedbackGoldShare: fc.constantFrom(0, 0.1, 0.5),
  seed: fc.integer({ min: 0, max: 3 }),
});
const someShare = fc.constantFrom(0, 0.3, 0.8, 1);

const groupsOf = (rows: readonly ProductRow[]) => new Set(rows.map(contentGroup));

/** Groups of some rows, as all rows together make them: texts and pictures. */
function linkedOf(all: readonly ProductRow[]): (rows: readonly ProductRow[]) => Set<string> {
  const groups = contentGroups(all);
  const groupOf = new Map(all.map(({ id }, i) => [id, groups[i]!]));
  return (rows) => new Set(rows.map(({ id }) => groupOf.get(id)!));
}

const isFeedback = (row: ProductRow) => row.origin === "feedback";

/** What must hold of every split. */
function checkLaws(rows: readonly ProductRow[], split: Split, previous: SplitState | null): void {
  const [train, gold, unseen] = (["train", "gold", "unseen"] as const).map((name) =>
    groupsOf(split.sets[name])
  );
  const linked = linkedOf(rows), { sets } = split;
  const [trains, judges, waits] = [sets.train, sets.gold, sets.unseen].map(linked);
  assert.ok(trains!.isDisjointFrom(judges!), "a group trains and judges");
  assert.ok(trains!.isDisjointFrom(waits!) && judges!.isDisjointFrom(waits!), "unseen leaks");
  const ids = [...Object.values(split.sets).flat(), ...split.setAside].map(({ id }) => id).sort();
  assert.deepEqual(ids, rows.map(({ id }) => id).sort(), "every row is in one place exactly");
  const state = Object.fromEntries(
    (["train", "gold", "unseen"] as const).map((name) => [name, new Set(split.state[name])]),
  );
  assert.ok(gold!.isSubsetOf(state["gold"]!) && train!.isSubsetOf(state["train"]!));
  assert.ok(unseen!.isSubsetOf(state["unseen"]!));
  if (previous === null) return;
  assert.ok(new Set(previous.gold).isSubsetOf(state["gold"]!), "gold is append-only");
  assert.ok(new Set(previous.train).isSubsetOf(state["train"]!), "nothing leaves train");
}

Deno.test("splitRows() puts no group into two sets and every row into one, for any rows", () => {
  fc.assert(fc.property(someRows, someParams, someShare, (rows, some, unseenShare) => {
    const split = splitRows(rows, null, some, { unseenShare });
    checkLaws(rows, split, null);
    const linked = linkedOf(rows);
    const raw = linked(rows).difference(linked(rows.filter(isFeedback)));
    const full = split.sets.gold.filter((r) => linked([r]).isSubsetOf(raw));
    assert.ok(full.length <= some.goldMaxRows);
  }));
});

Deno.test("splitRows() keeps gold gold and train train over three versions of any rows", () => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(someRows, someParams, someShare), { minLength: 2, maxLength: 3 }),
      (versions) => {
        let state: SplitState | null = null;
        for (const [rows, some, unseenShare] of versions) {
          const split: Split = splitRows(rows, state, some, { unseenShare });
          checkLaws(rows, split, state);
          state = JSON.parse(JSON.stringify(split.state));
        }
      },
    ),
  );
});

Deno.test("splitRows() and mergeFeedback() by turns never let a gold group train", () => {
  const someFeedback = fc.array(
    fc.record({
      n: fc.integer({ min: 1, max: 60 }),
      code: fc.constantFrom("a", "b", "new"),
      at: fc.integer({ min: 0, max: 3 }),
      picture: fc.constantFrom("", "", "", "1", "2", "4", "5"),
    }),
    { maxLength: 20 },
  );
  fc.assert(
    fc.property(
      someRows,
      someParams,
      fc.array(someFeedback, { maxLength: 3 }),
      (raw, some, rounds) => {
        let rows: readonly ProductRow[] = raw;
        let split = splitRows(rows, null, some, { unseenShare: 0.5 });
        rounds.forEach((round, r) => {
          const feedback = round.map(({ n, code, at, picture }, i): FeedbackRow => ({
            key: `${r}-${i}`,
            designation: `text ${n}`,
            description: "",
            productId: "",
            imageId: "",
            picture,
            code,
            at: `2026-01-0${at + 1}T00:00:00.000Z`,
          }));
          const merged = mergeFeedback(rows, feedback, split.state);
          assert.deepEqual(
            [...merged.merged, ...merged.setAside.map(({ key }) => key)].sort(),
            feedback.map(({ key }) => key).sort(),
            "every key comes out once",
          );
          assert.deepEqual(mergeFeedback(merged.rows, feedback, split.state).merged, []);
          const before: Split = split;
          rows = merged.rows;
          split = splitRows(rows, before.state, some, { unseenShare: 0.5 });
          checkLaws(rows, split, before.state);
          const codes = new Map(before.sets.gold.map((g) => [g.id, g.code]));
          for (const gold of split.sets.gold) {
            if (codes.has(gold.id)) assert.equal(gold.code, codes.get(gold.id), "gold changed");
          }
        });
      },
    ),
  );
});

Deno.test("splitRows() gives the same answer to the same question, whatever the order of rows", () => {
  fc.assert(fc.property(someRows, someShare, fc.integer(), (rows, unseenShare, cut) => {
    const at = rows.length === 0 ? 0 : Math.abs(cut) % rows.length;
    const turned = [...rows.slice(at), ...rows.slice(0, at)];
    const [a, b] = [rows, turned].map((r) => splitRows(r, null, params, { unseenShare }).state);
    assert.deepEqual(a, b);
    assert.deepEqual(splitRows(rows, a!, params, { unseenShare }).state.gold, a!.gold);
  }));
});

Deno.test("splitRows() gives gold 10 % of each class and one row of each class with 5", () => {
  const { sets } = splitRows(catalogue({ a: 200, b: 41, c: 5, d: 4 }), null, params, none);
  const gold = (code: string) => sets.gold.filter((r) => r.code === code).length;
  assert.deepEqual(["a", "b", "c", "d"].map(gold), [20, 4, 1, 0]);
  assert.equal(sets.unseen.length, 0);
});

Deno.test("splitRows() keeps at most goldMaxRows, spread over the classes", () => {
  const rows = catalogue({ a: 300, b: 300, c: 10 });
  const { sets } = splitRows(rows, null, { ...params, goldMaxRows: 20 }, none);
  assert.ok(sets.gold.length <= 20 && sets.gold.length >= 18, String(sets.gold.length));
  assert.deepEqual([...new Set(sets.gold.map((r) => r.code))].sort(), ["a", "b", "c"]);
});

Deno.test("splitRows() leaves a class that is one single text to train", () => {
  const rows = [
    ...catalogue({ a: 20 }),
    ...Array.from({ length: 8 }, (_, i) => row(`b${i}`, "the only one", "b")),
  ];
  const { sets } = splitRows(rows, null, params, none);
  assert.equal(sets.train.filter((r) => r.code === "b").length, 8);
});

Deno.test("splitRows() keeps texts together that differ in case, tags and entities only", () => {
  const rows = catalogue({ a: 30 }).flatMap((r) => [
    r,
    { ...r, id: `${r.id}'`, designation: `<b>${r.designation.toUpperCase()}</b>&nbsp;` },
  ]);
  const { sets } = splitRows(rows, null, params, { unseenShare: 0.5 });
  for (const set of Object.values(sets)) {
    const ids = new Set(set.map((r) => r.id.replace("'", "")));
    assert.equal(set.length, 2 * ids.size);
  }
});

Deno.test("splitRows() keeps two train rows of each class when almost all is unseen", () => {
  const { sets } = splitRows(catalogue({ a: 40, b: 10, c: 3, d: 1 }), null, params, {
    unseenShare: 1,
  });
  const train = (code: string) => sets.train.filter((r) => r.code === code).length;
  assert.deepEqual(["a", "b", "c", "d"].map(train), [2, 2, 2, 1]);
});

Deno.test("splitRows() sets a new row aside that repeats a gold text, and keeps judging by the old one", () => {
  const rows = catalogue({ a: 50 });
  const first = splitRows(rows, null, params, none);
  const gold = first.sets.gold[0]!;
  const again = splitRows([...rows, { ...gold, id: "new", code: "b" }], first.state, params, none);
  assert.deepEqual(again.setAside.map(({ id }) => id), ["new"]);
  assert.deepEqual(again.sets.gold, first.sets.gold);
});

Deno.test("splitRows() keeps rows together that show one picture, unless it is a placeholder", () => {
  const rows = catalogue({ a: 60 }).map((r, i) => ({ ...r, picture: `p${Math.floor(i / 3)}` }));
  const { sets, counts } = splitRows(rows, null, params, { unseenShare: 0.5 });
  assert.equal(counts.groups, 20);
  for (const set of Object.values(sets)) {
    assert.equal(set.length, 3 * new Set(set.map((r) => r.picture)).size);
  }
  const placeholders = rows.map((r) => ({ ...r, picture: "none.jpg" }));
  assert.equal(splitRows(placeholders, null, params, none).counts.groups, 60);
});

Deno.test("splitRows() sets aside what a picture links with gold later, and lets it train again when it no longer does", () => {
  const rows = catalogue({ a: 50 });
  const first = splitRows(rows, null, params, none);
  const [gold, trained] = [first.sets.gold[0]!, first.sets.train[0]!];
  const shown = (ids: readonly string[]) =>
    rows.map((r) => ids.includes(r.id) ? { ...r, picture: "p" } : r);
  const linked = splitRows(shown([gold.id, trained.id]), first.state, params, none);
  assert.deepEqual(linked.setAside.map(({ id }) => id), [trained.id]);
  assert.match(linked.setAside[0]!.reason, /its picture judges/);
  assert.deepEqual(linked.state.gold, first.state.gold);
  const placeholder = shown(rows.slice(0, 8).map(({ id }) => id).concat(gold.id, trained.id));
  const apart = splitRows(placeholder, linked.state, params, none);
  assert.deepEqual(apart.setAside, []);
  assert.ok(apart.sets.train.some(({ id }) => id === trained.id));
});

Deno.test("splitRows() finds its gold again in a file whose ids have all changed", () => {
  const rows = catalogue({ a: 50 });
  const first = splitRows(rows, null, params, none);
  const renamed = rows.map((r, i) => ({ ...r, id: `other ${i}` }));
  const again = splitRows(renamed, first.state, params, none);
  assert.deepEqual(
    again.sets.gold.map((r) => r.designation),
    first.sets.gold.map((r) => r.designation),
  );
  assert.deepEqual(again.setAside, []);
});

Deno.test("splitRows() takes gold from new rows only for what is missing", () => {
  const rows = catalogue({ a: 100 });
  const first = splitRows(rows, null, params, none);
  const grown = [...rows, ...catalogue({ a: 50, b: 6 }, 1000)];
  const again = splitRows(grown, first.state, params, none);
  assert.equal(again.sets.gold.filter((r) => r.code === "a").length, 15);
  assert.equal(again.sets.gold.filter((r) => r.code === "b").length, 1);
});

Deno.test("splitRows() sends a tenth of feedback to gold and the rest to train", () => {
  const rows = catalogue({ a: 100, b: 100 });
  const first = splitRows(rows, null, params, none);
  const brought = catalogue({ a: 500 }, 1000).map((r) => ({ ...r, origin: "feedback" as const }));
  const { sets } = splitRows([...rows, ...brought], first.state, params, none);
  const gold = sets.gold.filter((r) => r.origin === "feedback").length;
  assert.ok(gold > 25 && gold < 80, `${gold} of 500`);
  assert.equal(sets.train.filter((r) => r.origin === "feedback").length, 500 - gold);
});

Deno.test("splitRows() lets feedback into a gold set that is full", () => {
  const rows = catalogue({ a: 100 });
  const full = { ...params, goldMaxRows: 10 };
  const first = splitRows(rows, null, full, none);
  assert.equal(first.sets.gold.length, 10);
  const brought = catalogue({ a: 200 }, 1000).map((r) => ({ ...r, origin: "feedback" as const }));
  const { sets } = splitRows([...rows, ...brought], first.state, full, none);
  assert.ok(sets.gold.filter(isFeedback).length > 5);
  assert.equal(sets.gold.filter((r) => !isFeedback(r)).length, 10);
});

Deno.test("splitRows() judges a class that only feedback brings, from its fifth row on", () => {
  const rows = catalogue({ a: 50 });
  const little = { ...params, feedbackGoldShare: 1e-9 };
  const news = catalogue({ new: 7 }).map((r) => ({ ...r, origin: "feedback" as const }));
  let split = splitRows(rows, null, little, none);
  split = splitRows([...rows, ...news.slice(0, 4)], split.state, little, none);
  assert.equal(split.sets.gold.filter(isFeedback).length, 0);
  const trained = split.sets.train.filter(isFeedback).map((r) => r.id);
  split = splitRows([...rows, ...news], split.state, little, none);
  const gold = split.sets.gold.filter(isFeedback);
  assert.equal(gold.length, 1);
  assert.ok(!trained.includes(gold[0]!.id), "what has trained never judges");
});

Deno.test("splitRows() gives the unseen back to train when none are wanted any more", () => {
  const rows = catalogue({ a: 100 });
  const first = splitRows(rows, null, params, { unseenShare: 0.8 });
  assert.ok(first.sets.unseen.length > 60);
  const again = splitRows(rows, first.state, params, none);
  assert.equal(again.sets.unseen.length, 0);
  assert.deepEqual(again.state.gold, first.state.gold);
});

Deno.test("splitRows() works on no rows, one row and rows without text", () => {
  assert.equal(splitRows([], null, params, none).counts.groups, 0);
  assert.equal(splitRows([row("0", "x", "a")], null, params, none).sets.train.length, 1);
  const empty = Array.from({ length: 40 }, (_, i) => row(String(i), "", "a"));
  assert.equal(splitRows(empty, null, params, none).counts.groups, 40);
});
