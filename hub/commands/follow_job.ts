/**
 * Starts a job and shows it until it ends: a bar on a terminal, a line a stage elsewhere.
 *
 * @module
 */
import { AppError, type ErrorCode, HTTP_STATUS } from "@aisle/shared/errors";
import type { Job, JobEvent } from "../registry/jobs.ts";
import type { HubClient } from "./hub_client.ts";
import type { Terminal } from "./terminal.ts";

/** How long the job's end may stay untold by the event stream before it is asked for. */
const POLL_MS = 250;

/** A job to start. */
export interface JobOrder {
  readonly catalogue: string;
  readonly kind: string;
  readonly input: unknown;
}

/** Where a job is shown, and what ends it. */
export interface FollowOptions {
  readonly terminal: Terminal;
  readonly signal: AbortSignal;
  readonly quiet?: boolean;
}

/**
 * Runs a job to its end and returns its result. Ctrl-C cancels it.
 *
 * @throws {AppError} what the job failed with
 */
export async function runJob<Result>(
  client: HubClient,
  order: JobOrder,
  options: FollowOptions,
): Promise<Result> {
  const { catalogue, kind, input } = order;
  const path = `/api/v1/catalogues/${catalogue}/jobs`;
  return await followJob(client, await client.json<Job>("POST", path, { kind, input }), options);
}

/**
 * Shows a job that was started until it ends, and returns its result. Ctrl-C cancels it.
 *
 * @throws {AppError} what the job failed with
 */
export async function followJob<Result>(
  client: HubClient,
  started: Job,
  options: FollowOptions,
): Promise<Result> {
  const { terminal, signal } = options, { kind } = started;
  const cancel = () => {
    terminal.note("Cancelling ...");
    client.json("POST", `/api/v1/jobs/${started.id}/cancel`).catch(() => {/* it has ended */});
  };
  signal.addEventListener("abort", cancel, { once: true });
  const view = new JobView(terminal);
  try {
    for await (const event of jobEvents(client, started.id)) {
      if (!options.quiet) view.show(event);
    }
    while (true) {
      const job = await client.json<Job>("GET", `/api/v1/jobs/${started.id}`);
      if (job.state === "succeeded") return job.result as Result;
      if (job.state !== "running" && job.state !== "queued") throw failure(job);
      await new Promise((done) => setTimeout(done, POLL_MS));
    }
  } catch (error) {
    // A stream that breaks off is the hub's end, not this command's fault.
    if (!(error instanceof TypeError)) throw error;
    throw new AppError(
      "hub-unreachable",
      `The hub went away while it ran the ${kind} (${error.message}). When it starts again it goes on with it`,
      { cause: error },
    );
  } finally {
    terminal.clear();
    signal.removeEventListener("abort", cancel);
  }
}

function failure(job: Job): AppError {
  const code = job.error?.code ?? "";
  const known = (code in HTTP_STATUS ? code : "internal") as ErrorCode;
  if (job.state === "cancelled") return new AppError("cancelled", `The ${job.kind} was cancelled`);
  return new AppError(known, job.error?.message ?? `The ${job.kind} ended ${job.state}`);
}

/** Events of a job to its end, from the hub's event stream. */
export async function* jobEvents(
  client: HubClient,
  id: string,
  query = "",
): AsyncGenerator<JobEvent> {
  const response = await client.fetch(`/api/v1/jobs/${id}/events?${query}`, {
    headers: { accept: "text/event-stream" },
  });
  let rest = "";
  for await (const text of response.body!.pipeThrough(new TextDecoderStream())) {
    const parts = (rest + text).split("\n\n");
    rest = parts.pop()!;
    for (const part of parts) {
      const data = part.split("\n").filter((line) => line.startsWith("data:"))
        .map((line) => line.slice(5).trimStart()).join("\n");
      if (data !== "") yield JSON.parse(data) as JobEvent;
    }
  }
}

/** Draws a job's events. */
class JobView {
  readonly #terminal: Terminal;
  constructor(terminal: Terminal) {
    this.#terminal = terminal;
  }

  show(event: JobEvent): void {
    const stage = String(event["stage"] ?? "");
    if (event.type === "progress") {
      const [done, total] = [Number(event["done"]), Number(event["total"])];
      this.#terminal.progress(`${stage} ${event["what"] ?? ""}`, done, total);
    } else if (event.type === "stage") {
      const state = String(event["state"]);
      if (state === "running") return this.#terminal.progress(stage, 0, 1);
      const took = event["ms"] === undefined ? "" : `${(Number(event["ms"]) / 1000).toFixed(1)} s`;
      const what = state === "unchanged" ? "unchanged, does not run" : `done ${took}`;
      this.#terminal.note(
        `  ${stage.padEnd(9)} ${what}${event["summary"] ? ` ${event["summary"]}` : ""}`,
      );
    } else if (event.type === "log") {
      this.#terminal.note(`  ${stage.padEnd(9)} ${event["message"]}`);
    }
  }
}
