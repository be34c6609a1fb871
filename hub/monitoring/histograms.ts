/**
 * How far two histograms over the same buckets are apart. Pure functions of counts.
 *
 * @module
 */

/**
 * Population stability index: sum of (p - q) ln(p / q) over the buckets; 0 for equal shares, symmetric.
 *
 * An empty bucket would make it infinite, so each gets half a count (Jeffreys' prior). Under equal distributions it is
 * near (buckets - 1)(1/n + 1/m), so that small samples need the test beside it.
 */
export function populationStability(
  expected: readonly number[],
  observed: readonly number[],
): number {
  const p = smoothedShares(expected), q = smoothedShares(observed);
  return p.reduce((sum, share, i) => sum + (share - q[i]!) * Math.log(share / q[i]!), 0);
}

/** Jensen-Shannon divergence to base 2: 0 for equal shares, 1 for disjoint ones, symmetric; NaN where one is empty. */
export function jensenShannon(a: readonly number[], b: readonly number[]): number {
  const p = sharesOf(a), q = sharesOf(b);
  let sum = 0;
  for (let i = 0; i < p.length; i++) {
    const middle = (p[i]! + q[i]!) / 2;
    if (p[i]! > 0) sum += p[i]! * Math.log2(p[i]! / middle) / 2;
    if (q[i]! > 0) sum += q[i]! * Math.log2(q[i]! / middle) / 2;
  }
  return Math.max(0, Math.min(1, sum));
}

/** What a test found. */
export interface ChiSquared {
  readonly statistic: number;
  readonly df: number;
  /** How likely so large a statistic is where both samples have one distribution. */
  readonly p: number;
}

/** Smallest count that a bucket must be expected to have in either sample (Cochran's rule). */
const MIN_EXPECTED = 5;

/**
 * Pearson's chi-squared test that two samples have one distribution; buckets too small for it are taken together.
 *
 * The reference is a sample, too: a test against its shares as if they were known would find drift in its noise.
 * Null where fewer than two buckets are large enough.
 */
export function chiSquared(a: readonly number[], b: readonly number[]): ChiSquared | null {
  const n = total(a), m = total(b);
  if (n === 0 || m === 0) return null;
  const smaller = Math.min(n, m) / (n + m);
  const large: [number, number][] = [];
  let rest: [number, number] = [0, 0];
  for (let i = 0; i < a.length; i++) {
    const pair: [number, number] = [a[i]!, b[i]!];
    if ((pair[0] + pair[1]) * smaller >= MIN_EXPECTED) large.push(pair);
    else rest = [rest[0] + pair[0], rest[1] + pair[1]];
  }
  if (rest[0] + rest[1] > 0) {
    if ((rest[0] + rest[1]) * smaller >= MIN_EXPECTED || large.length === 0) large.push(rest);
    else {
      // Too small alone: the smallest of the others takes it in, so that no row is left out.
      const at = large.reduce(
        (best, [x, y], i) => x + y < large[best]![0] + large[best]![1] ? i : best,
        0,
      );
      large[at] = [large[at]![0] + rest[0], large[at]![1] + rest[1]];
    }
  }
  if (large.length < 2) return null;
  let statistic = 0;
  for (const [x, y] of large) {
    const both = x + y;
    statistic += (x - both * n / (n + m)) ** 2 / (both * n / (n + m)) +
      (y - both * m / (n + m)) ** 2 / (both * m / (n + m));
  }
  const df = large.length - 1;
  return { statistic, df, p: chiSquaredTail(statistic, df) };
}

/** Probability that a chi-squared variable of `df` degrees exceeds `x`: Q(df / 2, x / 2). */
export function chiSquaredTail(x: number, df: number): number {
  if (x <= 0) return 1;
  return upperGamma(df / 2, x / 2);
}

/**
 * Regularised upper incomplete gamma function, by series below a + 1 and by continued fraction above
 * (Press et al., Numerical Recipes, 6.2).
 */
function upperGamma(a: number, x: number): number {
  const front = Math.exp(a * Math.log(x) - x - logGamma(a));
  if (x < a + 1) {
    let term = 1 / a, sum = term;
    for (let n = a + 1; term > sum * 1e-15; n++) sum += term *= x / n;
    return Math.max(0, 1 - front * sum);
  }
  let b = x + 1 - a, c = 1e300, d = 1 / b, h = d;
  for (let i = 1; i < 10_000; i++) {
    const an = -i * (i - a);
    b += 2;
    d = 1 / nonZero(an * d + b);
    c = nonZero(b + an / c);
    const step = d * c;
    h *= step;
    if (Math.abs(step - 1) < 1e-15) break;
  }
  return Math.min(1, front * h);
}

const nonZero = (value: number) => Math.abs(value) < 1e-300 ? 1e-300 : value;

/** Lanczos' approximation (g = 7, n = 9): 15 digits for positive `x`. */
function logGamma(x: number): number {
  if (x < 0.5) return Math.log(Math.PI / Math.sin(Math.PI * x)) - logGamma(1 - x);
  const t = x + 6.5;
  let sum = 0.99999999999980993;
  for (const [i, c] of LANCZOS.entries()) sum += c / (x + i);
  return 0.5 * Math.log(2 * Math.PI) + (x - 0.5) * Math.log(t) - t + Math.log(sum);
}

const LANCZOS = [
  676.5203681218851,
  -1259.1392167224028,
  771.32342877765313,
  -176.61502916214059,
  12.507343278686905,
  -0.13857109526572012,
  9.9843695780195716e-6,
  1.5056327351493116e-7,
];

/** Shares of `counts`; NaN where there are none. */
export function sharesOf(counts: readonly number[]): number[] {
  const sum = total(counts);
  return counts.map((count) => count / sum);
}

/** Sum of `counts`. */
export function total(counts: readonly number[]): number {
  return counts.reduce((sum, count) => sum + count, 0);
}

function smoothedShares(counts: readonly number[]): number[] {
  return sharesOf(counts.map((count) => count + 0.5));
}
