import assert from "node:assert/strict";
import type { CheckReport } from "./check.ts";
import { checkReportHtml } from "./check_report.ts";

const HOSTILE = `<script>alert("x")</script>`;
const report: CheckReport = {
  rows: 10,
  usable: 9,
  setAside: 1,
  fatal: false,
  findings: [{
    id: "html-tags",
    severity: "info",
    count: 1,
    examples: [HOSTILE],
    message: "1 texts hold HTML tags",
    mend: "Nothing to do",
  }],
  classes: [{ code: HOSTILE, rows: 6 }, { code: "b", rows: 3 }],
  lengths: [{ column: "designation", empty: 0, median: 3, p95: 8, max: 9, histogram: [0, 2, 7] }],
  pictures: null,
};

Deno.test("checkReportHtml() needs nothing but itself and runs nothing", () => {
  const html = checkReportHtml(report);
  assert.doesNotMatch(html, /<script|https?:|src=|@import|url\(/i);
  assert.match(html, /<!doctype html>/);
});

Deno.test("checkReportHtml() escapes what files hold", () => {
  assert.ok(checkReportHtml(report).includes("&#60;script&#62;"));
});

Deno.test("checkReportHtml() plots classes and lengths, and says what was found", () => {
  const html = checkReportHtml(report);
  assert.equal(html.match(/<div class="plot" role="img"/g)?.length, 2);
  assert.match(html, /1 texts hold HTML tags/);
  assert.match(html, /prefers-color-scheme: dark/);
  assert.match(checkReportHtml({ ...report, fatal: true }), /cannot be used/);
  assert.match(
    checkReportHtml({ ...report, findings: [], classes: [], lengths: [] }),
    /Nothing was found/,
  );
});

Deno.test("checkReportHtml() says how many classes it does not plot", () => {
  const classes = Array.from({ length: 75 }, (_, i) => ({ code: `c${i}`, rows: 75 - i }));
  assert.match(checkReportHtml({ ...report, classes }), /and 15 smaller classes/);
});
