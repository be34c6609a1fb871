/**
 * Which bundle is a catalogue's champion, challenger and previous champion; promotion and rollback.
 *
 * A promotion moves the alias, appends to the history and stores the signed release in one transaction, and it
 * carries the revision that it expects. The history is append-only: the database itself refuses to change it.
 *
 * @module
 */
import { and, desc, eq } from "drizzle-orm";
import { AppError } from "@aisle/shared/errors";
import type { Queries } from "../db/database.ts";
import { aliasChanges, aliases } from "../db/schema/mod.ts";
import { ensureCatalogue } from "./catalogues.ts";
import type { Context } from "./context.ts";
import { requireModel } from "./models.ts";
import { appendRelease, type Release, type Sign } from "./releases.ts";

export type { Sign } from "./releases.ts";

/** The aliases of a catalogue; revision 0 has none. Each change adds one to the revision. */
export interface AliasState {
  readonly catalogue: string;
  readonly revision: number;
  readonly champion: string | null;
  readonly challenger: string | null;
  readonly previous: string | null;
}

/** One change of the aliases, and how they stood after it. */
export interface AliasChange extends AliasState {
  readonly kind: "challenger" | "promote" | "rollback";
  readonly by: string;
  readonly why: string;
  readonly at: string;
  /** Sequence of the release that it made. */
  readonly release: number | null;
}

/** A change of champion. */
export interface RollbackRequest {
  readonly catalogue: string;
  /** Revision that the caller saw. */
  readonly expectedRevision: number;
  readonly by: string;
  readonly why: string;
  readonly sign: Sign;
}

/** A change of champion to `digest`. */
export interface PromoteRequest extends RollbackRequest {
  readonly digest: string;
}

/** The outcome of a change of champion. */
export interface Promoted {
  readonly aliases: AliasState;
  readonly release: Release;
}

/** Reads and moves aliases. */
export interface Aliases {
  get(catalogue: string): Promise<AliasState>;
  /** Names the challenger, or none. @throws {AppError} `not-found` when the bundle is unknown */
  setChallenger(change: {
    readonly catalogue: string;
    readonly digest: string | null;
    readonly by: string;
    readonly why: string;
  }): Promise<AliasState>;
  /** @throws {AppError} `revision-stale`; `not-found` when the bundle is unknown; `conflict` when it is the champion */
  promote(request: PromoteRequest): Promise<Promoted>;
  /**
   * Back to `previous`; `previous` is then what it was when that champion was promoted, so that a second rollback
   * goes further back instead of forth.
   *
   * @throws {AppError} `revision-stale`; `conflict` when there is nothing to go back to
   */
  rollback(request: RollbackRequest): Promise<Promoted>;
  /** Newest first. */
  history(catalogue: string): Promise<AliasChange[]>;
}

/** The aliases kept in `context`'s database. */
export function createAliases({ database, now }: Context): Aliases {
  return {
    get: (catalogue) => database.read((db) => read(db, catalogue)),
    setChallenger: ({ catalogue, digest, by, why }) =>
      database.write(async (tx) => {
        const before = await read(tx, catalogue);
        if (digest !== null) await requireModel(tx, catalogue, digest);
        if (digest === before.challenger) return before;
        const after = { ...before, revision: before.revision + 1, challenger: digest };
        await write(tx, { ...after, kind: "challenger", by, why, at: now(), release: null });
        return after;
      }),
    promote: ({ catalogue, digest, expectedRevision, by, why, sign }) =>
      database.write(async (tx) => {
        const before = await read(tx, catalogue);
        assertRevision(before, expectedRevision);
        await requireModel(tx, catalogue, digest);
        if (digest === before.champion) {
          throw new AppError(
            "conflict",
            `Cannot promote bundle ${digest}: it is the champion of catalogue ${catalogue} already`,
          );
        }
        const at = now();
        const release = await appendRelease(
          tx,
          { catalogue, digest, kind: "promote", by, why, sign },
          at,
        );
        const after: AliasState = {
          catalogue,
          revision: before.revision + 1,
          champion: digest,
          challenger: before.challenger === digest ? null : before.challenger,
          previous: before.champion,
        };
        await write(tx, { ...after, kind: "promote", by, why, at, release: release.sequence });
        return { aliases: after, release };
      }),
    rollback: ({ catalogue, expectedRevision, by, why, sign }) =>
      database.write(async (tx) => {
        const before = await read(tx, catalogue);
        assertRevision(before, expectedRevision);
        const digest = before.previous;
        if (digest === null) {
          throw new AppError(
            "conflict",
            `Cannot roll back catalogue ${catalogue}: there is no champion before this one. ` +
              "Promote a bundle by its digest",
          );
        }
        const at = now();
        const release = await appendRelease(
          tx,
          { catalogue, digest, kind: "rollback", by, why, sign },
          at,
        );
        const after: AliasState = {
          catalogue,
          revision: before.revision + 1,
          champion: digest,
          challenger: before.challenger === digest ? null : before.challenger,
          previous: await previousOf(tx, catalogue, digest),
        };
        await write(tx, { ...after, kind: "rollback", by, why, at, release: release.sequence });
        return { aliases: after, release };
      }),
    history: (catalogue) =>
      database.read((db) =>
        db.select().from(aliasChanges).where(eq(aliasChanges.catalogue, catalogue))
          .orderBy(desc(aliasChanges.revision))
      ),
  };
}

async function read(db: Queries, catalogue: string): Promise<AliasState> {
  const row = await db.select().from(aliases).where(eq(aliases.catalogue, catalogue)).get();
  return row ?? { catalogue, revision: 0, champion: null, challenger: null, previous: null };
}

function assertRevision(state: AliasState, expected: number): void {
  if (state.revision === expected) return;
  throw new AppError(
    "revision-stale",
    `Cannot change the champion of catalogue ${state.catalogue}: somebody changed the aliases meanwhile ` +
      `(revision ${state.revision}): current value is ${expected}. Look again, then repeat`,
    { details: { expected, revision: state.revision } },
  );
}

/** Champion before `digest`, at the last time that `digest` was promoted. */
async function previousOf(db: Queries, catalogue: string, digest: string): Promise<string | null> {
  const row = await db.select({ previous: aliasChanges.previous }).from(aliasChanges).where(and(
    eq(aliasChanges.catalogue, catalogue),
    eq(aliasChanges.kind, "promote"),
    eq(aliasChanges.champion, digest),
  )).orderBy(desc(aliasChanges.revision)).limit(1).get();
  return row?.previous ?? null;
}

async function write(tx: Queries, change: AliasChange): Promise<void> {
  const { catalogue, revision, champion, challenger, previous } = change;
  await ensureCatalogue(tx, catalogue, change.at);
  await tx.insert(aliases).values({ catalogue, revision, champion, challenger, previous })
    .onConflictDoUpdate({
      target: aliases.catalogue,
      set: { revision, champion, challenger, previous },
    });
  await tx.insert(aliasChanges).values(change);
}
