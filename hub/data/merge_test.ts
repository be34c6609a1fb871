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

Deno.test("mergeFeedback() carries pictures: a user's before the one that was known", () => {
  const rows = [{ ...row("1", "a"), image: "one.jpg", picture: "p1" }];
  const state = splitRows(rows, null, params, { unseenShare: 1 }).state;
  const unseen = { ...state, unseen: [...state.unseen, ...state.train], train: [] };
  const kept = mergeFeedback(rows, [feedback("k", rows[0]!, "a")], unseen);
  assert.deepEqual(kept.rows.map(({ image, picture }) => [image, picture]), [["one.jpg", "p1"]]);
  const sent = { ...feedback("k", rows[0]!, "a"), picture: "p2" };
  const brought = mergeFeedback(rows, [sent], unseen);
  assert.deepEqual(brought.rows.map(({ image, picture }) => [image, picture]), [["", "p2"]]);
  const corrects = { ...feedback("k", row("2"), "b"), picture: "p3" };
  const { rows: [mended] } = mergeFeedback([row("2")], [corrects], { ...state, unseen: [] });
  assert.deepEqual([mended!.code, mended!.picture], ["b", "p3"]);
  assert.equal(overlayFeedback([row("2")], [mended!])[0]!.picture, "p3");
});

Deno.test("mergeFeedback() learns from a picture without text, and of two about one picture the later counts", () => {
  const none = { ...row("x"), designation: "" };
  const state = splitRows([], null, params, { unseenShare: 0 }).state;
  const sent = [1, 2].map((day) => ({
    ...feedback(`k${day}`, none, `code ${day}`, day),
    picture: "p",
  }));
  const merged = mergeFeedback([], [...sent, feedback("empty", none, "a")], state);
  assert.deepEqual(merged.merged, ["k2"]);
  assert.deepEqual(merged.rows.map(({ code, picture }) => [code, picture]), [["code 2", "p"]]);
  assert.match(
    merged.setAside.find(({ key }) => key === "empty")!.reason,
    /no text and no picture/,
  );
});

Deno.test("mergeFeedback() sets aside what shows the picture of a gold product", () => {
  const rows = Array.from({ length: 20 }, (_, i) => ({ ...row(`r${i}`), picture: `p${i}` }));
  const { state, sets } = splitRows(rows, null, { ...params, goldShare: 0.5 }, { unseenShare: 0 });
  const gold = sets.gold[0]!;
  const sent = { ...feedback("k", row("new"), "a"), picture: gold.picture };
  assert.deepEqual(mergeFeedback(rows, [sent], state).setAside, [
    { key: "k", reason: "touches gold: its picture judges and must not train" },
  ]);
});
