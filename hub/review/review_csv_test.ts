import assert from "node:assert/strict";
import { parse } from "csv-parse/sync";
import fc from "fast-check";
import { plainField, REVIEW_COLUMNS, reviewCsv, type ReviewLine } from "./review_csv.ts";

Deno.test("reviewCsv() comes back as it was, and no field of it is a formula", () => {
  const line = fc.record(
    Object.fromEntries(REVIEW_COLUMNS.map((column) => [column, fc.string()])),
  ) as unknown as fc.Arbitrary<ReviewLine>;
  fc.assert(fc.property(fc.array(line), (lines) => {
    const read = parse(reviewCsv(lines), {
      columns: true,
      record_delimiter: "\r\n",
    }) as ReviewLine[];
    assert.equal(read.length, lines.length);
    read.forEach((row, i) => {
      for (const column of REVIEW_COLUMNS) {
        assert.doesNotMatch(row[column], /^[=+\-@\t\r]/);
        // A quote before a formula that somebody wrote is one quote with ours: both mean the formula.
        if (!lines[i]![column].startsWith("'")) {
          assert.equal(plainField(row[column]), lines[i]![column]);
        }
      }
    });
  }));
});
