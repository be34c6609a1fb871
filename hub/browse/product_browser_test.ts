import assert from "node:assert/strict";
import type { ProductRow } from "../data/row.ts";
import { writeRows } from "../data/version.ts";
import { ProductBrowser } from "./product_browser.ts";

function rows(n: number, word: string): ProductRow[] {
  return Array.from({ length: n }, (_, i) => ({
    id: String(i).padStart(5, "0"),
    designation: `${word} ${i}`,
    description: "",
    code: i % 2 === 0 ? "even" : "odd",
    productId: "",
    imageId: "",
    image: "",
    picture: "",
    origin: "raw",
  }));
}

/** Versions by blob, and how often each was opened. */
function library(books: Readonly<Record<string, readonly ProductRow[]>>) {
  const opened: Record<string, number> = {};
  const open = (blob: string) => {
    opened[blob] = (opened[blob] ?? 0) + 1;
    const found = books[blob];
    if (found === undefined) return Promise.reject(new Error("no such blob"));
    return Promise.resolve(writeRows(found));
  };
  return { open, opened };
}

Deno.test("a version is read once, searched and compared in the Worker", async () => {
  const { open, opened } = library({ a: rows(1200, "ball"), b: rows(1300, "ball") });
  await using browser = new ProductBrowser(open);
  const first = await browser.find("a", { limit: 3 });
  assert.deepEqual(first.rows.map((row) => row.designation), ["ball 0", "ball 1", "ball 2"]);
  const found = await browser.find("a", { text: "BALL 119", code: "odd", limit: 3 });
  assert.deepEqual(found.rows.map((row) => row.id), ["00119", "01119", "01191"]);
  assert.equal(found.total, 7);
  const diff = await browser.diff("b", "a", { limit: 2 });
  assert.deepEqual(diff.counts, { added: 100, removed: 0, changed: 0 });
  assert.deepEqual(opened, { a: 1, b: 1 });
});

Deno.test("a third version takes the place of the one not used for longest; it can come back", async () => {
  const { open, opened } = library({ a: rows(10, "x"), b: rows(10, "y"), c: rows(10, "z") });
  await using browser = new ProductBrowser(open);
  for (const blob of ["a", "b", "a", "c", "a", "b"]) {
    assert.equal((await browser.find(blob, { text: "1", limit: 9 })).total, 1);
  }
  assert.deepEqual(opened, { a: 1, b: 2, c: 1 });
});

Deno.test("rows that cannot be read are an error of that version and of no other", async () => {
  const { open } = library({ a: rows(10, "x") });
  await using browser = new ProductBrowser(open);
  await assert.rejects(browser.find("gone", { text: "x", limit: 1 }), /Cannot look at these/);
  assert.equal((await browser.find("a", { text: "x", limit: 1 })).total, 10);
});

Deno.test("the Worker ends when nobody asks for a while and starts again with the next question", async () => {
  const { open, opened } = library({ a: rows(10, "x") });
  await using browser = new ProductBrowser(open, 1);
  await browser.find("a", { text: "x", limit: 1 });
  while (browser.isAwake) await new Promise((resolve) => setTimeout(resolve, 5));
  assert.equal((await browser.find("a", { text: "x", limit: 1 })).total, 10);
  assert.equal(opened["a"], 2);
});
