/**
 * Signed release documents of a catalogue, in sequence; the last one is what edges serve.
 *
 * @module
 */
import { and, desc, eq, isNull, max } from "drizzle-orm";
import { AppError } from "@aisle/shared/errors";
import { sha256 } from "@aisle/shared/hash";
import type { SignedRelease } from "@aisle/shared/contract";
import type { Audience } from "@aisle/shared/fleet";
import type { Queries } from "../db/database.ts";
import { aliases, releases } from "../db/schema/mod.ts";
import type { Context } from "./context.ts";
import { GroupCommit } from "./group_commit.ts";

/** Signs the release document of `digest` with the sequence and time given. Called inside the transaction: be quick. */
export type Sign = (
  sequence: number,
  createdAt: string,
  digest: string,
  audience: Audience | null,
) => Promise<SignedRelease>;

/** One release. */
export interface Release {
  readonly catalogue: string;
  /** 1, 2, 3, ...; a hub that was restored goes on from the seconds since 1970. */
  readonly sequence: number;
  readonly digest: string;
  readonly kind: "promote" | "rollback" | "relabel";
  readonly signed: SignedRelease;
  /** Strong entity tag, with its quotes. */
  readonly etag: string;
  readonly by: string;
  readonly why: string;
  readonly createdAt: string;
  /** Whom it is for; null: every edge. */
  readonly audience: Audience | null;
}

/** Reads releases and makes those that leave the champion as it is. */
export interface Releases {
  /** The last one that is for every edge. */
  current(catalogue: string): Promise<Release | null>;
  /** Newest first. */
  list(catalogue: string): Promise<Release[]>;
  /** A new document for the champion, for labels that changed. @throws {AppError} `no-release` without a champion */
  relabel(request: {
    readonly catalogue: string;
    readonly by: string;
    readonly why: string;
    readonly sign: Sign;
    /** The sequence goes on from here where it is not that far yet. */
    readonly sequenceFrom?: number | undefined;
  }): Promise<Release>;
}

/** The releases kept in `context`'s database. */
export function createReleases({ database, now }: Context): Releases {
  // Every edge asks every few seconds: those that ask during a read share the next one. None gets an older answer
  // than a read of its own would give.
  const reads = new GroupCommit<string, Release | null>(
    (catalogues) =>
      database.read(async (db) => {
        const found = new Map<string, Release | null>();
        for (const catalogue of new Set(catalogues)) {
          const row = await db.select().from(releases)
            .where(and(eq(releases.catalogue, catalogue), isNull(releases.audience)))
            .orderBy(desc(releases.sequence)).limit(1).get();
          found.set(catalogue, row === undefined ? null : showRelease(row));
        }
        return catalogues.map((catalogue) => found.get(catalogue)!);
      }),
    { everyMs: 0, most: 1000 },
  );
  return {
    current: (catalogue) => reads.add(catalogue),
    async list(catalogue) {
      const rows = await database.read((db) =>
        db.select().from(releases).where(eq(releases.catalogue, catalogue))
          .orderBy(desc(releases.sequence))
      );
      return rows.map(showRelease);
    },
    relabel: ({ catalogue, by, why, sign, sequenceFrom }) =>
      database.write(async (tx) => {
        const row = await tx.select({ champion: aliases.champion }).from(aliases)
          .where(eq(aliases.catalogue, catalogue)).get();
        if (typeof row?.champion !== "string") {
          throw new AppError(
            "no-release",
            `Cannot release new labels of catalogue ${catalogue}: it has no champion. Promote a bundle first`,
          );
        }
        const digest = row.champion;
        return await appendRelease(
          tx,
          { catalogue, digest, kind: "relabel", by, why, sign, sequenceFrom },
          now(),
        );
      }),
  };
}

/** What a new release needs. */
export interface NewRelease {
  readonly catalogue: string;
  readonly digest: string;
  readonly kind: Release["kind"];
  readonly by: string;
  readonly why: string;
  readonly sign: Sign;
  readonly sequenceFrom?: number | undefined;
  /** Every edge when absent. */
  readonly audience?: Audience | undefined;
}

/** Signs and stores the next release of a catalogue, as part of the transaction `tx`. */
export async function appendRelease(
  tx: Queries,
  release: NewRelease,
  createdAt: string,
): Promise<Release> {
  const { catalogue, digest, kind, by, why, sign, sequenceFrom = 1, audience = null } = release;
  const last = await tx.select({ sequence: max(releases.sequence) }).from(releases)
    .where(eq(releases.catalogue, catalogue)).get();
  const sequence = Math.max((last?.sequence ?? 0) + 1, sequenceFrom);
  const { payload, keyId, signature } = await sign(sequence, createdAt, digest, audience);
  const etag = `"${sequence}-${sha256(`${payload}\n${keyId}\n${signature}`).slice(0, 32)}"`;
  const row = {
    catalogue,
    sequence,
    digest,
    kind,
    payload,
    keyId,
    signature,
    etag,
    by,
    why,
    createdAt,
    audience,
  };
  await tx.insert(releases).values(row);
  return showRelease(row);
}

/** What is told of a row. */
export function showRelease(row: typeof releases.$inferSelect): Release {
  const { payload, keyId, signature, ...rest } = row;
  return { ...rest, signed: { payload, keyId, signature } };
}
