/**
 * Rows in groups that a split never parts: same content, or linked by a picture.
 *
 * @module
 */
import { sha256 } from "@aisle/shared/hash";
import { contentGroup, linkedGroups } from "./group.ts";
import type { ProductRow } from "./row.ts";

/** Where a group may go. */
export type SetName = "train" | "gold" | "unseen";

/** Rows that belong together; `code` is that of most of them. */
export interface Group {
  /** Smallest name of its contents. */
  readonly hash: string;
  /** Rows by content: one text each, linked by pictures. */
  readonly contents: ReadonlyMap<string, readonly ProductRow[]>;
  readonly rows: readonly ProductRow[];
  readonly code: string;
  /** Place in its class's queue: by hash, so that nobody chooses. */
  readonly order: string;
  /** Whether users' feedback brought one of its rows. */
  readonly feedback: boolean;
}

/** `rows` in their groups, in the order of their first rows. */
export function toGroups(rows: readonly ProductRow[], seed: number): Group[] {
  const own = rows.map(contentGroup);
  const link = linkedGroups(rows, own);
  const byHash = new Map<string, Map<string, ProductRow[]>>();
  rows.forEach((row, i) => {
    const hash = link(own[i]!);
    let contents = byHash.get(hash);
    if (contents === undefined) byHash.set(hash, contents = new Map());
    const list = contents.get(own[i]!);
    if (list === undefined) contents.set(own[i]!, [row]);
    else list.push(row);
  });
  return [...byHash].map(([hash, contents]) => {
    const members = [...contents.values()].flat();
    return {
      hash,
      contents,
      rows: members,
      code: mostFrequent(members),
      order: sha256(`${seed}:${hash}`),
      feedback: members.some((row) => row.origin === "feedback"),
    };
  });
}

/** The set of a group that has been seen: what judges decides, then what trains. */
export function knownSet(
  { contents }: Group,
  known: ReadonlyMap<string, SetName>,
): SetName | undefined {
  const sets = new Set([...contents.keys()].map((content) => known.get(content)));
  return (["gold", "train", "unseen"] as const).find((set) => sets.has(set));
}

/** The code of most rows; the smallest of several. */
function mostFrequent(rows: readonly ProductRow[]): string {
  if (rows.length === 1) return rows[0]!.code;
  const counts = new Map<string, number>();
  for (const { code } of rows) counts.set(code, (counts.get(code) ?? 0) + 1);
  return [...counts].sort(([a, n], [b, m]) => m - n || (a < b ? -1 : 1))[0]![0];
}
