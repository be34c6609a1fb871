/**
 * A bounded sample of the products that this edge was unsure of, on its way to the hub's review queue.
 *
 * Nobody waits for it and nothing hangs on it: it lives in memory, what does not fit is left out, and a hub that wants
 * no more, or knows no review queue, is left alone for a while.
 *
 * @module
 */
import { MAX_SAMPLE_GUESSES, type ReviewReceipt, type ReviewSample } from "@aisle/shared/contract";
import { AppError, type ErrorCode, messageOf } from "@aisle/shared/errors";
import { contentName } from "@aisle/shared/features";
import { sha256 } from "@aisle/shared/hash";
import type { Answer } from "./answer.ts";
import type { HubClient } from "./hub_client.ts";
import type { Log } from "./log.ts";
import { backoffMs, type Clock } from "./waiting.ts";

/** What {@linkcode createReviewSamples} needs. */
export interface ReviewSamplesDeps {
  readonly client: Pick<HubClient, "picture"> & {
    reviewSample(sample: ReviewSample, timeoutMs: number): Promise<ReviewReceipt>;
  };
  readonly edgeId: string;
  readonly catalogue: string;
  /** Products an hour at most; 0: none. */
  readonly perHour: number;
  readonly hubTimeoutMs: number;
  readonly clock: Clock;
  readonly log: Log;
}

/** A product as it was asked about. */
export interface SampledProduct {
  readonly designation: string;
  readonly description: string;
  readonly productid: string;
  readonly imageid: string;
  readonly picture: Uint8Array<ArrayBuffer> | null;
}

/** Takes samples and delivers them. */
export interface ReviewSamples {
  /** Takes the product where the answer is `review` and there is room; never throws, never waits. */
  offer(requestId: string, product: SampledProduct, answer: Answer): void;
  /** Delivers until `signal` aborts. */
  run(signal: AbortSignal): Promise<void>;
  readonly waiting: number;
}

const HOUR_MS = 3_600_000;
/** Samples that wait; more are left out. */
const MAX_WAITING = 100;
/** Bytes of pictures that wait. */
const MAX_PICTURE_BYTES = 16 << 20;
/** Products that are remembered as sent. */
const MAX_KNOWN = 5_000;
/** So long a hub that wants none is left alone. */
const PAUSE_MS = 10 * 60_000;
const BACKOFF = { firstMs: 1_000, maxMs: 60_000 };
/** Answers that no later try will change. */
const FINAL: ReadonlySet<ErrorCode> = new Set([
  "input-invalid",
  "data-invalid",
  "too-large",
  "conflict",
  "unsupported-media-type",
  "picture-invalid",
]);
/** Answers of a hub that has no review queue, or lets this edge say nothing in it. */
const CLOSED: ReadonlySet<ErrorCode> = new Set(["not-found", "method-not-allowed", "forbidden"]);

/** Samples for one hub. */
export function createReviewSamples(deps: ReviewSamplesDeps): ReviewSamples {
  const { client, clock, log, perHour } = deps;
  const queue: { readonly sample: ReviewSample; readonly picture: SampledProduct["picture"] }[] =
    [];
  const known = new Set<string>();
  let pictureBytes = 0, pausedUntil = 0, failures = 0;
  // A bucket that fills by the hour and holds a quarter of one, so that a burst does not use up the day's variety.
  const most = Math.max(1, perHour / 4);
  let room = most, filledAt = clock.monotonicMs();
  let wake = new AbortController();

  function hasRoom(): boolean {
    const at = clock.monotonicMs();
    room = Math.min(most, room + (at - filledAt) * perHour / HOUR_MS);
    filledAt = at;
    return room >= 1;
  }

  function pause(): void {
    pausedUntil = clock.monotonicMs() + PAUSE_MS;
    queue.length = 0;
    pictureBytes = 0;
  }

  async function deliver(): Promise<number> {
    const { sample, picture } = queue[0]!;
    const done = () => {
      // The queue may have been emptied meanwhile.
      if (queue[0]?.sample === sample) queue.shift();
      pictureBytes = queue.reduce((sum, one) => sum + (one.picture?.length ?? 0), 0);
    };
    try {
      if (picture !== null && sample.product.picture !== undefined) {
        await client.picture(sample.product.picture, picture, deps.hubTimeoutMs);
      }
      const { wanted } = await client.reviewSample(sample, deps.hubTimeoutMs);
      done();
      failures = 0;
      if (!wanted) pause();
    } catch (error) {
      const code = error instanceof AppError ? error.code : null;
      if (code !== null && FINAL.has(code)) done();
      else if (code !== null && CLOSED.has(code)) pause();
      else {
        if (failures++ === 0) {
          log("warn", "the hub takes no products for review", { reason: messageOf(error) });
        }
        return backoffMs(failures, BACKOFF, clock.random());
      }
    }
    return 0;
  }

  return {
    get waiting() {
      return queue.length;
    },

    offer(requestId, { picture, ...texts }, answer) {
      if (perHour === 0 || answer.decision !== "review") return;
      if (clock.monotonicMs() < pausedUntil || queue.length >= MAX_WAITING) return;
      // Before anything is hashed: most that is offered under load finds no room.
      if (!hasRoom()) return;
      const size = picture?.length ?? 0;
      if (pictureBytes + size > MAX_PICTURE_BYTES) return;
      const digest = picture === null ? undefined : sha256(picture);
      const product = digest === undefined ? texts : { ...texts, picture: digest };
      const content = contentName(product);
      if (content === null || known.has(content)) return;
      room--;
      known.add(content);
      if (known.size > MAX_KNOWN) {
        for (const oldest of known.keys().take(1)) known.delete(oldest);
      }
      pictureBytes += size;
      queue.push({
        picture,
        sample: {
          edgeId: deps.edgeId,
          catalogue: deps.catalogue,
          requestId,
          at: new Date(clock.now()).toISOString(),
          digest: answer.digest,
          product,
          guesses: answer.top.slice(0, MAX_SAMPLE_GUESSES)
            .map(({ code, confidence }) => ({ code, confidence })),
          ...(answer.unseen === undefined ? {} : { unseen: answer.unseen }),
        },
      });
      wake.abort();
    },

    async run(signal) {
      const stop = () => wake.abort();
      signal.addEventListener("abort", stop);
      while (!signal.aborted) {
        const waitMs = queue.length === 0 ? Infinity : await deliver();
        if (waitMs === 0 || signal.aborted) continue;
        if (waitMs === Infinity && queue.length > 0) continue;
        wake = new AbortController();
        if (waitMs === Infinity) {
          const { promise, resolve } = Promise.withResolvers<void>();
          wake.signal.addEventListener("abort", () => resolve(), { once: true });
          await promise;
        } else {
          // What comes in meanwhile does not cut the back-off short.
          await clock.sleep(waitMs, signal);
        }
      }
      signal.removeEventListener("abort", stop);
    },
  };
}
