/**
 * Small statistics that hub and edge share: intervals and mergeable sketches.
 *
 * A sketch is a plain record of counts by bucket, so that merging is adding and JSON is its wire form.
 *
 * @module
 */

/** An estimate of a share with its interval. */
export interface Interval {
  readonly value: number;
  readonly low: number;
  readonly high: number;
}

/**
 * Wilson score interval of `successes` out of `trials` (E. B. Wilson, JASA 1927); [0, 1] for no trials.
 *
 * @param z standard normal quantile: 1.96 for 95 %
 */
export function wilson(successes: number, trials: number, z = 1.96): Interval {
  if (trials === 0) return { value: 0, low: 0, high: 1 };
  const p = successes / trials, z2 = z * z;
  const centre = (p + z2 / (2 * trials)) / (1 + z2 / trials);
  const half = (z / (1 + z2 / trials)) * Math.sqrt(p * (1 - p) / trials + z2 / (4 * trials ** 2));
  return { value: p, low: Math.max(0, centre - half), high: Math.min(1, centre + half) };
}

/** Counts by bucket number; bucket b spans (GROWTH^(b-1), GROWTH^b]. Values at or below zero fall in `"min"`. */
export type Sketch = Record<string, number>;

/** Each bucket is 5 % wider than the one before: quantiles are right within 2.5 %. */
const LOG_GROWTH = Math.log(1.05);

/** Adds `value` to `sketch`, in place. */
export function sketchAdd(sketch: Sketch, value: number, count = 1): void {
  const key = value > 0 ? String(Math.ceil(Math.log(value) / LOG_GROWTH)) : "min";
  sketch[key] = (sketch[key] ?? 0) + count;
}

/** The sketch of both samples together; neither argument changes. */
export function sketchMerge(a: Sketch, b: Sketch): Sketch {
  const merged = { ...a };
  for (const [key, count] of Object.entries(b)) merged[key] = (merged[key] ?? 0) + count;
  return merged;
}

/** Number of values in `sketch`. */
export function sketchCount(sketch: Sketch): number {
  return Object.values(sketch).reduce((sum, count) => sum + count, 0);
}

/** The `q` quantile (0 to 1) of the values in `sketch`; NaN where there are none. */
export function sketchQuantile(sketch: Sketch, q: number): number {
  const total = sketchCount(sketch);
  if (total === 0) return NaN;
  const rank = Math.max(1, Math.ceil(q * total));
  const order = (key: string) => (key === "min" ? -Infinity : Number(key));
  let seen = 0;
  for (const key of Object.keys(sketch).sort((a, b) => order(a) - order(b))) {
    seen += sketch[key]!;
    if (seen >= rank) return key === "min" ? 0 : Math.exp((Number(key) - 0.5) * LOG_GROWTH);
  }
  return NaN;
}

/** The `q` quantile (0 to 1) of `values`, interpolated linearly; sorts a copy. NaN where there are none. */
export function quantile(values: ArrayLike<number>, q: number): number {
  const sorted = Float64Array.from(values).sort();
  if (sorted.length === 0) return NaN;
  const at = q * (sorted.length - 1), below = Math.floor(at);
  const low = sorted[below]!, high = sorted[Math.min(below + 1, sorted.length - 1)]!;
  return low + (high - low) * (at - below);
}
