/**
 * A job's events as server-sent events: the log first, then what happens, to the job's end.
 *
 * The log in the database is the truth. What the runner tells live only says that it is time to look; progress,
 * which is not logged, is passed on at once. So nothing is lost or doubled, whoever runs the job.
 *
 * @module
 */
import { streamSSE } from "hono/streaming";
import { messageOf } from "@aisle/shared/errors";
import type { HubContext } from "./context.ts";
import type { Job, JobEvent } from "./ports.ts";

/** How often the log is read when nothing is told live; also bounds how late logged lines show. */
const POLL_MS = 500;
/** Lines read at a time. */
const LINES = 1000;
/** A live event is logged within this time. */
const AFTER_EVENT_MS = 50;
/** Comment lines keep proxies from closing a quiet stream. */
const KEEP_ALIVE_MS = 15_000;
/** States in which nothing more will be told; a lost job may yet be queued again. */
const ENDED: readonly Job["state"][] = ["succeeded", "failed", "cancelled"];

/** Answers with the events of job `id` after line `after`; of one stage alone where it is named. */
export function streamJobEvents(
  c: HubContext,
  id: string,
  { after, stage }: { readonly after: number; readonly stage?: string | undefined },
): Response {
  const { registry, jobs, stopping, log } = c.get("hub");
  c.header("x-accel-buffering", "no");
  c.header("cache-control", "no-store");
  return streamSSE(c, async (stream) => {
    const live: JobEvent[] = [];
    let wake = () => {};
    const unsubscribe = jobs.subscribe(id, (event) => {
      live.push(event);
      wake();
    });
    const stop = () => wake();
    stream.onAbort(stop);
    stopping?.addEventListener("abort", stop);
    const over = () => stream.aborted || stopping?.aborted === true;
    const send = (event: JobEvent | Record<string, unknown>, seq?: number) =>
      stream.writeSSE({
        data: JSON.stringify(event),
        ...(seq === undefined ? {} : { id: String(seq) }),
      });
    let last = after, quietMs = 0;
    try {
      while (!over()) {
        // The state is read before the log: what a job logged before its end is then surely in the log.
        const job = await registry.jobs.get(id);
        let told = false;
        for (let lines; (lines = await registry.jobs.logs(id, last, LINES, stage)).length > 0;) {
          for (const line of lines) await send(line, line.seq);
          last = lines.at(-1)!.seq;
          told = true;
        }
        for (const event of live.splice(0)) {
          if (event.type !== "progress") continue;
          if (stage !== undefined && event["stage"] !== stage) continue;
          await send(event);
          told = true;
        }
        if (job === null || ENDED.includes(job.state)) {
          if (job !== null) await send(finalEvent(job, last));
          return;
        }
        quietMs = told ? 0 : quietMs + POLL_MS;
        if (quietMs >= KEEP_ALIVE_MS) {
          await stream.write(": still here\n\n");
          quietMs = 0;
        }
        await new Promise<void>((done) => {
          const timer = setTimeout(done, POLL_MS);
          wake = () => {
            clearTimeout(timer);
            setTimeout(done, over() ? 0 : AFTER_EVENT_MS);
          };
          if (live.length > 0 || over()) wake();
        });
        wake = () => {};
      }
    } catch (error) {
      // The head is sent: the stream just ends, and whoever follows it comes back with the last id.
      log?.("error", "event stream broke", { job: id, error: messageOf(error) });
    } finally {
      unsubscribe();
      stopping?.removeEventListener("abort", stop);
    }
  });
}

/** The last event of a stream: how the job ended. */
function finalEvent(job: Job, seq: number): Record<string, unknown> {
  const { state, result, error, endedAt } = job;
  return { seq, at: endedAt, type: "state", state, result, error, final: true };
}
