/**
 * Feedback on its way to the hub: joined with its product, sent at once, else left in the outbox and sent later.
 *
 * Invariant: `stored: true` is said only when the hub has said it; what was acknowledged otherwise waits in the
 * outbox until the hub stores it or refuses it for good.
 *
 * @module
 */
import { sha256 } from "@aisle/shared/hash";
import { AppError, type ErrorCode, messageOf } from "@aisle/shared/errors";
import type { FeedbackAnswer, FeedbackReceipt, FeedbackRecord } from "@aisle/shared/contract";
import type { HubClient } from "./hub_client.ts";
import type { Log } from "./log.ts";
import { type Outbox, withoutPicture } from "./outbox.ts";
import type { RecentRequests } from "./recent.ts";
import type { GivenFeedback } from "./requests.ts";
import type { Trace } from "./trace.ts";
import { backoffMs, type Clock } from "./waiting.ts";

/**
 * What becomes of feedback: `duplicate` comes beside `delivered`; `kept` is in the outbox, `refused` neither there nor at
 * the hub and its sender told, `dropped` refused for good by the hub after it was kept.
 */
export type FeedbackEvent =
  | "received"
  | "delivered"
  | "duplicate"
  | "kept"
  | "refused"
  | "dropped";

/** Told what becomes of feedback; telemetry is one. */
export interface FeedbackObserver {
  feedback(event: FeedbackEvent): void;
}

/** What {@linkcode createFeedback} needs. */
export interface FeedbackDeps {
  readonly client: Pick<HubClient, "feedback" | "picture">;
  readonly outbox: Outbox;
  readonly recent: Pick<RecentRequests, "get">;
  readonly observer: FeedbackObserver;
  readonly edgeId: string;
  readonly catalogue: string;
  /** Longest that a request waits for the hub. */
  readonly waitMs: number;
  /** Longest that a delivery from the outbox waits for the hub. */
  readonly hubTimeoutMs: number;
  readonly clock: Clock;
  readonly newId: () => string;
  readonly log: Log;
}

/** Takes feedback and delivers it. */
export interface Feedback {
  /**
   * @throws {AppError} what the hub refuses for good (`unknown-code`, ...); `overloaded` when the outbox is full
   */
  /** @param trace that the request belongs to: the hub is told of it, unless the record has to wait */
  submit(input: GivenFeedback, trace?: Trace | null): Promise<FeedbackAnswer>;
  /** Delivers what waits until `signal` aborts. */
  run(signal: AbortSignal): Promise<void>;
  readonly waiting: number;
}

/** A record, and the file of the picture that it names. */
interface Shipment {
  readonly record: FeedbackRecord;
  readonly picture: Uint8Array<ArrayBuffer> | null;
  readonly trace?: Trace | null | undefined;
}

/** Answers of the hub that no later try will change. All else, a refused token too, a person can mend meanwhile. */
const FINAL: ReadonlySet<ErrorCode> = new Set([
  "input-invalid",
  "data-invalid",
  "unknown-code",
  "too-large",
  "conflict",
]);
/** Answers to a picture that no later try will change; a hub that knows no pictures gives the first two. */
const PICTURE_FINAL: ReadonlySet<ErrorCode> = new Set([
  "not-found",
  "method-not-allowed",
  "unsupported-media-type",
  "picture-invalid",
  ...FINAL,
]);
/** Digests of pictures known to be at the hub. */
const MAX_SENT = 10_000;
const DELIVERY_BACKOFF = { firstMs: 500, maxMs: 30_000 };
/** After a failure, requests leave feedback to the outbox at once for at most this long. */
const MAX_BYPASS_MS = 5_000;

/** Feedback for one hub. */
export function createFeedback(deps: FeedbackDeps): Feedback {
  const { client, outbox, clock, log, observer } = deps;
  let bypassUntil = 0;
  let failures = 0;
  const sentPictures = new Set<string>();
  /** Cuts the delivery's wait short. */
  let wake = new AbortController();

  function failed(error: unknown): number {
    failures++;
    const waitMs = backoffMs(failures, DELIVERY_BACKOFF, clock.random());
    bypassUntil = clock.monotonicMs() + Math.min(waitMs, MAX_BYPASS_MS);
    if (failures === 1) {
      log("warn", "the hub takes no feedback, keeping it", { reason: messageOf(error) });
    }
    return waitMs;
  }

  function arrived({ duplicate }: FeedbackReceipt): void {
    if (failures > 0) log("info", "the hub takes feedback again", { waiting: outbox.size });
    failures = 0;
    bypassUntil = 0;
    observer.feedback("delivered");
    if (duplicate) observer.feedback("duplicate");
  }

  /** The record of `input`, and the picture that it names. */
  function record(input: GivenFeedback): Shipment {
    const recent = input.requestId === undefined ? undefined : deps.recent.get(input.requestId);
    const source = recent?.product ?? input.product;
    // What fell out of memory here, or never was here, may have come along.
    const bytes = source?.picture ?? input.product?.picture ?? null;
    const product = source === undefined ? null : {
      designation: source.designation,
      description: source.description,
      productid: source.productid,
      imageid: source.imageid,
      ...(bytes === null ? {} : { picture: sha256(bytes) }),
    };
    return {
      picture: bytes,
      record: recordOf(input, product, recent?.predicted ?? null),
    };
  }

  function recordOf(
    input: GivenFeedback,
    product: FeedbackRecord["product"],
    predicted: FeedbackRecord["predicted"],
  ): FeedbackRecord {
    return {
      idempotencyKey: input.idempotencyKey ?? keyFor(input, deps.newId),
      edgeId: deps.edgeId,
      catalogue: deps.catalogue,
      requestId: input.requestId ?? null,
      product,
      code: input.code,
      predicted,
      source: input.source ?? "user",
      at: new Date(clock.now()).toISOString(),
    };
  }

  /** Sends a record, its picture first; the picture alone may be given up. */
  async function ship(
    { record, picture, trace }: Shipment,
    timeoutMs: number,
  ): Promise<FeedbackReceipt> {
    const digest = record.product?.picture;
    if (digest === undefined || sentPictures.has(digest)) {
      return await client.feedback(record, timeoutMs, trace);
    }
    try {
      if (picture === null) throw new AppError("not-found", "the picture is gone");
      await client.picture(digest, picture, timeoutMs, trace);
    } catch (error) {
      if (!(error instanceof AppError && PICTURE_FINAL.has(error.code))) throw error;
      log("error", "feedback goes without its picture", { digest, reason: messageOf(error) });
      return await client.feedback(withoutPicture(record), timeoutMs, trace);
    }
    sentPictures.add(digest);
    if (sentPictures.size > MAX_SENT) {
      for (const oldest of sentPictures.keys().take(1)) sentPictures.delete(oldest);
    }
    return await client.feedback(record, timeoutMs, trace);
  }

  return {
    get waiting() {
      return outbox.size;
    },

    async submit(input, trace) {
      const sent = { ...record(input), trace };
      const { idempotencyKey, product } = sent.record;
      const joined = product !== null;
      const unjoined = joined ? [] : [
        "This edge does not know that request (another one answered it, or it is too long ago): " +
        "the feedback is kept as unjoined and trains nothing. Send the product with it, and it does",
      ];
      const answer = (stored: boolean, duplicate: boolean, notes: string[]): FeedbackAnswer => ({
        idempotencyKey,
        stored,
        duplicate,
        joined,
        ...(notes.length > 0 ? { note: notes.join(". ") } : {}),
      });
      observer.feedback("received");
      if (outbox.has(idempotencyKey)) {
        // Whoever sent it first may still be waiting for it to be kept
        await kept(sent, false);
        return answer(false, true, [...unjoined, "It waits for the hub already"]);
      }
      if (clock.monotonicMs() >= bypassUntil) {
        try {
          const receipt = await ship(sent, deps.waitMs);
          arrived(receipt);
          wake.abort();
          return answer(true, receipt.duplicate, unjoined);
        } catch (error) {
          if (isFinal(error)) throw error;
          failed(error);
        }
      }
      await kept(sent);
      wake.abort();
      return answer(false, false, [
        ...unjoined,
        outbox.persistent
          ? "The hub cannot be reached: it is kept here and sent later"
          : "The hub cannot be reached: it is kept in memory and sent later, unless this edge stops before",
      ]);
    },

    async run(signal) {
      const stop = () => wake.abort();
      signal.addEventListener("abort", stop);
      while (!signal.aborted) {
        const next = outbox.first();
        const waitMs = next === undefined ? Infinity : await deliver(next);
        if (waitMs > 0 && !signal.aborted) {
          wake = new AbortController();
          // What came in since is seen before the wait.
          if (waitMs !== Infinity) await clock.sleep(waitMs, wake.signal);
          else if (outbox.first() === undefined) await aborted(wake.signal);
        }
      }
      signal.removeEventListener("abort", stop);
    },
  };

  /** Resolves once the outbox has it; `isNew` unless it waited there before. */
  async function kept({ record, picture }: Shipment, isNew = true): Promise<void> {
    try {
      await outbox.add(record, picture);
    } catch (error) {
      observer.feedback("refused");
      throw error;
    }
    if (isNew) observer.feedback("kept");
  }

  /** Tries to deliver one record; milliseconds to wait before the next. */
  async function deliver(next: FeedbackRecord): Promise<number> {
    const { idempotencyKey } = next;
    try {
      const digest = next.product?.picture;
      const picture = digest === undefined || sentPictures.has(digest)
        ? null
        : await outbox.picture(digest);
      arrived(await ship({ record: next, picture }, deps.hubTimeoutMs));
    } catch (error) {
      if (!isFinal(error)) {
        outbox.defer(idempotencyKey);
        return failed(error);
      }
      observer.feedback("dropped");
      log("error", "the hub refused feedback for good", {
        idempotencyKey,
        code: next.code,
        reason: messageOf(error),
      });
    }
    await outbox.remove(idempotencyKey);
    return 0;
  }
}

function isFinal(error: unknown): boolean {
  return error instanceof AppError && FINAL.has(error.code);
}

/** The same verdict on the same request is the same feedback, however often it is sent. */
function keyFor(input: GivenFeedback, newId: () => string): string {
  return input.requestId === undefined
    ? newId()
    : `r-${sha256(`${input.requestId}\n${input.code}`).slice(0, 40)}`;
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve();
    signal.addEventListener("abort", () => resolve(), { once: true });
  });
}
