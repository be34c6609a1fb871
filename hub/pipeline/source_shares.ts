/**
 * Whose feedback a training newly rests on, and which of it weighs so much that it must be tried without.
 *
 * Pure: rows in, choices out. A source is a name at an edge; an edge whose names change from row to row weighs as one.
 *
 * @module
 */
import type { ProductRow } from "../data/row.ts";

/** Bounds of what is left out. */
export interface LeaveOutParams {
  readonly leaveOut: number;
  readonly minShare: number;
  readonly minRows: number;
}

/** Share of the new rows that others must have given, so that a training without the source is a fair comparison. */
const MIN_REST = 0.2;

/** Some sources that are left out together. */
export interface HeavySource {
  /** For people: the source's key, or `every source at <edge>`. */
  readonly name: string;
  /** Keys of the sources. */
  readonly keys: readonly string[];
  /** New rows that they gave or corrected, and their share of all new feedback rows. */
  readonly rows: number;
  readonly share: number;
  /** Whether others gave too little to train on instead: then that less teaches less says nothing of the source. */
  readonly sole: boolean;
}

/** The edge of a source's key: what stands behind the last `@`. */
export function edgeOf(key: string): string {
  return key.slice(key.lastIndexOf("@") + 1);
}

/**
 * The heaviest first, at most `leaveOut` of them.
 *
 * @param rows new feedback rows; those that name no source are from before sources were kept and count in no share
 * @param vouched whether a person vouches for a source: it is never left out
 */
export function heavySources(
  rows: readonly Pick<ProductRow, "source">[],
  vouched: (key: string) => boolean,
  { leaveOut, minShare, minRows }: LeaveOutParams,
): HeavySource[] {
  const bySource = new Map<string, number>();
  let total = 0;
  for (const { source } of rows) {
    if (source === undefined) continue;
    total++;
    bySource.set(source, (bySource.get(source) ?? 0) + 1);
  }
  const doubted = [...bySource].filter(([key]) => !vouched(key));
  const byEdge = Map.groupBy(doubted, ([key]) => edgeOf(key));
  const units = [
    ...doubted.map(([key]) => ({ name: key, keys: [key] })),
    ...[...byEdge].filter(([, sources]) => sources.length > 1).map(([edge, sources]) => ({
      name: `every source at ${edge}`,
      keys: sources.map(([key]) => key).sort(),
    })),
  ];
  const fewest = Math.max(minRows, MIN_REST * total);
  return units.map(({ name, keys }): HeavySource => {
    const count = keys.reduce((sum, key) => sum + bySource.get(key)!, 0);
    return { name, keys, rows: count, share: count / total, sole: total - count < fewest };
  }).filter((unit) => unit.rows >= minRows && unit.share >= minShare)
    .sort((a, b) => b.rows - a.rows || (a.name < b.name ? -1 : 1))
    .slice(0, leaveOut);
}

/** The train rows as they would be had `keys` given no new ones: what they corrected is as it was before. */
export function withoutSources(
  train: readonly ProductRow[],
  isNew: (row: ProductRow) => boolean,
  keys: ReadonlySet<string>,
  before: ReadonlyMap<string, ProductRow>,
): ProductRow[] {
  return train.flatMap((row) => {
    if (row.source === undefined || !keys.has(row.source) || !isNew(row)) return [row];
    const was = before.get(row.id);
    return was === undefined ? [] : [was];
  });
}
