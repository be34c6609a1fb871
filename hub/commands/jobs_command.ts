/**
 * `jobs`: what ran, what runs, its stages and its log; start one of any kind, cancel one.
 *
 * @module
 */
import { AppError, messageOf } from "@aisle/shared/errors";
import type { JobStage } from "../pipeline/job_stages.ts";
import type { Job, JobEvent } from "../registry/jobs.ts";
import { chooseCatalogue } from "./catalogue_choice.ts";
import { type Arguments, CATALOGUE, type Command, JSON_OUTPUT } from "./command.ts";
import { jobEvents, runJob } from "./follow_job.ts";
import { connectHub, type HubClient } from "./hub_client.ts";
import { table } from "./terminal.ts";

const VERBS = ["list", "show", "log", "cancel", "run"];
/** Lines asked for at a time. */
const PAGE = 1000;

const jobs: Command = {
  name: "jobs",
  summary: "Jobs: what ran and runs, stage by stage; starts one of any kind, cancels one.",
  positionals: "[list|show ID|log ID|cancel ID|run KIND]",
  options: [
    CATALOGUE,
    { name: "kind", value: "KIND", help: "list: only jobs of this kind" },
    { name: "state", value: "STATE", help: "list: only jobs in this state" },
    { name: "limit", value: "N", help: "list: at most so many (default 20)" },
    { name: "stage", value: "NAME", help: "log: only what this stage told" },
    { name: "follow", help: "log: goes on until the job ends" },
    { name: "input", value: "JSON", help: "run: what the job is asked (default: nothing)" },
    JSON_OUTPUT,
  ],
  examples: [
    "deno task jobs",
    "deno task jobs log 0190b5d2 --stage train --follow",
    `deno task jobs run train --input '{"params": {"train.c": 3}, "force": ["train"]}'`,
  ],
  async run(args, context) {
    const { terminal } = context;
    const [verb = "list", name] = args.positionals;
    if (!VERBS.includes(verb)) {
      throw new AppError("usage", `There is no jobs ${verb}: say ${VERBS.join(", ")}`);
    }
    await using client = await connectHub(context);
    if (verb === "list") {
      const { items } = await list(client, args);
      return terminal.print(args.has("json") ? JSON.stringify(items) : jobTable(items));
    }
    if (verb === "run") {
      if (name === undefined) {
        throw new AppError("usage", "Say which kind: deno task jobs run train");
      }
      const catalogue = await chooseCatalogue(args, client);
      const input = readInput(args) ?? {};
      const result = await runJob(client, { catalogue, kind: name, input }, context);
      return terminal.print(JSON.stringify(result, null, args.has("json") ? 0 : 2));
    }
    const id = await findJob(client, name);
    if (verb === "cancel") {
      const job = await client.json<Job>("POST", `/api/v1/jobs/${id}/cancel`);
      const told = job.state === "cancelled" ? "is cancelled" : "is asked to stop";
      return terminal.print(args.has("json") ? JSON.stringify(job) : `${id} ${told}`);
    }
    if (verb === "show") {
      const job = await client.json<Job>("GET", `/api/v1/jobs/${id}`);
      const { items: stages } = await client.json<{ items: JobStage[] }>(
        "GET",
        `/api/v1/jobs/${id}/stages`,
      );
      if (args.has("json")) return terminal.print(JSON.stringify({ ...job, stages }));
      return terminal.print(
        [jobTable([job]), "", stageTable(stages), "", ...outcome(job)].join("\n"),
      );
    }
    for await (const event of lines(client, id, args)) {
      terminal.print(args.has("json") ? JSON.stringify(event) : logLine(event));
    }
  },
};

function list(client: HubClient, args: Arguments): Promise<{ items: Job[] }> {
  const query = new URLSearchParams({ limit: String(args.number("limit") ?? 20) });
  for (const name of ["catalogue", "kind", "state"]) {
    const value = args.text(name);
    if (value !== undefined) query.set(name, value);
  }
  return client.json("GET", `/api/v1/jobs?${query}`);
}

/** The id that `name` means: whole, or the beginning of one of the newest. */
async function findJob(client: HubClient, name: string | undefined): Promise<string> {
  if (name === undefined) throw new AppError("usage", "Say which job: its id, or how it begins");
  const { items } = await client.json<{ items: Job[] }>("GET", "/api/v1/jobs?limit=1000");
  const fits = items.filter((job) => job.id.startsWith(name));
  if (fits.length > 1) {
    throw new AppError("usage", `${fits.length} jobs begin with ${name}: give more`);
  }
  return fits[0]?.id ?? name;
}

/** Lines of the log; with `--follow` until the job ends. */
async function* lines(client: HubClient, id: string, args: Arguments): AsyncGenerator<JobEvent> {
  const stage = args.text("stage");
  const query = stage === undefined ? "" : `stage=${encodeURIComponent(stage)}`;
  if (args.has("follow")) {
    for await (const event of jobEvents(client, id, query)) {
      if (event.type !== "progress") yield event;
    }
    return;
  }
  for (let after = 0;;) {
    const path = `/api/v1/jobs/${id}/log?limit=${PAGE}&after=${after}&${query}`;
    const { items } = await client.json<{ items: JobEvent[] }>("GET", path);
    yield* items;
    if (items.length < PAGE) return;
    after = items.at(-1)!.seq;
  }
}

/** `--input` as a value. @throws {AppError} `usage` */
export function readInput(args: Arguments): unknown {
  const text = args.text("input");
  if (text === undefined) return undefined;
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new AppError("usage", `--input must be JSON: ${messageOf(error)}`);
  }
}

function jobTable(items: readonly Job[]): string {
  return table(
    ["job", "catalogue", "kind", "state", "attempt", "created", "ended", "by"],
    items.map((job) => [
      job.id,
      job.catalogue,
      job.kind,
      job.state,
      `${job.attempt}/${job.maxAttempts}`,
      minute(job.createdAt),
      minute(job.endedAt),
      job.by,
    ]),
  );
}

function stageTable(stages: readonly JobStage[]): string {
  return table(
    ["stage", "state", "needs", "began", "seconds", "what"],
    stages.map(({ stage, state, needs, startedAt, endedAt, summary }) => [
      stage,
      state,
      needs.join(" ") || null,
      minute(startedAt),
      startedAt === null || endedAt === null
        ? null
        : ((Date.parse(endedAt) - Date.parse(startedAt)) / 1000).toFixed(1),
      summary,
    ]),
  );
}

function outcome({ error, result, notBefore }: Job): string[] {
  return [
    ...(notBefore === null ? [] : [`Next attempt  ${notBefore}`]),
    ...(error === null ? [] : [`Error         ${error.message} (${error.code})`]),
    ...(result === null ? [] : [`Result        ${JSON.stringify(result)}`]),
  ];
}

/** One line of a log as text. */
function logLine(event: JobEvent): string {
  const { seq: _seq, at, type, stage, state, message, summary, ms, name, value, step } = event;
  const metric = type === "metric" ? [name, `step ${step}`, value] : [];
  const took = typeof ms === "number" ? `${(ms / 1000).toFixed(1)} s` : null;
  return [at, type, stage, state, took, summary, message, ...metric]
    .filter((word) => word !== undefined && word !== null).join("  ");
}

function minute(at: string | null): string | null {
  return at?.slice(0, 16).replace("T", " ") ?? null;
}

/** `jobs`. */
export const JOBS_COMMANDS: readonly Command[] = [jobs];
