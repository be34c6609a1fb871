/**
 * Collects garbage and kills its own process before the n-th change of the file system; for tests.
 *
 * @module
 */
import { openDatabase } from "../db/database.ts";
import { collectGarbage } from "./collect_garbage.ts";

const [dataDir, last] = Deno.args;
let left = Number(last);
for (const name of ["rename", "remove"] as const) {
  const real = Deno[name] as (...args: unknown[]) => Promise<void>;
  Object.defineProperty(Deno, name, {
    value: async (...args: unknown[]) => {
      if (--left === 0) Deno.kill(Deno.pid, "SIGKILL");
      await real(...args);
    },
  });
}
await using database = await openDatabase({ url: `file:${dataDir}/aisle.db` });
await collectGarbage({
  database,
  dataDir: dataDir!,
  retention: { graceHours: 24, stageCacheDays: 30, jobLogDays: 90, deletedRunDays: 30 },
  nowMs: Date.now(),
});
