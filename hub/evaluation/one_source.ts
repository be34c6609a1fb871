/**
 * Does a retrain's gain hang on one source? The gate's rule `one-source`.
 *
 * Every comparison is made on gold rows that the source did not label itself: nobody is his own judge. A source that a
 * person trusts does not come here.
 *
 * @module
 */
import { pairedBootstrap, type PairedRow } from "./compare.ts";
import type { Evaluation } from "./evaluation.ts";
import { percent, points, type Rule, rule } from "./verdict.ts";

/** A source that weighs much in what the candidate newly learned from. */
export interface LeftOut {
  readonly name: string;
  /** New rows that it gave, and their share of all new feedback rows. */
  readonly rows: number;
  readonly share: number;
  /** Of a challenger trained without it; null where others gave too little to compare with. */
  readonly without: Evaluation | null;
  /** Ids of the gold rows that it labelled. */
  readonly ownGold: ReadonlySet<string>;
  /** Share of the gain that must be left without it. */
  readonly keepGain: number;
}

/** What the rule reads of the gate's params. */
export interface OneSourceParams {
  readonly minGain: number;
  readonly minGoldRows: number;
  readonly significance: number;
  readonly margin: number;
}

/** Keeps a gain of exactly nothing from failing by rounding. */
const ROUNDING = 1e-12;

/** What was found of one source. */
interface Finding {
  readonly problem: string | null;
  readonly told: string;
  readonly numbers: Readonly<Record<string, number>>;
}

/** The rule over all sources that were left out; none of them: nothing to tell. */
export function oneSourceRule(
  candidate: Evaluation,
  champion: Evaluation,
  leftOut: readonly LeftOut[],
  params: OneSourceParams,
): Rule[] {
  if (leftOut.length === 0) return [];
  const findings = leftOut.map((source) => lookAt(candidate, champion, source, params));
  const problems = findings.flatMap(({ problem }) => problem ?? []);
  return [rule("one-source", problems.length === 0, {
    message: problems.length === 0
      ? findings.map(({ told }) => told).join("; ")
      : `${
        problems.join("; ")
      }. Look at what it said: trust it and train again, or block it and do so`,
    numbers: Object.assign({}, ...findings.map(({ numbers }) => numbers)),
  })];
}

function lookAt(
  candidate: Evaluation,
  champion: Evaluation,
  { name, rows, share, without, ownGold, keepGain }: LeftOut,
  params: OneSourceParams,
): Finding {
  const { bootstraps: replicates, seed } = candidate.options;
  const leaked = new Set(champion.leaks?.ids);
  const judges = candidate.predictions.filter(({ id }) => !ownGold.has(id) && !leaked.has(id));
  const compare = (first: Evaluation, second: Evaluation) => {
    const a = guessesOf(first), b = guessesOf(second);
    const pairs = judges.map(({ id, code }): PairedRow => ({
      code,
      candidate: a.get(id)!,
      champion: b.get(id)!,
    }));
    return pairedBootstrap(pairs, { replicates, seed, ...params }).weightedF1;
  };
  const who = `${name} (${rows} new rows, ${percent(share)} of them)`;
  const base = { rows, share, judges: judges.length, ownGold: ownGold.size };
  const named = (numbers: Readonly<Record<string, number>>) =>
    Object.fromEntries(Object.entries(numbers).map(([key, value]) => [`${name}: ${key}`, value]));
  if (judges.length < params.minGoldRows) {
    const told = `only ${judges.length} gold rows are not of ${who}, ${params.minGoldRows} are ` +
      "needed: nobody else can confirm what it teaches";
    return { problem: told, told, numbers: named(base) };
  }
  const gain = compare(candidate, champion).value;
  const independent = gain >= params.minGain - ROUNDING;
  const unconfirmed = `the candidate gains only on gold rows that ${who} labelled itself: on the ` +
    `other ${judges.length} it is ${points(gain)}`;
  if (without === null) {
    const told =
      `others gave too few new rows to compare with ${who}; on the ${judges.length} gold rows of others the ` +
      `candidate is ${points(gain)}`;
    return { problem: independent ? null : unconfirmed, told, numbers: named({ ...base, gain }) };
  }
  const rest = compare(without, champion).value;
  const due = compare(candidate, without);
  const numbers = named({
    ...base,
    gain,
    gainWithout: rest,
    due: due.value,
    dueLow: due.low,
    dueHigh: due.high,
  });
  const interval = `[${points(due.low)}, ${points(due.high)}]`;
  const told = `without ${who} the gain of ${points(gain)} would be ${points(rest)}`;
  const problem = due.high < 0
    ? `what ${who} says makes the candidate worse, by ${points(due.value)} ${interval}`
    : !independent
    ? unconfirmed
    : gain > 0 && due.low > 0 && rest <= keepGain * gain + ROUNDING
    ? `the gain vanishes without ${who}: ${points(gain)} with it, ${points(rest)} without; ` +
      `what is due to it is ${points(due.value)} ${interval}`
    : null;
  return { problem, told, numbers };
}

function guessesOf({ predictions }: Evaluation): Map<string, string> {
  return new Map(predictions.map(({ id, predicted }) => [id, predicted]));
}
