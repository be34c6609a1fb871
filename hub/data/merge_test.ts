import assert from "node:assert/strict";
import { type FeedbackRow, mergeFeedback, overlayFeedback } from "./merge.ts";
import type { ProductRow } from "./row.ts";
import { splitRows } from "./split.ts";

const params = {
  goldShare: 0.1,
  goldMaxRows: 5000,
  goldMinClassRows: 5,
  feedbackGoldShare: 0.1,
  seed: 1,
};

function row(id: string, code = "a", designation = `product ${id}`): ProductRow {
  return {
    id,
    designation,
    description: "",
    code,
    productId: "",
    imageId: "",
    image: "",
    picture: "",
    origin: "raw",
  };
}

function feedback(key: string, about: ProductRow, code: string, day = 1): FeedbackRow {
  const { designation, description } = about;
  return {
    key,
    designation,
    description,
    productId: "",
    imageId: "",
    picture: "",
    code,
    at: `2026-01-0${day}T00:00:00.000Z`,
  };
}

const rows = Array.from({ length: 60 }, (_, i) => row(String(i).padStart(2, "0")));
const { state, sets } = splitRows(rows, null, params, { unseenShare: 0.5 });
const [train, gold, unseen] = [sets.train[0]!, sets.gold[0]!, sets.unseen[0]!];

Deno.test("mergeFeedback() corrects the code of a train row, which keeps its id", () => {
  const merged = mergeFeedback(rows, [feedback("k", train, "b")], state);
  assert.deepEqual(merged.merged, ["k"]);
  const changed = merged.rows.find((r) => r.id === train.id);
  assert.deepEqual(changed, { ...train, code: "b", origin: "feedback" });
  assert.equal(merged.rows.length, rows.length);
});

Deno.test("mergeFeedback() sets aside what the data knows already", () => {
  const merged = mergeFeedback(rows, [feedback("k", train, train.code)], state);
  assert.deepEqual(merged.merged, []);
  assert.match(merged.setAside[0]!.reason, /^known/);
  assert.deepEqual(merged.rows, rows);
});

Deno.test("mergeFeedback() replaces an unseen row by what users said, right or wrong", () => {
  for (const code of [unseen.code, "b"]) {
    const merged = mergeFeedback(rows, [feedback("k", unseen, code)], state);
    assert.deepEqual(merged.merged, ["k"]);
    assert.equal(merged.rows.find((r) => r.id === unseen.id), undefined);
    const added = merged.rows.find((r) => r.id === "f:k")!;
    assert.deepEqual([added.code, added.origin], [code, "feedback"]);
  }
});

Deno.test("mergeFeedback() adds a product that it has never seen", () => {
  const merged = mergeFeedback(rows, [feedback("k", row("x", "z", "something new"), "z")], state);
  assert.equal(merged.rows.length, rows.length + 1);
  assert.deepEqual(merged.merged, ["k"]);
});

Deno.test("mergeFeedback() never touches gold", () => {
  const shouted = { ...gold, designation: `<p>${gold.designation.toUpperCase()}</p>` };
  const merged = mergeFeedback(
    rows,
    [feedback("k", gold, "b"), feedback("l", shouted, "b")],
    state,
  );
  assert.deepEqual(merged.rows, rows);
  assert.deepEqual(merged.setAside.map(({ key }) => key), ["k", "l"]);
  assert.ok(merged.setAside.every(({ reason }) => reason.startsWith("touches gold")));
});

Deno.test("mergeFeedback() believes the latest of several, whatever order they come in", () => {
  const said = [
    feedback("k1", unseen, "b", 1),
    feedback("k2", unseen, "c", 3),
    feedback("k3", unseen, "c", 2),
  ];
  for (const list of [said, [...said].reverse()]) {
    const merged = mergeFeedback(rows, list, state);
    assert.deepEqual(merged.merged, ["k2"]);
    assert.equal(merged.conflicts, 1);
    assert.match(merged.setAside.find(({ key }) => key === "k1")!.reason, /^superseded/);
    assert.match(merged.setAside.find(({ key }) => key === "k3")!.reason, /^duplicate/);
  }
});

Deno.test("mergeFeedback() sets aside feedback without text", () => {
  const merged = mergeFeedback(rows, [feedback("k", row("x", "a", "  "), "b")], state);
  assert.match(merged.setAside[0]!.reason, /^no text/);
});

Deno.test("overlayFeedback() keeps what feedback said when files come again under other ids", () => {
  const said = [feedback("k", train, "b"), feedback("l", unseen, "c")];
  const merged = mergeFeedback(rows, said, state);
  const feedbackRows = merged.rows.filter((r) => r.origin === "feedback");
  const shifted = rows.map((r, i) => ({ ...r, id: rows[(i + 1) % rows.length]!.id }));
  const again = overlayFeedback(shifted, feedbackRows);
  const codes = (list: readonly ProductRow[]) =>
    new Map(list.map((r) => [r.designation, [r.code, r.origin].join()]));
  assert.deepEqual(codes(again), codes(merged.rows));
  assert.equal(new Set(again.map((r) => r.id)).size, again.length);
  assert.equal(again.length, rows.length);
});

Deno.test("overlayFeedback() keeps products that the files have no more, under ids of their own", () => {
  const merged = mergeFeedback(
    rows,
    [feedback("k", train, "b"), feedback("l", unseen, "c")],
    state,
  );
  const feedbackRows = merged.rows.filter((r) => r.origin === "feedback");
  const again = overlayFeedback([row(train.id, "a", "another product by that id")], feedbackRows);
  assert.equal(new Set(again.map((r) => r.id)).size, 3);
  assert.deepEqual(again.map((r) => r.code).sort(), ["a", "b", "c"]);
  assert.deepEqual(overlayFeedback([row("1")], []), [row("1")]);
});

Deno.test("mergeFeedback() takes the latest of several, whatever offsets their times are written with", () => {
  const early = { ...feedback("k1", train, "b"), at: "2026-01-02T00:30:00+01:00" };
  const late = { ...feedback("k2", train, "c"), at: "2026-01-01T23:45:00Z" };
  const merged = mergeFeedback(rows, [late, early], state);
  assert.deepEqual(merged.merged, ["k2"]);
  assert.equal(merged.conflicts, 1);
});
