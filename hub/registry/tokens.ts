/**
 * Access tokens: random, shown once, kept as hashes only.
 *
 * A token that is rotated keeps its id, name and role; its old secret counts for as long as was asked for. Who holds a
 * secret is answered from memory where it can be (`token_cache.ts`): revoking and rotating drop what is known there.
 *
 * @module
 */
import { and, desc, eq, isNull, or, sql } from "drizzle-orm";
import { AppError } from "@aisle/shared/errors";
import { sha256 } from "@aisle/shared/hash";
import { tokens } from "../db/schema/mod.ts";
import type { Queries } from "../db/database.ts";
import type { Context } from "./context.ts";
import { GroupCommit } from "./group_commit.ts";
import { TokenCache } from "./token_cache.ts";
import { TokenUse } from "./token_use.ts";

/**
 * What a token may do: admin includes operator includes reviewer (answers the review queue) includes viewer; edge
 * stands apart.
 */
export type Role = "admin" | "operator" | "reviewer" | "viewer" | "edge";

/** Longest time that the secret before a rotation may go on. */
export const MAX_GRACE_SECONDS = 30 * 86_400;

/** Tokens that are read again along with one whose time is over. */
const READ_ALONG = 500;

/** A token without its secret. */
export interface TokenRecord {
  readonly id: string;
  readonly name: string;
  readonly role: Role;
  /** The only catalogue that an edge's token is for; null for all. */
  readonly catalogue: string | null;
  readonly createdAt: string;
  readonly rotatedAt: string | null;
  /** Until when the secret before the last rotation counts; null where there is none. */
  readonly previousUntil: string | null;
  /** It counts until then; null for ever. */
  readonly expiresAt: string | null;
  readonly revokedAt: string | null;
  /** Within some minutes; null when it was never used. */
  readonly lastUsedAt: string | null;
}

/** A token with its secret, which nobody can read again. */
export interface MadeToken {
  readonly token: string;
  readonly record: TokenRecord;
}

/** Reads and writes tokens. */
export interface Tokens {
  /**
   * A new token; `token` brings a secret from outside (at least 32 characters).
   *
   * @throws {AppError} `input-invalid` for a moment that has passed, or a catalogue of a role that is not edge
   */
  create(token: {
    readonly name: string;
    readonly role: Role;
    readonly catalogue?: string | undefined;
    /** ISO 8601. */
    readonly expiresAt?: string | undefined;
    readonly token?: string | undefined;
  }): Promise<MadeToken>;
  /**
   * Gives the token a new secret; the old one counts for `graceSeconds` more (0 when absent), one before it no longer.
   *
   * @throws {AppError} `not-found`; `conflict` when it was revoked; `input-invalid`
   */
  rotate(
    id: string,
    options?: {
      readonly graceSeconds?: number | undefined;
      /** ISO 8601; what it was when absent, for ever when null. */
      readonly expiresAt?: string | null | undefined;
    },
  ): Promise<MadeToken>;
  /** Who holds `token`; null when unknown or revoked. @throws {AppError} `token-expired` */
  verify(token: string): Promise<TokenRecord | null>;
  get(id: string): Promise<TokenRecord | null>;
  /** Newest first, revoked ones too. */
  list(): Promise<TokenRecord[]>;
  /** @throws {AppError} `not-found` */
  revoke(id: string): Promise<TokenRecord>;
}

type Row = typeof tokens.$inferSelect;

/** Whether `record` counts at `at`: neither revoked nor expired. */
export function isLive(record: TokenRecord, at: string): boolean {
  return record.revokedAt === null && (record.expiresAt === null || record.expiresAt > at);
}

/** The tokens kept in `context`'s database. */
export function createTokens({ database, now, newId }: Context): Tokens {
  const cache = new TokenCache<Row>(), use = new TokenUse(database);

  const show = (row: Row): TokenRecord => {
    const { seq: _seq, hash: _hash, previousHash: _previous, ...record } = row;
    return { ...record, lastUsedAt: use.of(row.id, row.lastUsedAt) };
  };

  /** One row for each hash, in order; undefined where no live token has it. */
  const readRows = async (hashes: readonly string[]): Promise<(Row | undefined)[]> => {
    const atMs = Date.parse(now()), { generation } = cache;
    const isStale = hashes.some((hash) => cache.has(hash));
    const aging = isStale ? cache.aging(atMs, READ_ALONG) : [];
    const asked = JSON.stringify([...new Set([...hashes, ...aging])]);
    const among = sql`(SELECT value FROM json_each(${asked}))`;
    // Found by the hash of a secret with 256 random bits: the time this takes tells nothing of use.
    const rows = await database.read((db) =>
      db.select().from(tokens).where(and(
        or(sql`${tokens.hash} IN ${among}`, sql`${tokens.previousHash} IN ${among}`),
        isNull(tokens.revokedAt),
      ))
    );
    const found = new Map<string, Row>();
    for (const row of rows) {
      if (row.previousHash !== null) found.set(row.previousHash, row);
    }
    for (const row of rows) found.set(row.hash, row);
    for (const hash of [...aging, ...hashes]) {
      const row = found.get(hash);
      if (row === undefined) cache.drop(hash);
      else cache.put(hash, row, { atMs, generation });
    }
    return hashes.map((hash) => found.get(hash));
  };
  /** Those that nobody knows yet are asked for together while one read is under way. */
  const reads = new GroupCommit<string, Row | undefined>(readRows, { everyMs: 0, most: 500 });

  /** The token whose secret, or secret before, has that hash. */
  const find = async (hash: string): Promise<Row | null> =>
    cache.get(hash, Date.parse(now())) ?? await reads.add(hash) ?? null;

  return {
    create: ({ name, role, catalogue, expiresAt, token = newToken(role) }) => {
      checkSecret(token);
      if (catalogue !== undefined && role !== "edge") {
        throw new AppError(
          "input-invalid",
          `Cannot make token ${name}: only a token of role edge is for one catalogue: current role is ${role}`,
        );
      }
      const expires = futureMoment(expiresAt, now());
      return database.write(async (tx) => {
        const hash = sha256(token);
        await refuseTaken(tx, hash);
        const row = await tx.insert(tokens).values({
          id: newId(),
          name,
          role,
          catalogue,
          hash,
          expiresAt: expires,
          createdAt: now(),
        }).returning().get();
        return { token, record: show(row) };
      });
    },
    async rotate(id, { graceSeconds = 0, expiresAt } = {}) {
      if (!(graceSeconds >= 0 && graceSeconds <= MAX_GRACE_SECONDS)) {
        throw new AppError(
          "input-invalid",
          `Cannot rotate token ${id}: the old secret may go on for 0 to ${MAX_GRACE_SECONDS} seconds: ` +
            `current value is ${graceSeconds}`,
        );
      }
      const expires = expiresAt === null ? null : futureMoment(expiresAt, now());
      const made = await database.write(async (tx) => {
        const row = await require(tx, id, "rotate"), at = now();
        if (row.revokedAt !== null) {
          throw new AppError("conflict", `Cannot rotate token ${id}: it was revoked`);
        }
        const token = newToken(row.role);
        const until = new Date(Date.parse(at) + graceSeconds * 1000).toISOString();
        const next = await tx.update(tokens).set({
          hash: sha256(token),
          previousHash: row.hash,
          previousUntil: until,
          rotatedAt: at,
          ...(expiresAt === undefined ? {} : { expiresAt: expires }),
        }).where(eq(tokens.id, id)).returning().get();
        return { token, record: show(next) };
      });
      cache.forget(id);
      return made;
    },
    async verify(token) {
      const hash = sha256(token), row = await find(hash), at = now();
      if (row === null) return null;
      if (row.hash !== hash && row.previousUntil! <= at) {
        throw new AppError(
          "token-expired",
          `Cannot accept this token: it was replaced, and its time ran out at ${row.previousUntil}`,
        );
      }
      if (row.expiresAt !== null && row.expiresAt <= at) {
        throw new AppError(
          "token-expired",
          `Cannot accept this token: it expired at ${row.expiresAt}. Ask an admin to rotate it`,
        );
      }
      use.note(row.id, at);
      return show(row);
    },
    async get(id) {
      const row = await database.read((db) =>
        db.select().from(tokens).where(eq(tokens.id, id)).get()
      );
      return row === undefined ? null : show(row);
    },
    async list() {
      const rows = await database.read((db) => db.select().from(tokens).orderBy(desc(tokens.seq)));
      return rows.map(show);
    },
    async revoke(id) {
      const record = await database.write(async (tx) => {
        const row = await require(tx, id, "revoke");
        if (row.revokedAt !== null) return show(row);
        return show(
          await tx.update(tokens).set({ revokedAt: now() }).where(eq(tokens.id, id)).returning()
            .get(),
        );
      });
      cache.forget(id);
      return record;
    },
  };
}

async function require(tx: Queries, id: string, what: string): Promise<Row> {
  const row = await tx.select().from(tokens).where(eq(tokens.id, id)).get();
  if (row !== undefined) return row;
  throw new AppError("not-found", `Cannot ${what} token ${id}: it does not exist`);
}

function checkSecret(token: string): void {
  if (token.length >= 32 && token.length <= 256) return;
  throw new AppError(
    "input-invalid",
    "Cannot take that token: it must have 32 to 256 characters: current length is " +
      `${token.length}. Leave it out and one is made`,
  );
}

async function refuseTaken(tx: Queries, hash: string): Promise<void> {
  const taken = await tx.select({ id: tokens.id }).from(tokens)
    .where(or(eq(tokens.hash, hash), eq(tokens.previousHash, hash))).get();
  if (taken === undefined) return;
  throw new AppError("conflict", `Cannot take that token: token ${taken.id} has the same secret`);
}

/** `moment` in UTC, which must be after `at`; null where there is none. */
function futureMoment(moment: string | undefined, at: string): string | null {
  if (moment === undefined) return null;
  const ms = Date.parse(moment);
  const utc = Number.isNaN(ms) ? null : new Date(ms).toISOString();
  if (utc !== null && utc > at) return utc;
  throw new AppError(
    "input-invalid",
    `Cannot let a token expire: it must be a moment to come, ISO 8601: current value is ${moment}`,
  );
}

/** A fresh secret: 256 random bits in base64url behind a prefix that secret scanners can find. */
function newToken(role: Role): string {
  const bytes = crypto.getRandomValues(new Uint8Array(32));
  return `aisle_${role}_${bytes.toBase64({ alphabet: "base64url", omitPadding: true })}`;
}
