import assert from "node:assert/strict";
import plugin from "./lint_plugin.ts";

const root = new URL("../../", import.meta.url).pathname;

/** Messages the plugin gives for `source` placed at `file`. */
function lint(file: string, source: string): string[] {
  return Deno.lint.runPlugin(plugin, root + file, source).map((d) => d.message);
}

Deno.test("layer-boundary refuses what the table refuses", () => {
  assert.deepEqual(
    lint("hub/training/loop.ts", `import "../registry/runs.ts";`),
    ["hub/training/ may not import hub/registry/runs.ts"],
  );
  assert.deepEqual(lint("edge/app.ts", `import "../hub/api/app.ts";`), [
    "Cannot reach hub/api/app.ts by path from edge/app.ts",
  ]);
  assert.deepEqual(lint("edge/app.ts", `export * from "@aisle/hub/api/app";`), [
    "edge/ may not import hub/api/app",
  ]);
  assert.deepEqual(
    lint("hub/api/runs.ts", `import { eq } from "drizzle-orm";`),
    ["hub/api/ may not use the package drizzle-orm"],
  );
  assert.deepEqual(
    lint("hub/data/split.ts", `import x from "npm:@scope/pkg@1/sub";`),
    ["hub/data/ may not use the package @scope/pkg"],
  );
});

Deno.test("layer-boundary allows what the table allows", () => {
  assert.deepEqual(
    lint(
      "hub/features/fit.ts",
      `import "../data/record.ts"; import { encode } from "@aisle/shared/features/encode";`,
    ),
    [],
  );
  assert.deepEqual(
    lint(
      "hub/registry/versions.ts",
      `import { eq } from "drizzle-orm"; import "./lifecycle.ts"; import "node:path";`,
    ),
    [],
  );
  assert.deepEqual(
    lint(
      "edge/app.ts",
      `import { Hono } from "hono"; import { predict } from "@aisle/shared/serving/predict";`,
    ),
    [],
  );
});

Deno.test("pure-core refuses clocks, chance and I/O in core layers only", () => {
  const source =
    `export const f = () => [Date.now(), new Date(), Math.random(), fetch("x"), Deno.args];`;
  assert.equal(lint("hub/evaluation/gate.ts", source).length, 5);
  assert.deepEqual(lint("hub/scheduler/jobs.ts", source), []);
  assert.deepEqual(lint("hub/evaluation/gate_test.ts", source), []);
});
