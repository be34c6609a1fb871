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
  | { readonly state: "claimed" }
  /** Somebody of this start of the hub is at work on it. */
  | { readonly state: "running" }
  | { readonly state: "answered"; readonly answer: KeptAnswer }
  /** It came with another request. */
  | { readonly state: "reused" }
  /** The hub that was at work on it is gone, or broke down. */
  | { readonly state: "unknown" };

/** Claims keys and keeps answers. */
export interface Idempotency {
  /** Takes the key for `request`, or tells what it stands for. `boot` names this start of the hub. */
  claim(name: KeyName, request: string, boot: string): Promise<Claim>;
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
    claim: (name, request, boot) =>
      database.write(async (tx): Promise<Claim> => {
        const at = now(), old = new Date(Date.parse(at) - KEPT_MS).toISOString();
        await tx.delete(idempotency).where(lt(idempotency.createdAt, old));
        const row = await tx.select().from(idempotency).where(named(name)).get();
        if (row === undefined) {
          await tx.insert(idempotency).values({ ...name, request, boot, createdAt: at });
          return { state: "claimed" };
        }
        if (row.request !== request) return { state: "reused" };
        if (row.status === null) return { state: row.boot === boot ? "running" : "unknown" };
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
