import assert from "node:assert/strict";
import { REVIEW_COLUMNS, reviewCsv, type ReviewLine } from "../review/review_csv.ts";
import { answersIn } from "./review_command.ts";

const line = (id: string, code: string, designation: string): ReviewLine => ({
  ...Object.fromEntries(REVIEW_COLUMNS.map((column) => [column, ""])) as ReviewLine,
  id,
  code,
  designation,
});

Deno.test("answersIn() reads what the export wrote, whichever delimiter a spreadsheet gave it", () => {
  const csv = reviewCsv([
    line("a", "10", 'a "red", large; lamp'),
    line("b", "", "not answered yet"),
    line("c", "=20", "two\nlines"),
  ]);
  const wanted = [{ id: "a", code: "10" }, { id: "c", code: "=20" }];
  assert.deepEqual(answersIn(csv), wanted);
  assert.deepEqual(answersIn("\ufeffid;code;note\r\na;10;x, y\r\nb;;\r\nc;'=20;\r\n"), wanted);
  assert.deepEqual(answersIn("code\tid\n10\ta\n=20\tc\n"), wanted);
  assert.deepEqual(answersIn(reviewCsv([])), []);
});

Deno.test("answersIn() says which columns are missing", () => {
  assert.throws(
    () => answersIn("id,label\na,10\n"),
    /it needs the columns id and code: it has id, label/,
  );
});
