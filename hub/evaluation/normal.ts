/**
 * The normal and binomial distributions, as far as comparing two models needs them.
 *
 * @module
 */

/** P(Z <= z) for a standard normal Z; error below 1.2e-7 (Numerical Recipes' Chebyshev fit of erfc). */
export function normalCdf(z: number): number {
  const x = Math.abs(z) / Math.SQRT2;
  const t = 1 / (1 + 0.5 * x);
  const polynomial = [
    0.17087277,
    -0.82215223,
    1.48851587,
    -1.13520398,
    0.27886807,
    -0.18628806,
    0.09678418,
    0.37409196,
    1.00002368,
    -1.26551223,
  ].reduce((sum, coefficient) => sum * t + coefficient, 0);
  const erfc = t * Math.exp(-x * x + polynomial);
  return z >= 0 ? 1 - erfc / 2 : erfc / 2;
}

/** The z with P(Z <= z) = p, by bisection to 1e-9. */
export function normalQuantile(p: number): number {
  let low = -10, high = 10;
  while (high - low > 1e-9) {
    const middle = (low + high) / 2;
    if (normalCdf(middle) < p) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}

/** P(X <= k) for X ~ Binomial(n, 1/2). */
export function fairBinomialCdf(k: number, n: number): number {
  if (k < 0) return 0;
  if (k >= n) return 1;
  // Sums in logarithms: 2^-n underflows from n = 1075 on
  let log = -n * Math.LN2, sum = Math.exp(log);
  for (let i = 1; i <= k; i++) {
    log += Math.log((n - i + 1) / i);
    sum += Math.exp(log);
  }
  return Math.min(1, sum);
}
