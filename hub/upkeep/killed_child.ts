/**
 * Collects garbage, backs up or restores, and kills its own process before the n-th change of the file system; for
 * tests. One argument: JSON of {@linkcode KilledWork}.
 *
 * @module
 */
import { openDatabase } from "../db/database.ts";
import { backUp, type BackupOptions } from "./backup.ts";
import { collectGarbage } from "./collect_garbage.ts";
import { restore, type RestoreOptions } from "./restore.ts";

/** What to do, and before which change to die. */
export type KilledWork =
  & { readonly step: number }
  & (
    | { readonly kind: "gc"; readonly dataDir: string }
    | { readonly kind: "backup"; readonly options: BackupOptions }
    | { readonly kind: "restore"; readonly options: RestoreOptions }
  );

const work = JSON.parse(Deno.args[0]!) as KilledWork;
let left = work.step;
for (const name of ["rename", "remove", "link", "copyFile"] as const) {
  const real = Deno[name] as (...args: unknown[]) => Promise<void>;
  Object.defineProperty(Deno, name, {
    value: async (...args: unknown[]) => {
      if (--left === 0) Deno.kill(Deno.pid, "SIGKILL");
      await real(...args);
    },
  });
}
if (work.kind === "backup") await backUp(work.options);
else if (work.kind === "restore") await restore(work.options);
else {
  const { dataDir } = work;
  await using database = await openDatabase({ url: `file:${dataDir}/aisle.db` });
  await collectGarbage({
    database,
    dataDir,
    retention: {
      graceHours: 24,
      stageCacheDays: 30,
      jobLogDays: 90,
      jobDays: 365,
      deletedRunDays: 30,
    },
    nowMs: Date.now(),
  });
}
