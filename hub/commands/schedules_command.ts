/**
 * `schedules`: what runs by the clock; make one, change one, pause, resume, start at once, remove.
 *
 * @module
 */
import { AppError } from "@aisle/shared/errors";
import type { ScheduleInput } from "../api/areas/schedules.ts";
import type { Job } from "../registry/jobs.ts";
import type { Schedule } from "../registry/schedules.ts";
import { chooseCatalogue } from "./catalogue_choice.ts";
import { type Arguments, CATALOGUE, type Command, JSON_OUTPUT } from "./command.ts";
import { followJob } from "./follow_job.ts";
import { connectHub, type HubClient } from "./hub_client.ts";
import { readInput } from "./jobs_command.ts";
import { table } from "./terminal.ts";
import { readSpan } from "./tokens_command.ts";

const PATH = "/api/v1/schedules";
const VERBS = ["list", "set", "pause", "resume", "run", "remove"];

const schedules: Command = {
  name: "schedules",
  summary: "What runs by the clock: make or change one, pause, resume, start at once, remove.",
  positionals: "[list|set ID|pause ID|resume ID|run ID|remove ID]",
  options: [
    CATALOGUE,
    { name: "kind", value: "KIND", help: "set: kind of the job" },
    { name: "cron", value: "CRON", help: 'set: when, such as "30 2 * * *"' },
    { name: "time-zone", value: "ZONE", help: "set: IANA name of its zone (default UTC)" },
    {
      name: "missed",
      value: "skip|once",
      help: "set: runs that came due while no hub was up are left out, or made up for by one",
    },
    { name: "timeout", value: "SPAN", help: "set: longest attempt, such as 2h; none: no limit" },
    {
      name: "attempts",
      value: "N",
      help: "set: attempts of a job that fails for a passing reason",
    },
    { name: "backoff", value: "SPAN", help: "set: wait before the second attempt (default 1m)" },
    {
      name: "expected-by",
      value: "SPAN",
      help: "set: alert where no run has succeeded so long after it was due; none: no alert",
    },
    { name: "input", value: "JSON", help: "set, run: what the job is asked" },
    JSON_OUTPUT,
  ],
  examples: [
    'deno task schedules set nightly --kind pipeline --cron "30 2 * * *" --time-zone Europe/Paris',
    "deno task schedules set nightly --missed once --expected-by 3h --attempts 3",
    "deno task schedules pause nightly",
  ],
  async run(args, context) {
    const { terminal } = context;
    const [verb = "list", id] = args.positionals;
    if (!VERBS.includes(verb)) {
      throw new AppError("usage", `There is no schedules ${verb}: say ${VERBS.join(", ")}`);
    }
    await using client = await connectHub(context);
    const print = (items: readonly Listed[]) =>
      terminal.print(args.has("json") ? JSON.stringify(items) : scheduleTable(items));
    if (verb === "list") {
      const catalogue = args.text("catalogue");
      const query = catalogue === undefined ? "" : `?catalogue=${encodeURIComponent(catalogue)}`;
      return print((await client.json<{ items: Listed[] }>("GET", PATH + query)).items);
    }
    if (id === undefined) throw new AppError("usage", `Say which: deno task schedules ${verb} ID`);
    const path = `${PATH}/${encodeURIComponent(id)}`;
    if (verb === "run") {
      const input = readInput(args);
      const started = await client.json<Job>(
        "POST",
        `${path}/run`,
        input === undefined ? {} : { input },
      );
      const result = await followJob(client, started, context);
      return terminal.print(JSON.stringify(result, null, args.has("json") ? 0 : 2));
    }
    if (verb === "remove") await client.json("DELETE", path);
    else if (verb === "set") {
      print([await client.json("PUT", path, await asked(client, id, args))]);
    } else print([await client.json("PATCH", path, { enabled: verb === "resume" })]);
  },
};

/** A schedule as the API shows it. */
type Listed = Schedule & { readonly nextRuns: readonly string[] };

/** What `set` asks for: the schedule as it is, where there is one, with what the options say. */
async function asked(client: HubClient, id: string, args: Arguments): Promise<ScheduleInput> {
  const { items } = await client.json<{ items: Listed[] }>("GET", PATH);
  const before = items.find((schedule) => schedule.id === id);
  const kind = args.text("kind") ?? before?.kind, cron = args.text("cron") ?? before?.cron;
  if (kind === undefined || cron === undefined) {
    throw new AppError(
      "usage",
      `A new schedule needs --kind and --cron: there is none called ${id}`,
    );
  }
  const span = (name: string, of: number | null) => {
    const text = args.text(name);
    if (text === undefined) return of;
    if (text === "none") return null;
    const seconds = readSpan(text);
    if (seconds !== undefined) return seconds * 1000;
    throw new AppError(
      "usage",
      `--${name} must be a span such as 30s, 15m or 2h, or none: current value is ${text}`,
    );
  };
  const attempts = args.number("attempts"), backoffMs = span("backoff", null);
  const retry = before?.retry ??
    { attempts: 1, backoffMs: 60_000, maxBackoffMs: 3_600_000, jitter: 0.2 };
  return {
    catalogue: before?.catalogue ?? await chooseCatalogue(args, client),
    kind: kind as ScheduleInput["kind"],
    cron,
    timeZone: args.text("time-zone") ?? before?.timeZone ?? "UTC",
    enabled: before?.enabled ?? true,
    input: readInput(args) ?? before?.input ?? {},
    missedPolicy: (args.text("missed") ?? before?.missedPolicy ?? "skip") as "skip" | "once",
    timeoutMs: span("timeout", before?.timeoutMs ?? null),
    retry: attempts === undefined && backoffMs === null ? before?.retry ?? null : {
      ...retry,
      attempts: attempts ?? retry.attempts,
      backoffMs: backoffMs ?? retry.backoffMs,
    },
    expectedByMs: span("expected-by", before?.expectedByMs ?? null),
  };
}

function scheduleTable(items: readonly Listed[]): string {
  return table(
    ["schedule", "catalogue", "kind", "cron", "zone", "missed", "last run", "next run", "note"],
    items.map((s) => [
      s.id,
      s.catalogue,
      s.kind,
      s.cron,
      s.timeZone,
      s.missedPolicy,
      s.lastRunAt,
      s.enabled ? s.nextRuns[0] : "paused",
      s.note,
    ]),
  );
}

/** `schedules`. */
export const SCHEDULES_COMMANDS: readonly Command[] = [schedules];
