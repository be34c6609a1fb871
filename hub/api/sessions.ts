/**
 * Signed-in browsers: random ids kept in memory only, so that a restart of the hub signs everybody out.
 *
 * A session holds no token. Whether the token that opened it still counts is asked anew at each request.
 *
 * @module
 */
import { sha256 } from "@aisle/shared/hash";
import type { Role } from "../registry/tokens.ts";

/** Name of the cookie that holds the session's id. */
export const SESSION_COOKIE = "aisle_session";
/** A session ends this long after its last request. */
export const SESSION_IDLE_MS = 12 * 3_600_000;
/** More sessions than this push the oldest out. */
const MAX_SESSIONS = 1_000;

/** One signed-in browser. */
export interface Session {
  readonly name: string;
  readonly role: Role;
  /** The token it was opened with; null for the one that is valid for this process only. */
  readonly tokenId: string | null;
  /** Stands in every form of the dashboard; a post without it is refused. */
  readonly csrf: string;
}

/** Opens, finds and ends sessions. */
export class Sessions {
  /** By the hash of the id: comparing hashes tells a guesser nothing. */
  readonly #sessions = new Map<string, { session: Session; usedMs: number }>();
  readonly #now: () => number;

  constructor(now: () => number) {
    this.#now = now;
  }

  /** A new session; `id` goes into the cookie. */
  open(who: Omit<Session, "csrf">): { readonly id: string; readonly session: Session } {
    const oldest = this.#sessions.keys().next();
    if (this.#sessions.size >= MAX_SESSIONS && !oldest.done) this.#sessions.delete(oldest.value);
    const id = secret();
    const session: Session = { ...who, csrf: secret() };
    this.#sessions.set(sha256(id), { session, usedMs: this.#now() });
    return { id, session };
  }

  /** The session of that id, unless it has ended. */
  find(id: string): Session | null {
    const key = sha256(id), held = this.#sessions.get(key);
    if (held === undefined) return null;
    // Taken out and put back at the end, so that the oldest key is the one that was idle longest.
    this.#sessions.delete(key);
    if (this.#now() - held.usedMs > SESSION_IDLE_MS) return null;
    this.#sessions.set(key, { session: held.session, usedMs: this.#now() });
    return held.session;
  }

  /** Ends the session of that id, if there is one. */
  close(id: string): void {
    this.#sessions.delete(sha256(id));
  }
}

/** 256 random bits in hex. */
function secret(): string {
  return Array.from(
    crypto.getRandomValues(new Uint8Array(32)),
    (b) => b.toString(16).padStart(2, "0"),
  )
    .join("");
}
