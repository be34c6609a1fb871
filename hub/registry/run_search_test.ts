import assert from "node:assert/strict";
import fc from "fast-check";
import { sql } from "drizzle-orm";
import { AppError } from "@aisle/shared/errors";
import { metricSeries, runs } from "../db/schema/mod.ts";
import { parseQuery } from "./query/parse.ts";
import type { Registry } from "./registry.ts";
import { registryTest } from "./registry_suite.ts";
import type { RunSearch } from "./runs.ts";
import { conditionSql } from "./search/compile.ts";
import { RUN_FIELDS } from "./search/fields.ts";

/** Adds a client's run of that name to experiment 0. */
async function addRun(
  registry: Registry,
  name: string,
  params: Record<string, string>,
  metrics: Record<string, number>,
  tags: Record<string, string> = {},
): Promise<string> {
  const { id } = await registry.clientRuns.create({ experiment: 0, name, tags });
  const points = Object.entries(metrics).map(([name, value]) => ({
    name,
    value,
    step: 0,
    atMs: 1,
  }));
  await registry.clientRuns.log(id, { params, metrics: points });
  return id;
}

async function names(registry: Registry, text: string, more: RunSearch = {}): Promise<string[]> {
  const { items } = await registry.runs.search({ query: parseQuery(text), limit: 1000, ...more });
  return items.map((run) => run.name);
}

async function seed(registry: Registry): Promise<void> {
  await addRun(registry, "a", { "text.ngrams": "2-5", c: "0.5" }, { f1: 0.9, loss: 0.1 });
  await addRun(registry, "b", { "text.ngrams": "1-2", c: "1" }, { f1: 0.7, loss: NaN });
  await addRun(registry, "c", { "text.ngrams": "2-5" }, { f1: 0.85 }, { team: "Blue", "x y": "1" });
  await addRun(registry, "d", {}, { f1: Infinity }, { team: "red" });
}

registryTest("search() finds by metrics, params, tags and attributes", async ({ registry }) => {
  await seed(registry);
  const cases: Readonly<Record<string, string>> = {
    "": "dcba",
    "metrics.f1 > 0.8": "dca",
    'metrics.f1 > 0.8 and params.text.ngrams = "2-5" order by metrics.f1 desc': "ac",
    "params.c > 0.7": "b",
    "params.c = '0.5'": "a",
    "params.c != '0.5'": "b",
    "not params.c = '0.5'": "dcb",
    "params.c is null": "dc",
    "metrics.loss < 1000": "a",
    "metrics.loss is not null": "a",
    "params.`text.ngrams` in ('1-2', '9')": "b",
    "params.text.ngrams not in ('1-2')": "ca",
    "tags.team like 'B%'": "c",
    "tags.team like 'b%'": "",
    "tags.team ilike 'b%'": "c",
    'tag."x y" = "1"': "c",
    "name = 'a' or name = 'd'": "da",
    "status = 'RUNNING' and state = 'running' and kind = 'client'": "dcba",
    "start_time >= 0 and start_time < '2027-01-01'": "dcba",
    "experiment = 'Default' and experiment_id = 0": "dcba",
    "order by metrics.f1": "bcad",
    "order by metrics.loss desc": "adcb",
    "order by params.text.ngrams desc, name desc": "cabd",
    "tags.team = ''' OR 1=1 --'": "",
  };
  for (const [text, expected] of Object.entries(cases)) {
    assert.equal((await names(registry, text)).join(""), expected, text);
  }
});

registryTest(
  "search() refuses fields and values that make no sense, naming the place",
  async ({ registry }) => {
    const cases: Readonly<Record<string, RegExp>> = {
      "colour = 'x'": /at position 1: attributes are id, run_id/,
      "metrics.f1 > 'high'": /at position 14: this field is a number/,
      "name = 5": /at position 8: this field is a text/,
      "metrics.f1 like 'x'": /like compares/,
      "start_time > 'soon'": /a time is ISO 8601/,
      'params."a""b" = 1': /names of params and tags hold no quotes/,
    };
    for (const [text, rule] of Object.entries(cases)) {
      await assert.rejects(names(registry, text), (error) => {
        assert.ok(error instanceof AppError && error.code === "input-invalid");
        assert.match(error.message, rule);
        return true;
      });
    }
  },
);

registryTest(
  "pages of a search neither repeat nor miss a run, in any order, with runs added meanwhile",
  async ({ registry }) => {
    const all: string[] = [];
    for (let i = 0; i < 23; i++) {
      const metrics: Record<string, number> = i % 4 === 0 ? {} : { f1: (i * 7 % 5) / 5 };
      await addRun(registry, `r${i}`, i % 3 === 0 ? {} : { p: String(i % 2) }, metrics);
      all.push(`r${i}`);
    }
    for (
      const text of [
        "",
        "order by metrics.f1 desc",
        "order by params.p, metrics.f1",
        "order by name",
      ]
    ) {
      const query = parseQuery(text);
      const whole = await names(registry, text);
      const paged: string[] = [];
      let cursor: string | undefined;
      for (let page = 0; page === 0 || cursor !== undefined; page++) {
        const { items, next } = await registry.runs.search({ query, limit: 4, cursor });
        paged.push(...items.map((run) => run.name));
        cursor = next ?? undefined;
        if (page === 1 && text === "") await addRun(registry, "late", {}, {});
      }
      assert.deepEqual(paged, whole, text);
      assert.equal(new Set(paged).size, paged.length);
      await assert.rejects(
        registry.runs.search({ query: parseQuery("name = 'x'"), cursor: "bm9wZQ" }),
        /the cursor must come from the page before/,
      );
    }
  },
);

registryTest(
  "search() keeps to the experiments and the lifecycle asked for",
  async ({ registry }) => {
    await seed(registry);
    const other = await registry.experiments.create({ name: "other" });
    const { id } = await registry.clientRuns.create({ experiment: other.id, name: "e" });
    await registry.clientRuns.delete(
      (await registry.runs.search()).items.find((r) => r.name === "a")!.id,
    );
    assert.deepEqual(await names(registry, "", { experiments: [other.id] }), ["e"]);
    assert.deepEqual(await names(registry, "", { experiments: [0] }), ["d", "c", "b"]);
    assert.deepEqual(await names(registry, "", { lifecycle: "deleted" }), ["a"]);
    assert.equal((await names(registry, "", { lifecycle: "all" })).length, 5);
    assert.deepEqual((await registry.runs.list()).items.map((run) => run.name), [
      "e",
      "d",
      "c",
      "b",
    ]);
    assert.equal((await registry.runs.get(id))?.name, "e");
  },
);

registryTest(
  "a search by SQL finds what a plain filter over the same runs finds",
  async ({ registry }) => {
    const rows = Array.from({ length: 12 }, (_, i) => ({
      name: `r${i}`,
      params: (i % 3 === 0 ? {} : { p: String(i % 4) }) as Record<string, string>,
      metrics: (i % 4 === 0 ? {} : { m: i % 5 }) as Record<string, number>,
    }));
    for (const row of rows) await addRun(registry, row.name, row.params, row.metrics);
    const leaf = fc.oneof(
      fc.record({ op: fc.constantFrom("=", "!=", "<", ">="), n: fc.nat(5) }).map(({ op, n }) => ({
        text: `metrics.m ${op} ${n}`,
        holds: ({ metrics: { m } }: typeof rows[number]) => m !== undefined && compare(op, m, n),
      })),
      fc.record({ op: fc.constantFrom("=", "!="), n: fc.nat(4) }).map(({ op, n }) => ({
        text: `params.p ${op} '${n}'`,
        holds: ({ params: { p } }: typeof rows[number]) =>
          p !== undefined && compare(op, Number(p), n),
      })),
    );
    type Node = { text: string; holds: (row: typeof rows[number]) => boolean };
    const { node } = fc.letrec<{ node: Node }>((tie) => ({
      node: fc.oneof(
        { maxDepth: 3, withCrossShrink: true },
        leaf,
        fc.tuple(tie("node"), tie("node")).map(([a, b]) => ({
          text: `(${a.text} and ${b.text})`,
          holds: (row: typeof rows[number]) => a.holds(row) && b.holds(row),
        })),
        fc.tuple(tie("node"), tie("node")).map(([a, b]) => ({
          text: `(${a.text} or ${b.text})`,
          holds: (row: typeof rows[number]) => a.holds(row) || b.holds(row),
        })),
        tie("node").map((a) => ({
          text: `not ${a.text}`,
          holds: (row: typeof rows[number]) => !a.holds(row),
        })),
      ),
    }));
    await fc.assert(
      fc.asyncProperty(node, async ({ text, holds }) => {
        const expected = rows.filter(holds).map((row) => row.name).reverse();
        assert.deepEqual(await names(registry, text), expected, text);
      }),
      { numRuns: 60 },
    );
  },
);

function compare(op: string, a: number, b: number): boolean {
  return op === "=" ? a === b : op === "!=" ? a !== b : op === "<" ? a < b : a >= b;
}

registryTest(
  "lists and searches go by indexes: no series and no points are scanned",
  async ({ database }) => {
    const plan = async (query: ReturnType<typeof sql>) =>
      (await database.read((db) =>
        db.all<[number, number, number, string]>(sql`EXPLAIN QUERY PLAN ${query}`)
      ))
        .map((row) => row[3]).join("\n");
    const where = conditionSql(
      parseQuery("metrics.f1 > 0.8 and params.c = 1").where!,
      RUN_FIELDS,
    );
    const search = await plan(sql`SELECT ${runs.seq} FROM ${runs}
    WHERE ${runs.experiment} IN (1) AND ${where} ORDER BY ${runs.startedAt} DESC LIMIT 51`);
    assert.match(search, /runs USING INDEX runs_experiment/);
    assert.match(search, /SEARCH m USING INDEX metric_series_name \(run=\? AND name=\?\)/);
    assert.doesNotMatch(search, /SCAN m\b|TEMP B-TREE/);
    const points = await plan(sql`SELECT step, value FROM metric_points
    WHERE series = (SELECT id FROM ${metricSeries} WHERE run = 1 AND name = 'f1') ORDER BY step, at, value`);
    assert.match(points, /SEARCH metric_points USING PRIMARY KEY \(series=\?\)/);
    assert.doesNotMatch(points, /TEMP B-TREE|SCAN/);
    const list = await plan(sql`SELECT * FROM ${runs}
    WHERE ${runs.catalogue} = 'shop' AND ${runs.seq} < 900 AND ${runs.deletedAt} IS NULL ORDER BY ${runs.seq} DESC LIMIT 51`);
    assert.match(list, /SEARCH runs USING INDEX runs_catalogue \(catalogue=\? AND seq<\?\)/);
    assert.doesNotMatch(list, /TEMP B-TREE/);
  },
);
