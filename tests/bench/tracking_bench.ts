/**
 * Tracking when it is full: 10,000 runs with 40 params and 10 metrics each, 5,000,000 points; what lists, searches,
 * histories and comparisons then cost, and the size of the file. Then 1,000,000 records of feedback, and what tracing
 * lineage through them costs.
 *
 * Each figure is the median and the longest of several calls, taken while the module loads: of the whole call (SQL in
 * the database's thread, and turning rows into objects), and of the CPU time of the process meanwhile, which other
 * work on the machine lengthens less.
 *
 * @module
 */
import { openDatabase } from "../../hub/db/database.ts";
import { createRegistry } from "../../hub/registry/create_registry.ts";
import { fillFeedback, fillTracking } from "../../hub/testing/full_tracking.ts";
import { parseQuery } from "../../hub/registry/query/parse.ts";
import { measure } from "./measured_call.ts";

const RUNS = 10_000, METRICS = 10, STEPS = 50, FEEDBACK = 1_000_000;

const folder = await Deno.makeTempDir({ prefix: "aisle-bench-" });
try {
  await using database = await openDatabase({ url: `file:${folder}/hub.db` });
  const registry = createRegistry(database, {
    now: Date.now,
    newId: () => crypto.randomUUID(),
  });
  const filled = performance.now();
  const points = await fillTracking(database, registry, RUNS, METRICS, STEPS);
  const { size } = await Deno.stat(`${folder}/hub.db`);
  console.log(
    `tracking: ${RUNS} runs, ${points} points, filled in ${
      ((performance.now() - filled) / 1000).toFixed(0)
    } s, file ${(size / 1e6).toFixed(0)} MB`,
  );

  const ids = (await registry.runs.list({ limit: 20 })).items.map((run) => run.id);
  const search = (text: string, limit = 50, cursor?: string) =>
    registry.runs.search({ query: parseQuery(text), limit, cursor });
  const best =
    'metrics.metric3 > 0.8 and params.section2.key9 = "value-5" order by metrics.metric3 desc';
  const second = (await search("order by metrics.metric3 desc")).next!;
  await measure("list, newest 50", () => registry.runs.list({ catalogue: "shop" }));
  await measure("search, no condition, 50", () => search(""));
  await measure("search, metric > 0.8 and param =, by metric", () => search(best));
  await measure("search, by metric, all match", () => search("order by metrics.metric3 desc"));
  await measure(
    "search, by metric, second page",
    () => search("order by metrics.metric3 desc", 50, second),
  );
  await measure("search, tag like, nothing found", () => search("tags.mlflow.user like 'b%'"));
  await measure("search, param like", () => search("params.section2.key9 ilike '%5'"));
  await measure("search, page of 1,000", () => search("", 1000));
  await measure("one run", () => registry.runs.get(ids[0]!));
  await measure("all points of one run", () => registry.runs.metrics(ids[0]!));
  await measure("comparison of 20 runs, 10 curves each", () => registry.runs.compare(ids));
  await measure(
    "MLflow's usual search, 1,000 runs",
    () => registry.runs.search({ newestBy: "begun", experiments: [1], limit: 1000 }),
  );
  const made = await registry.clientRuns.create({ experiment: 0 });
  let step = 0;
  await measure("log of 1,000 points, on the disk", () =>
    registry.clientRuns.log(made.id, {
      metrics: Array.from({ length: 1000 }, () => ({
        name: "loss",
        step: step++,
        value: 1 / step,
        atMs: step,
      })),
    }));

  const began = performance.now();
  const { bundle, key } = await fillFeedback(database, registry, FEEDBACK);
  console.log(
    `feedback: ${FEEDBACK} records, filled in ${((performance.now() - began) / 1000).toFixed(0)} s`,
  );
  await measure("newest 50 records", () => registry.feedback.list({ catalogue: "shop" }));
  await measure("lineage of one record", () => registry.lineage.trace("shop", { feedback: key }));
  await measure(
    "lineage of a bundle with half of all records",
    () => registry.lineage.trace("shop", { bundle }),
  );
} finally {
  await Deno.remove(folder, { recursive: true });
}
