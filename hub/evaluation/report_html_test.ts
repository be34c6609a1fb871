import assert from "node:assert/strict";
import { parseParams } from "../params.ts";
import { gate } from "./gate.ts";
import { reportHtml } from "./report_html.ts";
import { evaluationOf, plantedRows } from "./testing/planted.ts";

const params = parseParams(
  await Deno.readTextFile(new URL("../../params.yaml", import.meta.url)),
).gate;
const champion = evaluationOf(plantedRows(200, 0.8));
const evaluation = evaluationOf(plantedRows(200, 0.9));

Deno.test("reportHtml() shows the verdict, every rule, the figures and the plots", () => {
  const verdict = gate(evaluation, champion, params);
  const html = reportHtml({ title: "demo", evaluation, champion, verdict });
  assert.match(html, />accepted</);
  for (const rule of verdict.rules) assert.ok(html.includes(rule.id), rule.id);
  const plots = html.match(/<svg[^>]*aria-label="([^"]+)"/g)!;
  assert.equal(plots.length, 5);
  assert.match(html, /champion 81(\.\d)? %/);
});

Deno.test("reportHtml() says refused where the gate refuses", () => {
  const verdict = gate(champion, evaluation, params);
  assert.match(reportHtml({ title: "demo", evaluation: champion, verdict }), />refused</);
});

Deno.test("reportHtml() escapes what came from data and carries no script", () => {
  const evil = `<script>alert("1")</script>'&`;
  const rows = plantedRows(60, 0.5).map((r, i) => ({
    ...r,
    id: `${evil}${i}`,
    code: r.code === "40" ? evil : r.code,
    predicted: r.predicted === "40" ? evil : r.predicted,
    confidence: 0.95,
  }));
  const html = reportHtml({
    title: evil,
    evaluation: evaluationOf(rows),
    names: new Map([["10", evil]]),
  });
  assert.ok(!html.includes("<script"));
  assert.ok(!html.includes(`"1"`));
  assert.ok(!/\s(src|href)=/.test(html));
});

Deno.test("reportHtml() draws an evaluation without rows, and one where all is right", () => {
  for (const odd of [evaluationOf([]), evaluationOf(plantedRows(30, 1))]) {
    const html = reportHtml({ title: "odd", evaluation: odd });
    assert.ok(!html.includes("NaN") && !html.includes("Infinity"));
  }
});

Deno.test("reportHtml() names codes that the bundle does not know", () => {
  const classes = evaluation.classes.map((c) => ({ ...c, known: c.code !== "60" }));
  const html = reportHtml({ title: "t", evaluation: { ...evaluation, classes } });
  assert.match(html, /does not know yet: <code>60<\/code>/);
});
