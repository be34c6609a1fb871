/**
 * Rules about the evidence itself: before a gate compares two evaluations it makes sure that they can be compared.
 *
 * Nothing that an evaluation states is believed when it can be counted again from its rows.
 *
 * @module
 */
import { calibrationBins, ece } from "./calibration.ts";
import type { Evaluation } from "./evaluation.ts";
import { countAll, intern, type Scores, scoresOf } from "./metrics.ts";
import { type Rule, rule } from "./verdict.ts";

/** Sums in another order differ by less. */
const ROUNDING = 1e-9;
/** Ids named in a message. */
const SHOWN = 5;

/** The figures hold what the rows say, every number is one, every row counts once. */
export function saneRule(evaluation: Evaluation, who: "candidate" | "champion"): Rule {
  const problem = firstProblem(evaluation);
  return rule(`${who}-sane`, problem === null, {
    message: problem === null
      ? `The ${who}'s figures agree with its rows`
      : `Cannot judge the ${who}: ${problem}. Evaluate it again`,
    numbers: { rows: evaluation.predictions.length },
  });
}

function firstProblem(evaluation: Evaluation): string | null {
  const { predictions } = evaluation;
  const bad = predictions.find((p) => !(p.confidence >= 0 && p.confidence <= 1));
  if (bad !== undefined) return `the confidence of row ${bad.id} is ${bad.confidence}`;
  const unscored = predictions.find((p) => !(p.brier >= 0 && p.brier <= 2));
  if (unscored !== undefined) {
    return `the Brier score of row ${unscored.id} is ${unscored.brier}`;
  }
  const stated = { ...evaluation.scores, ece: evaluation.calibration.ece, ...evaluation.latency };
  for (const [name, value] of Object.entries(stated)) {
    if (!Number.isFinite(value)) return `its ${name} is ${value}`;
  }
  if (!evaluation.calibration.chanceQuantiles.every(Number.isFinite)) {
    return "its calibration bound is no number";
  }
  const repeated = firstRepeated(predictions.map((p) => p.id));
  if (repeated !== null) return `row ${repeated} occurs twice`;
  if (evaluation.rows !== predictions.length) {
    return `it states ${evaluation.rows} rows and lists ${predictions.length}`;
  }
  const counted = scoresOf(countAll(
    intern(predictions.map((p) => p.code), predictions.map((p) => p.predicted)),
  ));
  for (const figure of ["accuracy", "weightedF1", "macroF1"] satisfies (keyof Scores)[]) {
    if (Math.abs(counted[figure] - evaluation.scores[figure]) > ROUNDING) {
      return `it states a ${figure} of ${evaluation.scores[figure]}, its rows give ${
        counted[figure]
      }`;
    }
  }
  const counterEce = ece(calibrationBins(
    predictions.map((p) => p.confidence),
    predictions.map((p) => p.predicted === p.code ? 1 : 0),
    evaluation.options.calibrationBins,
  ));
  if (Math.abs(counterEce - evaluation.calibration.ece) > ROUNDING) {
    return `it states a calibration error of ${evaluation.calibration.ece}, its rows give ${counterEce}`;
  }
  return null;
}

function firstRepeated(ids: readonly string[]): string | null {
  const seen = new Set<string>();
  for (const id of ids) {
    if (seen.has(id)) return id;
    seen.add(id);
  }
  return null;
}

/** No gold row was trained on; not having looked is as bad for a candidate. */
export function leakRule(evaluation: Evaluation): Rule {
  const { leaks } = evaluation;
  if (leaks === null) {
    return rule("no-leak", false, {
      message:
        "Nobody compared the gold rows with the rows it was trained on. Evaluate it with its training rows",
    });
  }
  return rule("no-leak", leaks.rows === 0, {
    message: leaks.rows === 0
      ? `None of ${leaks.trainedRows} training rows is a gold row`
      : `${leaks.rows} gold rows were trained on (${some(leaks.ids)}): its figures mean nothing. ` +
        "Split again and train without them",
    numbers: { trainedRows: leaks.trainedRows, leakedRows: leaks.rows },
  });
}

/** A champion that knows gold rows would win by them: they are left out, and that is told. */
export function championLeakRule(champion: Evaluation): Rule {
  const { leaks } = champion;
  return rule("champion-no-leak", leaks !== null && leaks.rows === 0, {
    severity: "warning",
    message: leaks === null
      ? "The champion's training rows are not known: gold rows among them would favour it"
      : leaks.rows === 0
      ? "The champion was trained on no gold row"
      : `The champion was trained on ${leaks.rows} gold rows (${
        some(leaks.ids)
      }): they are left out for both`,
    numbers: { leakedRows: leaks?.rows ?? 0 },
  });
}

/** Both were judged on the same rows with the same true codes, in whatever order. */
export function sameGoldRule(candidate: Evaluation, champion: Evaluation): Rule {
  const truth = new Map(champion.predictions.map((p) => [p.id, p.code]));
  const different = candidate.predictions.filter((p) => truth.get(p.id) !== p.code);
  const missing = champion.predictions.length - (candidate.predictions.length - different.length);
  const ok = different.length === 0 && missing === 0 && candidate.gold === champion.gold;
  return rule("same-gold", ok, {
    message: ok
      ? "Both were judged on the same gold rows"
      : `They were judged on different gold rows: ${different.length} of the candidate's and ${missing} of the ` +
        `champion's have no counterpart with the same code (${
          some(different.map((p) => p.id))
        }). Evaluate both on the same gold set`,
    numbers: { candidateOnly: different.length, championOnly: missing },
  });
}

function some(ids: readonly string[]): string {
  return ids.slice(0, SHOWN).join(", ") + (ids.length > SHOWN ? ", .." : "");
}
