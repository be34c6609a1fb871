/**
 * Requests that came with an idempotency key: what was asked, and what was answered, for a day.
 *
 * A key is claimed before the work begins and gets its answer afterwards. A claim whose hub died stays: whether its
 * work was done is not known, and doing it again could do it twice.
 *
 * @module
 */
import { and, eq, lt } from "drizzle-orm";
import { idempotency } from "../db/schema/mod.ts";
import type { Context } from "./context.ts";

/** How long an answer is kept. */
export const KEPT_MS = 24 * 3_600_000;

/** Whose key, and which. */
export interface KeyName {
  readonly holder: string;
  readonly key: string;
}

/** An answer as it was sent. */
export interface KeptAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /** Null where it held a secret, which is not kept. */
  readonly body: string | null;
}

/** What a key stands for. */
export type Claim =
  /** `since` is when it was first claimed: the same when work that a dead hub left is taken up again. */
  | { readonly state: "claimed"; readonly since: string }
  /** Somebody of this start of the hub is at work on it. */
  | { readonly state: "running" }
  | { readonly state: "answered"; readonly answer: KeptAnswer }
  /** It came with another request. */
  | { readonly state: "reused" }
  /** The hub that was at work on it is gone, or broke down. */
  | { readonly state: "unknown" };

/** Who claims a key, and for what. */
export interface Claimant {
  /** SHA-256 of what is asked. */
  readonly request: string;
  /** Names this start of the hub. */
  readonly boot: string;
  /** Whether the work may be done again where a dead hub may have done it: it finds what was done, by `since`. */
  readonly resumes: boolean;
}

/** Claims keys and keeps answers. */
export interface Idempotency {
  /** Takes the key for a request, or tells what it stands for. */
  claim(name: KeyName, by: Claimant): Promise<Claim>;
  /** Keeps the answer of a claimed key. */
  finish(name: KeyName, answer: KeptAnswer): Promise<void>;
  /** Gives a claimed key free: nothing was done. */
  release(name: KeyName): Promise<void>;
}

/** The keys kept in `context`'s database. */
export function createIdempotency({ database, now }: Context): Idempotency {
  const named = ({ holder, key }: KeyName) =>
    and(eq(idempotency.holder, holder), eq(idempotency.key, key));
  return {
    claim: (name, { request, boot, resumes }) =>
      database.write(async (tx): Promise<Claim> => {
        const at = now(), old = new Date(Date.parse(at) - KEPT_MS).toISOString();
        await tx.delete(idempotency).where(lt(idempotency.createdAt, old));
        const row = await tx.select().from(idempotency).where(named(name)).get();
        if (row === undefined) {
          await tx.insert(idempotency).values({ ...name, request, boot, createdAt: at });
          return { state: "claimed", since: at };
        }
        if (row.request !== request) return { state: "reused" };
        if (row.status === null) {
          if (row.boot === boot) return { state: "running" };
          if (!resumes) return { state: "unknown" };
          await tx.update(idempotency).set({ boot }).where(named(name));
          return { state: "claimed", since: row.createdAt };
        }
        const { status, headers, body } = row;
        return { state: "answered", answer: { status, headers: headers ?? {}, body } };
      }),
    finish: (name, { status, headers, body }) =>
      database.write(async (tx) => {
        await tx.update(idempotency).set({ status, headers: { ...headers }, body, boot: null })
          .where(named(name));
      }),
    release: (name) =>
      database.write(async (tx) => {
        await tx.delete(idempotency).where(named(name));
      }),
  };
}
