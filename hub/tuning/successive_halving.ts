/**
 * Successive halving (K. Jamieson and A. Talwalkar, "Non-stochastic best arm identification", 2016): all trials get
 * a little, the best of them more, the best of those all.
 *
 * The first trial, the params as they are, goes through every round: a winner is always measured against it on the
 * same rows. Knows neither params nor training: a trial is a number, its score comes from the caller.
 *
 * @module
 */

/** How a search goes. */
export interface HalvingPlan {
  readonly trials: number;
  /** What each round spends on a trial; its last entry is all. */
  readonly rounds: readonly number[];
  /** One in so many goes on. */
  readonly keepOneIn: number;
}

/** A trial's score in a round; higher is better. */
export interface ScoredTrial {
  readonly trial: number;
  readonly round: number;
  readonly score: number;
}

/** What a search came to. */
export interface HalvingResult {
  readonly scores: readonly ScoredTrial[];
  /** The best of the last round in which two trials at least were scored. */
  readonly best: ScoredTrial | null;
  /** The first trial's score in the same round. */
  readonly baseline: ScoredTrial | null;
  /** Whether the time ran out before the end. */
  readonly stopped: boolean;
}

/** Scores `trial` with what `round` spends; null says that the time is up. */
export type ScoreTrial = (trial: number, round: number) => Promise<number | null>;

/** Runs the search; trials of a round in the order of their rank. */
export async function successiveHalving(
  { trials, rounds, keepOneIn }: HalvingPlan,
  score: ScoreTrial,
): Promise<HalvingResult> {
  const scores: ScoredTrial[] = [];
  let field = Array.from({ length: trials }, (_, trial) => trial), stopped = false;
  for (let round = 0; round < rounds.length && !stopped; round++) {
    for (const trial of field) {
      const found = await score(trial, round);
      if (found === null) {
        stopped = true;
        break;
      }
      scores.push({ trial, round, score: found });
    }
    field = survivors(scores.filter((each) => each.round === round), keepOneIn);
  }
  const last = rounds.map((_, round) => scores.filter((each) => each.round === round))
    .findLast((of) => of.length > Math.min(1, trials - 1));
  const best = last === undefined ? null : last.toSorted(byScore)[0]!;
  const baseline = last?.find(({ trial }) => trial === 0) ?? null;
  return { scores, best, baseline, stopped };
}

/** The trials that go on: the first, and one in `keepOneIn` of the others, one at least; best first. */
function survivors(scored: readonly ScoredTrial[], keepOneIn: number): number[] {
  const others = scored.filter(({ trial }) => trial !== 0).toSorted(byScore);
  const kept = others.slice(0, Math.max(1, Math.floor(others.length / keepOneIn)));
  return [0, ...kept.map(({ trial }) => trial)];
}

/** Best first; of equals the one that was drawn first. */
function byScore(a: ScoredTrial, b: ScoredTrial): number {
  return b.score - a.score || a.trial - b.trial;
}
