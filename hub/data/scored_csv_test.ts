import assert from "node:assert/strict";
import { parse } from "csv-parse/sync";
import fc from "fast-check";
import { guessCells, guessColumns, spreadsheetCell, spreadsheetLines } from "./scored_csv.ts";

Deno.test("no cell begins with what a spreadsheet runs, unless it is a plain number", () => {
  for (const cell of ["=1+1", "+HYPERLINK()", "-2+3", "@SUM(A1)", "\t=1", "\r=1"]) {
    assert.equal(spreadsheetCell(cell), `'${cell}`);
  }
  for (const cell of ["-12", "+3,5", "-1.5e3", "", "a=b", "ballon", "'=1"]) {
    assert.equal(spreadsheetCell(cell), cell);
  }
});

Deno.test("what is written is read back, cell by cell", () => {
  const cell = fc.string().map((text) => `x${text.replaceAll("\0", "")}`);
  const rows = fc.array(fc.tuple(cell, cell, cell), { minLength: 1 });
  fc.assert(fc.property(rows, fc.constantFrom(",", ";", "\t"), (table, delimiter) => {
    const text = spreadsheetLines(table, delimiter);
    assert.deepEqual(parse(text, { delimiter, relaxColumnCount: true }), table);
  }));
});

Deno.test("columns of the guesses never take a name that the table has", () => {
  assert.deepEqual(guessColumns(["id", "title"]).slice(0, 4), [
    "code",
    "label",
    "confidence",
    "decision",
  ]);
  const header = ["Code", "predicted_code", "label"];
  const names = guessColumns(header);
  assert.deepEqual(names.slice(0, 2), ["predicted_code_", "predicted_label"]);
  assert.equal(new Set([...header.map((n) => n.toLowerCase()), ...names]).size, 3 + names.length);
});

Deno.test("a row that could not be read is for a person and says why", () => {
  const cells = guessCells(null, "a quote is not closed");
  assert.equal(cells.length, guessColumns([]).length);
  assert.equal(cells[3], "review");
  assert.equal(cells.at(-1), "a quote is not closed");
});
