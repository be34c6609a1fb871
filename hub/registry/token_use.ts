/**
 * When tokens were last used, told to the database seldom: one write a minute for all tokens together, and each
 * token at most every five minutes.
 *
 * Without it every request would be a write. A hub that is killed forgets the last minutes.
 *
 * @module
 */
import { sql } from "drizzle-orm";
import type { Database } from "../db/database.ts";
import { tokens } from "../db/schema/mod.ts";

/** Uses of one token within this time count as one. */
export const USE_EVERY_MS = 5 * 60_000;
/** Uses are written together, at most this often. */
export const WRITE_EVERY_MS = 60_000;
/** Tokens of one statement and transaction. */
const CHUNK = 500;

/** Gathers uses and writes them. */
export class TokenUse {
  readonly #database: Database;
  /** When each token was last noted, ISO 8601; a token that is not used for long is no longer in it. */
  readonly #noted = new Map<string, string>();
  readonly #unwritten = new Set<string>();
  #writtenMs = -Infinity;

  constructor(database: Database) {
    this.#database = database;
  }

  /** Notes that the token `id` was used at `at`; a write that falls due goes on behind the request. */
  note(id: string, at: string): void {
    const atMs = Date.parse(at), last = this.#noted.get(id);
    if (last === undefined || atMs - Date.parse(last) >= USE_EVERY_MS) {
      this.#noted.set(id, at);
      this.#unwritten.add(id);
    }
    if (this.#unwritten.size === 0 || atMs - this.#writtenMs < WRITE_EVERY_MS) return;
    this.#writtenMs = atMs;
    // A figure for people's eyes: nobody waits for it, and one that could not be written is noted again later.
    this.#write().catch(() => {});
  }

  /** The later of what is stored and what is only noted. */
  of(id: string, stored: string | null): string | null {
    const noted = this.#noted.get(id);
    return noted !== undefined && (stored === null || noted > stored) ? noted : stored;
  }

  async #write(): Promise<void> {
    const uses = [...this.#unwritten].map((id) => ({ id, at: this.#noted.get(id)! }));
    this.#unwritten.clear();
    // A transaction a chunk, so that other writes get between; joined from the list's side, since a look into it for
    // each token would read the whole list each time.
    for (let i = 0; i < uses.length; i += CHUNK) {
      const part = JSON.stringify(uses.slice(i, i + CHUNK));
      await this.#database.write((tx) =>
        tx.run(sql`UPDATE ${tokens} SET last_used_at = noted.value ->> 'at'
          FROM json_each(${part}) AS noted WHERE ${tokens.id} = noted.value ->> 'id'`)
      );
    }
  }
}
