/**
 * Two models on the same rows: the gain, how sure it is, and how small a gain these rows could have shown.
 *
 * Rows must be paired by the caller; nothing here knows ids.
 *
 * @module
 */
import { rng } from "@aisle/shared/random";
import { quantile } from "@aisle/shared/stats";
import { countRow, emptyCounts, intern, type Scores, scoresOf } from "./metrics.ts";
import { fairBinomialCdf, normalCdf, normalQuantile } from "./normal.ts";

/** One row that both models have scored. */
export interface PairedRow {
  readonly code: string;
  readonly candidate: string;
  readonly champion: string;
}

/** Candidate minus champion, with its percentile bootstrap interval. */
export interface Gain {
  readonly value: number;
  readonly low: number;
  readonly high: number;
  /** Share of the replicates in which the candidate lost more than the margin. */
  readonly inferior: number;
}

/** Gains by figure. */
export type Gains = Readonly<Record<keyof Scores, Gain>>;

/** What {@linkcode pairedBootstrap} needs to know. */
export interface BootstrapOptions {
  readonly replicates: number;
  readonly seed: number;
  /** Two-sided: .05 gives a 95 % interval. */
  readonly significance: number;
  readonly margin: number;
}

const FIGURES = ["accuracy", "weightedF1", "macroF1"] as const;

/** Gains of the candidate, resampling rows with both models' guesses together. */
export function pairedBootstrap(rows: readonly PairedRow[], options: BootstrapOptions): Gains {
  const n = rows.length;
  const both = intern(
    rows.flatMap((row) => [row.code, row.code]),
    rows.flatMap((row) => [row.candidate, row.champion]),
  );
  const gainsOf = (pick: (i: number) => number): Scores => {
    const candidate = emptyCounts(both.codes.length), champion = emptyCounts(both.codes.length);
    for (let i = 0; i < n; i++) {
      const r = pick(i) * 2;
      countRow(candidate, both.truth[r]!, both.guesses[r]!);
      countRow(champion, both.truth[r]!, both.guesses[r + 1]!);
    }
    const a = scoresOf(candidate), b = scoresOf(champion);
    return {
      accuracy: a.accuracy - b.accuracy,
      weightedF1: a.weightedF1 - b.weightedF1,
      macroF1: a.macroF1 - b.macroF1,
    };
  };
  const value = gainsOf((i) => i);
  const random = rng(options.seed);
  const replicates = Array.from(
    { length: options.replicates },
    () => gainsOf(() => Math.floor(random() * n)),
  );
  const gain = (figure: keyof Scores): Gain => {
    const drawn = replicates.map((scores) => scores[figure]);
    return {
      value: value[figure],
      low: quantile(drawn, options.significance / 2),
      high: quantile(drawn, 1 - options.significance / 2),
      inferior: drawn.filter((x) => x < -options.margin).length / drawn.length,
    };
  };
  const [accuracy, weightedF1, macroF1] = FIGURES.map(gain) as [Gain, Gain, Gain];
  return { accuracy, weightedF1, macroF1 };
}

/** Exact McNemar test: do the two models' errors differ by more than chance? */
export interface McNemar {
  /** Rows that only the candidate has right. */
  readonly candidateOnly: number;
  /** Rows that only the champion has right. */
  readonly championOnly: number;
  /** Two-sided p-value; 1 where no row tells them apart. */
  readonly p: number;
}

/** McNemar's test on paired rows (Q. McNemar, Psychometrika 1947; exact binomial form). */
export function mcnemar(rows: readonly PairedRow[]): McNemar {
  let candidateOnly = 0, championOnly = 0;
  for (const { code, candidate, champion } of rows) {
    if (candidate === code && champion !== code) candidateOnly++;
    if (candidate !== code && champion === code) championOnly++;
  }
  const fewer = Math.min(candidateOnly, championOnly);
  const p = Math.min(1, 2 * fairBinomialCdf(fewer, candidateOnly + championOnly));
  return { candidateOnly, championOnly, p };
}

/** What the rows can show at all. */
export interface Power {
  /** Chance that McNemar's test finds a gain of the size that was seen. */
  readonly ofSeenGain: number;
  /** Smallest gain in accuracy that it would find in 80 of 100 cases, at the share of disagreement seen. */
  readonly detectableGain: number;
}

/**
 * Power of McNemar's test (normal approximation; R. J. Connor, Biometrics 1987).
 *
 * @param test what was seen on `n` rows
 */
export function power(test: McNemar, n: number, significance: number): Power {
  const disagree = (test.candidateOnly + test.championOnly) / n;
  const gain = Math.abs(test.candidateOnly - test.championOnly) / n;
  const z = normalQuantile(1 - significance / 2);
  const at = (d: number, share: number): number => {
    if (share === 0 || d === 0) return significance;
    const spread = Math.sqrt(Math.max(share - d * d, 1e-12));
    return normalCdf((d * Math.sqrt(n) - z * Math.sqrt(share)) / spread);
  };
  // Where the models hardly disagree, one row that differs is the least that could have been seen
  const share = Math.max(disagree, 1 / n);
  let low = 0, high = 1;
  while (high - low > 1e-6) {
    const middle = (low + high) / 2;
    if (at(middle, Math.max(share, middle)) < 0.8) low = middle;
    else high = middle;
  }
  return { ofSeenGain: at(gain, disagree), detectableGain: high };
}
