/**
 * Keys of those who may ask, and how much each may ask in a minute.
 *
 * Keys are known by their SHA-256 alone; a bucket of tokens fills by the clock, so that short bursts pass.
 *
 * @module
 */
import { AppError } from "@aisle/shared/errors";
import { sha256 } from "@aisle/shared/hash";

/** One key; products each minute, null without limit. */
export interface ApiKey {
  readonly name: string;
  readonly sha256: string;
  readonly perMinute: number | null;
}

/** Who asks. */
export interface Caller {
  readonly name: string;
  /** Counts `products` more than the one that was counted at the door; what is owed is waited for by the next. */
  spend(products: number): void;
  /** Until the next may come. */
  waitMs(): number;
}

const ENTRY = /^([\w.-]{1,64}):([0-9a-f]{64})(?::(\d{1,9}))?$/;
const MINUTE_MS = 60_000;

/** The keys in `text`: `name:sha256` or `name:sha256:perMinute`, with commas or spaces between; problems go to `tell`. */
export function parseApiKeys(text: string, tell: (problem: string) => void): ApiKey[] {
  const keys: ApiKey[] = [];
  for (const [i, entry] of text.split(/[\s,]+/).filter((part) => part !== "").entries()) {
    const [, name, digest, perMinute] = ENTRY.exec(entry) ?? [];
    // Never the entry itself: who mistakes the form may have put the key there.
    if (name === undefined || digest === undefined || perMinute === "0") {
      tell(`EDGE_API_KEYS must be name:sha256[:perMinute], comma-separated: entry ${i + 1} is not`);
    } else if (keys.some((key) => key.name === name || key.sha256 === digest)) {
      tell(`EDGE_API_KEYS must name each key once: entry ${i + 1} comes again`);
    } else {
      keys.push({
        name,
        sha256: digest,
        perMinute: perMinute === undefined ? null : Number(perMinute),
      });
    }
  }
  return keys;
}

/** Lets in who brings a key. */
export class ApiKeys {
  readonly #buckets = new Map<string, Bucket>();
  #unknown = 0;

  constructor(keys: readonly ApiKey[], monotonicMs: () => number) {
    for (const key of keys) this.#buckets.set(key.sha256, new Bucket(key, monotonicMs));
  }

  /** Whether keys are asked for at all. */
  get asked(): boolean {
    return this.#buckets.size > 0;
  }

  /**
   * Who sends these headers, for one product.
   *
   * @throws {AppError} `unauthenticated`, `too-many-requests`
   */
  admit(authorization: string | undefined, apiKey: string | undefined): Caller {
    const key = apiKey ?? /^Bearer +(\S+)$/i.exec(authorization ?? "")?.[1];
    const bucket = key === undefined ? undefined : this.#buckets.get(sha256(key));
    if (bucket === undefined) {
      this.#unknown++;
      throw new AppError(
        "unauthenticated",
        "Cannot take the request: it needs a key that is known here, as Authorization: Bearer or X-API-Key",
      );
    }
    bucket.enter();
    return bucket;
  }

  /** Requests let in and refused, by key; those without a known one have none. */
  counts(): { key: string; admitted: number; refused: number }[] {
    if (!this.asked) return [];
    const known = [...this.#buckets.values()].map(({ name, admitted, refused }) => ({
      key: name,
      admitted,
      refused,
    }));
    return [...known, { key: "", admitted: 0, refused: this.#unknown }];
  }
}

class Bucket implements Caller {
  readonly name: string;
  admitted = 0;
  refused = 0;
  readonly #perMinute: number | null;
  readonly #now: () => number;
  #tokens: number;
  #at: number;

  constructor({ name, perMinute }: ApiKey, monotonicMs: () => number) {
    this.name = name;
    this.#perMinute = perMinute;
    this.#now = monotonicMs;
    this.#tokens = perMinute ?? 0;
    this.#at = monotonicMs();
  }

  enter(): void {
    const waitMs = this.waitMs();
    if (waitMs > 0) {
      this.refused++;
      throw new AppError(
        "too-many-requests",
        `Cannot take the request: ${this.name} may send ${this.#perMinute} products a minute`,
        { retryAfterSeconds: Math.ceil(waitMs / 1000) },
      );
    }
    this.admitted++;
    this.#tokens--;
  }

  spend(products: number): void {
    this.#tokens -= products;
  }

  waitMs(): number {
    if (this.#perMinute === null) return 0;
    const now = this.#now(), perMs = this.#perMinute / MINUTE_MS;
    this.#tokens = Math.min(this.#perMinute, this.#tokens + (now - this.#at) * perMs);
    this.#at = now;
    return this.#tokens >= 1 ? 0 : (1 - this.#tokens) / perMs;
  }
}
