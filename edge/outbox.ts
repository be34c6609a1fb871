/**
 * Feedback that the hub has not stored yet: bounded, kept over a restart where the keep persists, in order of arrival.
 *
 * One kept entry a record, so that adding one never rewrites the others. It refuses when full rather than dropping
 * what was acknowledged before. Pictures are kept once by digest, within a bound of their own: above it a record is
 * kept without its picture.
 *
 * The keep may vanish at any moment. What is in memory is delivered all the same; what can no longer be kept is not
 * acknowledged; what cannot be deleted is sent once more after a restart, and the hub tells it is a duplicate.
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
  /** The record that has waited longest, of those that are kept. */
  first(): FeedbackRecord | undefined;
  /** Lets the others go first: one record that the hub cannot digest must not hold up the rest. */
  defer(idempotencyKey: string): void;
  /** Takes a record out: the hub has it, or never will. Never fails. */
  remove(idempotencyKey: string): Promise<void>;
}

const PREFIX = "outbox/";
/** Before `<digest>-<size>`: the size is known without reading the picture. */
const PICTURES = "outbox-picture/";
/** Digits of a place in the queue: kept names sort as text. */
const PLACE_DIGITS = 12;

interface Waiting {
  readonly place: string;
  record: FeedbackRecord;
  /** Resolves once it is kept: until then nobody may be told that it is. */
  readonly kept: Promise<void>;
  isKept: boolean;
}

/** Opens the outbox with what an earlier run left in it; a damaged record is logged and dropped. */
export async function openOutbox(deps: OutboxDeps): Promise<Outbox> {
  const { keep, max, log } = deps;
  const waiting = new Map<string, Waiting>();
  let next = 1;
  /** Resolves to `otherwise` where the keep fails. */
  const safely = async <T>(what: string, work: () => Promise<T>, otherwise: T): Promise<T> => {
    try {
      return await work();
    } catch (error) {
      log("warn", `the outbox cannot ${what}`, { reason: messageOf(error) });
      return otherwise;
    }
  };
  for (const name of (await safely("be read", () => keep.names(PREFIX), [])).sort()) {
    const place = name.slice(PREFIX.length);
    next = Math.max(next, Number(place) + 1 || 1);
    const bytes = await safely("read a record", () => keep.get(name), null);
    if (bytes === null) continue;
    try {
      const record = FeedbackRecord.parse(JSON.parse(new TextDecoder().decode(bytes)));
      waiting.set(record.idempotencyKey, { place, record, kept: Promise.resolve(), isKept: true });
    } catch (error) {
      log("error", "dropped a damaged record of the outbox", { name, reason: messageOf(error) });
      await safely("delete it", () => keep.delete(name), undefined);
    }
  }
  const pictures = await safely(
    "read its pictures",
    () => PictureShelf.open(keep, deps.maxPictureBytes),
    PictureShelf.empty(keep, deps.maxPictureBytes),
  );
  /** Lets go of pictures that nothing names any more. */
  const tidy = () =>
    safely(
      "delete a picture",
      () => pictures.keepOnly([...waiting.values()].map(({ record }) => record)),
      undefined,
    );
  await tidy();

  /** Keeps `held` under `key`, with its picture where there is room. */
  async function keepRecord(
    key: string,
    held: Waiting,
    picture: Uint8Array<ArrayBuffer> | null,
  ): Promise<void> {
    try {
      if (!await pictures.put(held.record.product?.picture, picture)) {
        held.record = withoutPicture(held.record);
      }
      await keep.put(PREFIX + held.place, new TextEncoder().encode(JSON.stringify(held.record)));
      held.isKept = true;
    } catch (error) {
      waiting.delete(key);
      throw new AppError("overloaded", `Cannot keep feedback: ${messageOf(error)}`, {
        cause: error,
        retryAfterSeconds: 30,
      });
    }
  }

  return {
    get size() {
      return waiting.size;
    },
    persistent: keep.persistent,
    has: (key) => waiting.has(key),
    picture: (digest) => safely("read a picture", () => pictures.get(digest), null),
    async add(given, picture = null) {
      const key = given.idempotencyKey;
      const before = waiting.get(key);
      if (before !== undefined) {
        await before.kept;
        return before.record;
      }
      if (waiting.size >= max) {
        throw new AppError(
          "overloaded",
          `Cannot take feedback: the hub cannot be reached and ${max} records wait for it already`,
          { retryAfterSeconds: 30 },
        );
      }
      const place = String(next++).padStart(PLACE_DIGITS, "0");
      const done = Promise.withResolvers<void>();
      const held: Waiting = { place, record: given, kept: done.promise, isKept: false };
      // Reserved before anything is awaited: the same key must not get in twice.
      waiting.set(key, held);
      keepRecord(key, held, picture).then(done.resolve, done.reject);
      await held.kept;
      return held.record;
    },
    first() {
      for (const { record, isKept } of waiting.values()) if (isKept) return record;
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
      await safely("delete a record", () => keep.delete(PREFIX + held.place), undefined);
      await tidy();
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

  static empty(keep: Keep, maxBytes: number): PictureShelf {
    return new PictureShelf(keep, maxBytes, new Map());
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
