/**
 * Access tokens: random, shown once, kept as hashes only.
 *
 * @module
 */

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
