import assert from "node:assert/strict";
import { labelErrorsCsv, labelErrorsHtml, type ListedLabelError } from "./label_error_report.ts";

const error = (changes: Partial<ListedLabelError> = {}): ListedLabelError => ({
  row: 3,
  id: "17",
  designation: "Piscine hors sol",
  code: "10",
  likely: "2583",
  confidence: 0.98765,
  codeConfidence: 0.00123,
  ...changes,
});
const COUNTS = { scored: 500, rows: 800, minConfidence: 0.9 };

Deno.test("labelErrorsCsv() keeps order, codes byte for byte, and quotes what needs it", async () => {
  const csv = await new Response(
    labelErrorsCsv([error(), error({ id: "4", code: "0010", designation: 'a "b", c' })]),
  ).text();
  assert.equal(
    csv,
    "id,code,likely_code,confidence,code_confidence,designation\n" +
      "17,10,2583,0.9877,0.0012,Piscine hors sol\n" +
      '4,0010,2583,0.9877,0.0012,"a ""b"", c"\n',
  );
});

Deno.test("labelErrorsHtml() escapes data, needs no script and fetches nothing", () => {
  const page = labelErrorsHtml([
    error({
      id: `"><img src=x>`,
      code: "<i>",
      likely: "&b",
      designation: `<script>alert('1')</script>`,
    }),
  ], COUNTS);
  assert.ok(!/<script|<img|<i>|&b|https?:|url\(|@import/.test(page));
  assert.ok(page.includes("&#60;script&#62;"));
  assert.ok(page.includes("prefers-color-scheme: dark"));
});

Deno.test("labelErrorsHtml() says how many rows were looked at and that it only suggests", () => {
  const page = labelErrorsHtml([error()], COUNTS);
  assert.ok(page.includes("1 of 500 rows look mislabelled"));
  assert.ok(page.includes("The other 300 of the 800 train rows were not scored"));
  assert.ok(page.includes("suggestion"));
  const none = labelErrorsHtml([], { ...COUNTS, scored: 800 });
  assert.ok(none.includes("0 of 800 rows look mislabelled") && !none.includes("<table"));
  assert.ok(!none.includes("The other"));
});

Deno.test("labelErrorsHtml() shows the worst few hundred and cuts long texts between characters", () => {
  const many = Array.from({ length: 1000 }, (_, i) => error({ id: `row${i}` }));
  const page = labelErrorsHtml(many, COUNTS);
  assert.equal(page.match(/<tr><td>/g)!.length, 300);
  assert.ok(page.includes("row299") && !page.includes("row300"));
  assert.ok(page.includes("The 300 worst are shown"));
  const long = labelErrorsHtml([error({ designation: "🪑".repeat(1000) })], COUNTS);
  assert.ok(long.includes(`${"🪑".repeat(200)}…`) && !long.includes("🪑".repeat(201)));
  assert.ok(long.isWellFormed());
});
