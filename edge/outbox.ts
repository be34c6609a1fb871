/**
 * Feedback that the hub has not stored yet: bounded, kept over a restart where the keep persists, in order of arrival.
 *
 * One kept entry a record, so that adding one never rewrites the others. It refuses when full rather than dropping
 * what was acknowledged before.
 *
 * @module
 */
import { FeedbackRecord } from "@aisle/shared/contract";
import { AppError, messageOf } from "@aisle/shared/errors";
import type { Keep } from "./keep.ts";
import type { Log } from "./log.ts";

/** What {@linkcode openOutbox} needs. */
export interface OutboxDeps {
  readonly keep: Keep;
  readonly max: number;
  readonly log: Log;
}

/** Records waiting for the hub. */
export interface Outbox {
  readonly size: number;
  readonly persistent: boolean;
  has(idempotencyKey: string): boolean;
  /**
   * Resolves once the record is kept; adding a key that waits already changes nothing.
   *
   * @throws {AppError} `overloaded` when it is full
   */
  add(record: FeedbackRecord): Promise<void>;
  /** The record that has waited longest. */
  first(): FeedbackRecord | undefined;
  /** Lets the others go first: one record that the hub cannot digest must not hold up the rest. */
  defer(idempotencyKey: string): void;
  /** Takes a record out: the hub has it, or never will. */
  remove(idempotencyKey: string): Promise<void>;
}

const PREFIX = "outbox/";
/** Digits of a place in the queue: kept names sort as text. */
const PLACE_DIGITS = 12;

/** Opens the outbox with what an earlier run left in it; a damaged record is logged and dropped. */
export async function openOutbox({ keep, max, log }: OutboxDeps): Promise<Outbox> {
  const waiting = new Map<string, { place: string; record: FeedbackRecord }>();
  let next = 1;
  for (const name of (await keep.names(PREFIX)).sort()) {
    const place = name.slice(PREFIX.length);
    next = Math.max(next, Number(place) + 1 || 1);
    const bytes = await keep.get(name);
    if (bytes === null) continue;
    try {
      const record = FeedbackRecord.parse(JSON.parse(new TextDecoder().decode(bytes)));
      waiting.set(record.idempotencyKey, { place, record });
    } catch (error) {
      log("error", "dropped a damaged record of the outbox", { name, reason: messageOf(error) });
      await keep.delete(name);
    }
  }
  return {
    get size() {
      return waiting.size;
    },
    persistent: keep.persistent,
    has: (key) => waiting.has(key),
    async add(record) {
      const key = record.idempotencyKey;
      if (waiting.has(key)) return;
      if (waiting.size >= max) {
        throw new AppError(
          "overloaded",
          `Cannot take feedback: the hub cannot be reached and ${max} records wait for it already`,
          { retryAfterSeconds: 30 },
        );
      }
      const place = String(next++).padStart(PLACE_DIGITS, "0");
      waiting.set(key, { place, record });
      try {
        await keep.put(PREFIX + place, new TextEncoder().encode(JSON.stringify(record)));
      } catch (error) {
        waiting.delete(key);
        throw new AppError("overloaded", `Cannot keep feedback: ${messageOf(error)}`, {
          cause: error,
          retryAfterSeconds: 30,
        });
      }
    },
    first() {
      for (const { record } of waiting.values()) return record;
      return undefined;
    },
    defer(key) {
      const held = waiting.get(key);
      if (held === undefined) return;
      waiting.delete(key);
      waiting.set(key, held);
    },
    async remove(key) {
      const held = waiting.get(key);
      if (held === undefined) return;
      waiting.delete(key);
      await keep.delete(PREFIX + held.place);
    },
  };
}
