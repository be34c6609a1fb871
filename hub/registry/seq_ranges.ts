/**
 * Which numbered windows of a boot have come, kept as how far it got and the holes below.
 *
 * @module
 */

/** See the module's note. */
export interface Arrivals {
  readonly windows: number;
  readonly lastSeq: number;
  /** Ranges [first, last] below `lastSeq` that have not come. */
  readonly holes: readonly (readonly [number, number])[];
}

/** Holes remembered; what never came of older ones stays missing, and comes too late if it comes. */
const MAX_HOLES = 100;

/** Nothing has come. */
export const NO_ARRIVALS: Arrivals = { windows: 0, lastSeq: 0, holes: [] };

/** What has come with `seq`; null when it had come before (or its hole is forgotten). */
export function arrive({ windows, lastSeq, holes }: Arrivals, seq: number): Arrivals | null {
  if (seq > lastSeq) {
    const skipped: [number, number][] = seq === lastSeq + 1 ? [] : [[lastSeq + 1, seq - 1]];
    return {
      windows: windows + 1,
      lastSeq: seq,
      holes: [...holes, ...skipped].slice(-MAX_HOLES),
    };
  }
  const at = holes.findIndex(([first, last]) => first <= seq && seq <= last);
  if (at < 0) return null;
  const [first, last] = holes[at]!;
  const left: [number, number][] = [[first, seq - 1], [seq + 1, last]];
  return {
    windows: windows + 1,
    lastSeq,
    holes: [
      ...holes.slice(0, at),
      ...left.filter(([from, to]) => from <= to),
      ...holes.slice(at + 1),
    ],
  };
}
