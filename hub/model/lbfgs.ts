/**
 * Minimises a smooth function of a few thousand numbers: limited-memory BFGS with backtracking.
 *
 * J. Nocedal, "Updating quasi-Newton matrices with limited storage", 1980 (two-loop recursion); a step must gain a
 * share of what its slope promises (Armijo). Double precision in a fixed order: the same input gives the same bits.
 *
 * @module
 */

/** Value at `at`; the slope is written to `slope`. */
export type Smooth = (at: Float64Array, slope: Float64Array) => number;

/** When to stop. */
export interface MinimiseOptions {
  readonly steps: number;
  /** Stops when a step gains less than this share of the value. */
  readonly tolerance: number;
}

/** Steps remembered. */
const MEMORY = 8;
/** Share of the promised gain that a step must bring. */
const ARMIJO = 1e-4;

/** The point that was reached from `start`; yields after every step, so that a caller can breathe. */
export function* minimise(
  smooth: Smooth,
  start: Float64Array,
  { steps, tolerance }: MinimiseOptions,
): Generator<void, Float64Array> {
  let at = start.slice(), slope = new Float64Array(at.length);
  let value = smooth(at, slope);
  const moves: Float64Array[] = [], bends: Float64Array[] = [];
  for (let step = 0; step < steps; step++) {
    let direction = twoLoops(slope, moves, bends);
    let promised = dot(direction, slope);
    if (!(promised < 0)) {
      moves.length = bends.length = 0;
      direction = slope.map((s) => -s);
      promised = dot(direction, slope);
    }
    if (promised === 0) break;
    // The first direction has no scale of its own yet
    let share = moves.length === 0 ? Math.min(1, 1 / Math.sqrt(-promised)) : 1;
    let next = at, nextSlope = slope, nextValue = value, found = false;
    for (; share > 1e-10 && !found; share /= 2) {
      next = at.map((x, i) => x + share * direction[i]!);
      nextSlope = new Float64Array(at.length);
      nextValue = smooth(next, nextSlope);
      found = nextValue <= value + ARMIJO * share * promised;
    }
    if (!found) break;
    const move = next.map((x, i) => x - at[i]!), bend = nextSlope.map((s, i) => s - slope[i]!);
    if (dot(move, bend) > 1e-12 * dot(bend, bend)) {
      moves.push(move);
      bends.push(bend);
      if (moves.length > MEMORY) {
        moves.shift();
        bends.shift();
      }
    }
    const gain = value - nextValue;
    [at, slope, value] = [next, nextSlope, nextValue];
    yield;
    if (gain <= tolerance * Math.abs(value)) break;
  }
  return at;
}

/** Minus the slope, bent by what the last steps told of the surface. */
function twoLoops(
  slope: Float64Array,
  moves: readonly Float64Array[],
  bends: readonly Float64Array[],
): Float64Array {
  const out = slope.map((s) => -s);
  const shares = new Float64Array(moves.length);
  for (let m = moves.length - 1; m >= 0; m--) {
    const move = moves[m]!, bend = bends[m]!;
    shares[m] = dot(move, out) / dot(move, bend);
    for (let i = 0; i < out.length; i++) out[i]! -= shares[m]! * bend[i]!;
  }
  const last = moves.length - 1;
  if (last >= 0) {
    const scale = dot(moves[last]!, bends[last]!) / dot(bends[last]!, bends[last]!);
    for (let i = 0; i < out.length; i++) out[i]! *= scale;
  }
  for (let m = 0; m < moves.length; m++) {
    const move = moves[m]!, bend = bends[m]!;
    const back = dot(bend, out) / dot(move, bend);
    for (let i = 0; i < out.length; i++) out[i]! += (shares[m]! - back) * move[i]!;
  }
  return out;
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!;
  return sum;
}
