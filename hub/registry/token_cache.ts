/**
 * What the hub knows of secrets that were shown to it lately, so that a request costs no query.
 *
 * Only hashes are kept. The number of entries is bounded (the one unused longest goes first), and each is asked for
 * anew after a while: a hub beside this one, on the same database server, may have revoked the token.
 *
 * @module
 */

/** More entries push the one unused longest out; one takes some 500 bytes. */
export const MAX_CACHED_TOKENS = 20_000;
/** An entry is read from the database again after this time. */
export const CACHED_TOKEN_MS = 60_000;
/** Entries that a look for aging ones goes through at most. */
const LOOKED_AT = 2_000;

/** Entries by the hash of their secret, least recently used first. */
export class TokenCache<T extends { readonly id: string }> {
  readonly #entries = new Map<string, { readonly value: T; readonly readMs: number }>();
  #generation = 0;

  /** Changes whenever something is forgotten: what was read before may be stale then. */
  get generation(): number {
    return this.#generation;
  }

  get size(): number {
    return this.#entries.size;
  }

  /** The entry of `hash`, unless it is too old. */
  get(hash: string, nowMs: number): T | null {
    const entry = this.#entries.get(hash);
    if (entry === undefined) return null;
    if (nowMs - entry.readMs >= CACHED_TOKEN_MS) return null;
    this.#entries.delete(hash);
    this.#entries.set(hash, entry);
    return entry.value;
  }

  /**
   * Hashes of the entries unused longest that are past half their time, at most `most`: to be read again with one
   * that is too old, before each of them asks for a read of its own.
   */
  aging(nowMs: number, most: number): string[] {
    const found: string[] = [];
    let looked = 0;
    for (const [hash, { readMs }] of this.#entries) {
      if (found.length >= most || ++looked > LOOKED_AT) break;
      if (nowMs - readMs >= CACHED_TOKEN_MS / 2) found.push(hash);
    }
    return found;
  }

  /** Whether there is an entry of `hash`, however old. */
  has(hash: string): boolean {
    return this.#entries.has(hash);
  }

  /** Drops the secret `hash`. */
  drop(hash: string): void {
    this.#entries.delete(hash);
  }

  /** Keeps what a read that began at `generation` found, unless something was forgotten since. */
  put(hash: string, value: T, read: { readonly atMs: number; readonly generation: number }): void {
    if (read.generation !== this.#generation) return;
    if (!this.#entries.has(hash) && this.#entries.size >= MAX_CACHED_TOKENS) {
      const oldest = this.#entries.keys().next();
      if (!oldest.done) this.#entries.delete(oldest.value);
    }
    this.#entries.set(hash, { value, readMs: read.atMs });
  }

  /** Drops every secret of the token `id`. */
  forget(id: string): void {
    this.#generation++;
    for (const [hash, { value }] of this.#entries) {
      if (value.id === id) this.#entries.delete(hash);
    }
  }
}
