/**
 * Feedback that the hub has not stored yet: bounded, kept over a restart where the keep persists, in order of arrival.
 *
 * One kept entry a record, so that adding one never rewrites the others. It refuses when full rather than dropping
 * what was acknowledged before. Pictures are kept once by digest, within a bound of their own: above it a record is
 * kept without its picture.
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
  /** Bytes of pictures over all records. */
  readonly maxPictureBytes: number;
  readonly log: Log;
}

/** Records waiting for the hub. */
export interface Outbox {
  readonly size: number;
  readonly persistent: boolean;
  has(idempotencyKey: string): boolean;
  /**
   * Resolves once the record is kept, with what was kept; adding a key that waits already changes nothing.
   *
   * @param picture file that the record names; where there is no room for it, the record is kept without
   * @throws {AppError} `overloaded` when it is full
   */
  add(record: FeedbackRecord, picture?: Uint8Array<ArrayBuffer> | null): Promise<FeedbackRecord>;
  /** A kept picture; null where there is none. */
  picture(digest: string): Promise<Uint8Array<ArrayBuffer> | null>;
  /** The record that has waited longest. */
  first(): FeedbackRecord | undefined;
  /** Lets the others go first: one record that the hub cannot digest must not hold up the rest. */
  defer(idempotencyKey: string): void;
  /** Takes a record out: the hub has it, or never will. */
  remove(idempotencyKey: string): Promise<void>;
}

const PREFIX = "outbox/";
/** Before `<digest>-<size>`: the size is known without reading the picture. */
const PICTURES = "outbox-picture/";
/** Digits of a place in the queue: kept names sort as text. */
const PLACE_DIGITS = 12;

/** Opens the outbox with what an earlier run left in it; a damaged record is logged and dropped. */
export async function openOutbox(deps: OutboxDeps): Promise<Outbox> {
  const { keep, max, log } = deps;
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
  const pictures = await PictureShelf.open(keep, deps.maxPictureBytes);
  await pictures.keepOnly([...waiting.values()].map(({ record }) => record));
  return {
    get size() {
      return waiting.size;
    },
    persistent: keep.persistent,
    has: (key) => waiting.has(key),
    picture: (digest) => pictures.get(digest),
    async add(given, picture = null) {
      const key = given.idempotencyKey;
      const held = waiting.get(key);
      if (held !== undefined) return held.record;
      if (waiting.size >= max) {
        throw new AppError(
          "overloaded",
          `Cannot take feedback: the hub cannot be reached and ${max} records wait for it already`,
          { retryAfterSeconds: 30 },
        );
      }
      const place = String(next++).padStart(PLACE_DIGITS, "0");
      // Reserved before anything is awaited: the same key must not get in twice.
      waiting.set(key, { place, record: given });
      let record = given;
      try {
        if (!await pictures.put(given.product?.picture, picture)) record = withoutPicture(given);
        waiting.set(key, { place, record });
        await keep.put(PREFIX + place, new TextEncoder().encode(JSON.stringify(record)));
      } catch (error) {
        waiting.delete(key);
        throw new AppError("overloaded", `Cannot keep feedback: ${messageOf(error)}`, {
          cause: error,
          retryAfterSeconds: 30,
        });
      }
      return record;
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
      await pictures.keepOnly([...waiting.values()].map(({ record }) => record));
    },
  };
}

/** `record` for a hub that will never have its picture. */
export function withoutPicture(record: FeedbackRecord): FeedbackRecord {
  if (record.product === null) return record;
  const { picture: _picture, ...product } = record.product;
  return { ...record, product };
}

/** Pictures by digest, within a number of bytes. */
class PictureShelf {
  readonly #sizes: Map<string, number>;

  readonly #keep: Keep;
  readonly #maxBytes: number;

  private constructor(keep: Keep, maxBytes: number, sizes: ReadonlyMap<string, number>) {
    this.#keep = keep;
    this.#maxBytes = maxBytes;
    this.#sizes = new Map(sizes);
  }

  static async open(keep: Keep, maxBytes: number): Promise<PictureShelf> {
    const names = await keep.names(PICTURES);
    return new PictureShelf(
      keep,
      maxBytes,
      new Map(names.map((name) => {
        const [digest = "", size = ""] = name.slice(PICTURES.length).split("-");
        return [digest, Number(size)];
      })),
    );
  }

  async get(digest: string): Promise<Uint8Array<ArrayBuffer> | null> {
    const size = this.#sizes.get(digest);
    return size === undefined ? null : await this.#keep.get(nameOf(digest, size));
  }

  /** Whether a record that names `digest` (or nothing) can be kept as it is. */
  async put(
    digest: string | undefined,
    bytes: Uint8Array<ArrayBuffer> | null,
  ): Promise<boolean> {
    if (digest === undefined || this.#sizes.has(digest)) return true;
    if (bytes === null) return false;
    const held = this.#sizes.values().reduce((sum, size) => sum + size, 0);
    if (held + bytes.length > this.#maxBytes) return false;
    this.#sizes.set(digest, bytes.length);
    try {
      await this.#keep.put(nameOf(digest, bytes.length), bytes);
    } catch (error) {
      this.#sizes.delete(digest);
      throw error;
    }
    return true;
  }

  /** Lets go of the pictures that none of `records` names. */
  async keepOnly(records: readonly FeedbackRecord[]): Promise<void> {
    if (this.#sizes.size === 0) return;
    const named = new Set(records.map(({ product }) => product?.picture));
    for (const [digest, size] of [...this.#sizes]) {
      if (named.has(digest)) continue;
      this.#sizes.delete(digest);
      await this.#keep.delete(nameOf(digest, size));
    }
  }
}

function nameOf(digest: string, size: number): string {
  return `${PICTURES}${digest}-${size}`;
}
