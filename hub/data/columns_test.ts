import assert from "node:assert/strict";
import { findColumn, indexColumn, requireColumns } from "./columns.ts";

Deno.test("indexColumn() prefers the column without a name over others that could be an index", () => {
  assert.equal(indexColumn(["id", "", "designation"]), 1);
  assert.equal(indexColumn(["designation", "Unnamed: 0"]), 1);
  assert.equal(indexColumn(["productid", "imageid"]), -1);
});

Deno.test("findColumn() prefers the exact name over one that differs in case or spaces", () => {
  assert.equal(findColumn(["Title", "title"], "title"), 1);
  assert.equal(findColumn([" TITLE "], "title"), 0);
  assert.equal(findColumn(["titles"], "title"), -1);
});

Deno.test("requireColumns() gives places in the order asked for, and names all that are missing", () => {
  assert.deepEqual(requireColumns(["a", "b", "c"], ["c", "a"], "the table"), [2, 0]);
  assert.throws(
    () => requireColumns(["a"], ["b", "c"], "the table"),
    /columns b, c are missing. Its columns are: a/,
  );
  assert.throws(() => requireColumns(["a", "a"], ["a"], "the table"), /two columns are called a/);
});
