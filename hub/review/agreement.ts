/**
 * How far two people agree beyond chance: Cohen's kappa (J. Cohen, Educ. Psychol. Meas. 1960) with a 95 % interval.
 *
 * The interval is that of the observed agreement (Wilson), carried through kappa's formula: it stays honest where all
 * agree, where kappa's own standard error is nothing.
 *
 * @module
 */
import { wilson } from "@aisle/shared/stats";

/** Agreement over pairs of answers. */
export interface Agreement {
  /** Products that two people answered. */
  readonly n: number;
  readonly agreed: number;
  /** Shares: seen, and expected of two who draw from their own answers at random. */
  readonly observed: number;
  readonly expected: number;
  /** Null where nothing can be said: no pair, or both say always the same. */
  readonly kappa: number | null;
  readonly low: number | null;
  readonly high: number | null;
}

/** Agreement of `pairs`: first and second answer to the same product. */
export function agreementOf(pairs: readonly (readonly [string, string])[]): Agreement {
  const n = pairs.length;
  const agreed = pairs.filter(([a, b]) => a === b).length;
  const counts = [new Map<string, number>(), new Map<string, number>()];
  for (const pair of pairs) {
    pair.forEach((code, i) => counts[i]!.set(code, (counts[i]!.get(code) ?? 0) + 1));
  }
  let expected = 0;
  for (const [code, count] of counts[0]!) {
    expected += (count / n) * ((counts[1]!.get(code) ?? 0) / n);
  }
  const observed = n === 0 ? 0 : agreed / n;
  if (n === 0 || expected >= 1) {
    return { n, agreed, observed, expected, kappa: null, low: null, high: null };
  }
  const beyondChance = (share: number) => (share - expected) / (1 - expected);
  const { low, high } = wilson(agreed, n);
  return {
    n,
    agreed,
    observed,
    expected,
    kappa: beyondChance(observed),
    low: beyondChance(low),
    high: beyondChance(high),
  };
}
