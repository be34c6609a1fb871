/**
 * Access tokens: random, shown once, kept as hashes only.
 *
 * @module
 */
import { and, desc, eq, isNull } from "drizzle-orm";
import { AppError } from "@aisle/shared/errors";
import { sha256 } from "@aisle/shared/hash";
import { tokens } from "../db/schema/mod.ts";
import type { Context } from "./context.ts";

/** What a token may do: admin includes operator includes viewer; edge stands apart. */
export type Role = "admin" | "operator" | "viewer" | "edge";

/** A token without its secret. */
export interface TokenRecord {
  readonly id: string;
  readonly name: string;
  readonly role: Role;
  readonly createdAt: string;
  readonly revokedAt: string | null;
}

/** Reads and writes tokens. */
export interface Tokens {
  /** A new token with its plaintext, which nobody can read again; `token` brings one from outside (at least 32 characters). */
  create(token: {
    readonly name: string;
    readonly role: Role;
    readonly token?: string | undefined;
  }): Promise<{ readonly token: string; readonly record: TokenRecord }>;
  /** Who holds `token`; null when unknown or revoked. */
  verify(token: string): Promise<TokenRecord | null>;
  /** Newest first, revoked ones too. */
  list(): Promise<TokenRecord[]>;
  /** @throws {AppError} `not-found` */
  revoke(id: string): Promise<TokenRecord>;
}

/** The tokens kept in `context`'s database. */
export function createTokens({ database, now, newId }: Context): Tokens {
  return {
    create: ({ name, role, token = newToken(role) }) => {
      if (token.length < 32 || token.length > 256) {
        throw new AppError(
          "input-invalid",
          "Cannot take that token: it must have 32 to 256 characters: current length is " +
            `${token.length}. Leave it out and one is made`,
        );
      }
      return database.write(async (tx) => {
        const hash = sha256(token);
        const taken = await tx.select({ id: tokens.id }).from(tokens).where(eq(tokens.hash, hash))
          .get();
        if (taken !== undefined) {
          throw new AppError(
            "conflict",
            `Cannot take that token: token ${taken.id} has the same secret`,
          );
        }
        const row = await tx.insert(tokens)
          .values({ id: newId(), name, role, hash, createdAt: now() }).returning().get();
        return { token, record: show(row) };
      });
    },
    verify: (token) =>
      database.read(async (db) => {
        // Found by the hash of a secret with 256 random bits: the time this takes tells nothing of use.
        const row = await db.select().from(tokens)
          .where(and(eq(tokens.hash, sha256(token)), isNull(tokens.revokedAt))).get();
        return row === undefined ? null : show(row);
      }),
    async list() {
      const rows = await database.read((db) => db.select().from(tokens).orderBy(desc(tokens.seq)));
      return rows.map(show);
    },
    revoke: (id) =>
      database.write(async (tx) => {
        const row = await tx.select().from(tokens).where(eq(tokens.id, id)).get();
        if (row === undefined) {
          throw new AppError("not-found", `Cannot revoke token ${id}: it does not exist`);
        }
        if (row.revokedAt !== null) return show(row);
        return show(
          await tx.update(tokens).set({ revokedAt: now() }).where(eq(tokens.id, id)).returning()
            .get(),
        );
      }),
  };
}

/** A fresh secret: 256 random bits in base64url behind a prefix that secret scanners can find. */
function newToken(role: Role): string {
  const bytes = crypto.getRandomValues(new Uint8Array(32));
  return `aisle_${role}_${bytes.toBase64({ alphabet: "base64url", omitPadding: true })}`;
}

function show({ seq: _seq, hash: _hash, ...record }: typeof tokens.$inferSelect): TokenRecord {
  return record;
}
