/**
 * A job's events as they happen; a stream that breaks off is taken up again where it ended.
 *
 * @module
 */
import type { HubClient } from "./hub.ts";
import type { HubSchemas } from "./hub_api.ts";
import { readEvents } from "./server_events.ts";

/** Something that a job told. */
export type JobEvent = HubSchemas["JobEvent"];

/** Streams in a row that bring nothing, after which following is given up. */
const MAX_EMPTY_STREAMS = 5;

/**
 * What the job `id` tells, from number `after` on, until it has ended.
 *
 * @throws {HubProblem} `not-found`; what the last attempt failed with
 */
export async function* followJob(
  hub: HubClient,
  id: string,
  options: { readonly after?: number; readonly signal?: AbortSignal } = {},
): AsyncGenerator<JobEvent> {
  let after = options.after ?? 0, empty = 0;
  while (true) {
    const response = await hub.call("follow-job", { path: { id }, query: { after } }, options);
    let ended = false;
    try {
      // Only what is in the job's log has an id: progress is told once and gone.
      for await (const { id: seq, data } of readEvents(response.body!)) {
        const event = JSON.parse(data) as JobEvent & { readonly final?: boolean };
        after = Math.max(after, Number(seq));
        empty = 0;
        ended ||= event.final === true;
        yield event;
      }
    } catch (error) {
      // The connection went; the hub tells the rest when it is back.
      if (!(error instanceof TypeError) || options.signal?.aborted) throw error;
    }
    if (ended) return;
    if (++empty > MAX_EMPTY_STREAMS) {
      throw new TypeError(`Cannot follow job ${id}: its stream ends before the job does`);
    }
  }
}
