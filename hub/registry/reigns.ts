/**
 * Who was champion when, and why: read from the history of the aliases, which is never rewritten.
 *
 * @module
 */
import type { AliasChange, AliasState } from "./aliases.ts";

/** The time in which one bundle was champion without a break. */
export interface Reign {
  readonly digest: string;
  readonly since: string;
  /** Null while it lasts. */
  readonly until: string | null;
  readonly kind: "promote" | "rollback";
  readonly by: string;
  readonly why: string;
  /** Sequence of the release that began it. */
  readonly release: number | null;
}

/** The aliases as they stood at a moment. */
export interface AliasMoment {
  readonly at: string;
  readonly aliases: AliasState;
  /** Null before the first promotion. */
  readonly reign: Reign | null;
}

/** Every reign, newest first. `history` may come in any order. */
export function reigns(history: readonly AliasChange[]): Reign[] {
  const found: Reign[] = [];
  for (const change of history.toSorted((a, b) => a.revision - b.revision)) {
    const last = found.at(-1);
    const { champion, kind, by, why, release, at } = change;
    if (champion === (last?.until === null ? last.digest : null)) continue;
    if (last !== undefined && last.until === null) found[found.length - 1] = { ...last, until: at };
    if (champion !== null && kind !== "challenger") {
      found.push({ digest: champion, since: at, until: null, kind, by, why, release });
    }
  }
  return found.reverse();
}

/** How the aliases of `catalogue` stood at the instant `at` (ISO 8601, UTC); a change counts from its own instant on. */
export function aliasesAt(
  catalogue: string,
  history: readonly AliasChange[],
  at: string,
): AliasMoment {
  const before = history.filter((change) => change.at <= at)
    .toSorted((a, b) => b.revision - a.revision);
  const [last] = before;
  const none = { catalogue, revision: 0, champion: null, challenger: null, previous: null };
  const { revision, champion, challenger, previous } = last ?? none;
  return {
    at,
    aliases: { catalogue, revision, champion, challenger, previous },
    reign:
      reigns(history).find((reign) =>
        reign.since <= at && (reign.until === null || reign.until > at)
      ) ?? null,
  };
}
