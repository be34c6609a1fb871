/**
 * `gc`: removes what is past its time and what nothing names.
 *
 * @module
 */
import type { Job } from "../registry/jobs.ts";
import type { GarbageReport } from "../upkeep/collect_garbage.ts";
import { type Command, JSON_OUTPUT } from "./command.ts";
import { followJob } from "./follow_job.ts";
import { connectHub } from "./hub_client.ts";

const gc: Command = {
  name: "gc",
  summary:
    "Removes blobs that nothing names and rows past their time, as the params' section gc says.",
  options: [
    { name: "dry-run", help: "only say what would go" },
    JSON_OUTPUT,
  ],
  examples: ["deno task gc --dry-run"],
  async run(args, context) {
    const { terminal } = context;
    await using client = await connectHub(context);
    const dryRun = args.has("dry-run");
    const job = await client.json<Job>("POST", "/api/v1/maintenance/gc", { dryRun });
    const report = await followJob<GarbageReport>(client, job, context);
    if (args.has("json")) return terminal.print(JSON.stringify(report));
    const { blobs, rows, checkpoints } = report;
    const told = ({ count, bytes }: { count: number; bytes: number }) =>
      `${count} blobs, ${(bytes / 1e6).toFixed(1)} MB`;
    terminal.print(`Kept         ${told(blobs.kept)}`);
    terminal.print(`Too young    ${told(blobs.young)}`);
    terminal.print(`${dryRun ? "Would go " : "Removed  "}    ${told(blobs.removed)}`);
    for (const [table, count] of Object.entries(rows)) {
      terminal.print(`             ${count} rows of ${table}`);
    }
    terminal.print(`             ${checkpoints} checkpoints`);
  },
};

/** `gc`. */
export const GC_COMMANDS: readonly Command[] = [gc];
