/**
 * May the candidate replace the champion? A pure function from evidence to a verdict that lists every rule.
 *
 * Rows are paired by id, never by order. The candidate must not lose more than the margin and must not lose in
 * weighted F1; whether its gain is significant, and how small a gain these rows could show at all, is told but not
 * asked for: on a hundred gold rows a significance test refuses most honest gains. Classes with few rows have no veto.
 *
 * @module
 */
import type { Params } from "../params.ts";
import { chanceEce } from "./calibration.ts";
import { mcnemar, pairedBootstrap, type PairedRow, power } from "./compare.ts";
import type { Evaluation } from "./evaluation.ts";
import { type LeftOut, oneSourceRule } from "./one_source.ts";
import { pictureRules } from "./picture_rules.ts";
import { championLeakRule, leakRule, sameGoldRule, saneRule } from "./sanity.ts";
import { percent, points, type Rule, rule, type Verdict } from "./verdict.ts";

/** A latency below this is as good as any: ratios of such small times are noise. */
const UNNOTICED_MS = 1;
/** Keeps a gain of exactly nothing from failing by rounding. */
const ROUNDING = 1e-12;

/**
 * Judges `candidate` against `champion`, or alone where there is no champion yet.
 *
 * @param leftOut sources of feedback that weigh much, each with a challenger trained without it
 */
export function gate(
  candidate: Evaluation,
  champion: Evaluation | null,
  params: Params["gate"],
  leftOut: readonly LeftOut[] = [],
): Verdict {
  const theirs = champion === null ? null : sortedById(champion);
  return judge(sortedById(candidate), theirs, params, leftOut);
}

/** One order for all: the bootstrap draws by position, and sums round by it. */
function sortedById(evaluation: Evaluation): Evaluation {
  const predictions = evaluation.predictions
    .toSorted((a, b) => a.id < b.id ? -1 : a.id > b.id ? 1 : 0);
  return { ...evaluation, predictions };
}

function judge(
  candidate: Evaluation,
  champion: Evaluation | null,
  params: Params["gate"],
  leftOut: readonly LeftOut[],
): Verdict {
  const evidence = [saneRule(candidate, "candidate"), leakRule(candidate)];
  if (champion !== null) {
    evidence.push(
      saneRule(champion, "champion"),
      championLeakRule(champion),
      sameGoldRule(candidate, champion),
    );
  }
  const base = {
    format: "aisle-verdict/1",
    bundle: candidate.bundle,
    champion: champion?.bundle ?? null,
    gold: candidate.gold,
  } as const;
  // Numbers drawn from bad evidence would only look like reasons
  if (!accepted(evidence)) {
    return { ...base, accept: false, rows: 0, rules: evidence, comparison: null };
  }
  const outcome = champion === null
    ? alone(candidate, params)
    : against(candidate, champion, params);
  const rules = [
    ...evidence,
    ...outcome.rules,
    ...(champion === null || outcome.comparison === null
      ? []
      : oneSourceRule(candidate, champion, leftOut, params)),
    thresholdRule(candidate),
    ...pictureRules(candidate),
  ];
  return {
    ...base,
    accept: accepted(rules),
    rows: outcome.rows,
    rules,
    comparison: outcome.comparison,
  };
}

function accepted(rules: readonly Rule[]): boolean {
  return rules.every((r) => r.ok || r.severity === "warning");
}

/** What rules beyond the evidence found. */
interface Outcome {
  readonly rows: number;
  readonly rules: readonly Rule[];
  readonly comparison: Verdict["comparison"];
}

/** No champion: better than always guessing the majority is enough, the rest warns. */
function alone(candidate: Evaluation, params: Params["gate"]): Outcome {
  const { rows, majority, scores } = candidate;
  const better = scores.accuracy > majority.accuracy || (rows > 0 && scores.accuracy === 1);
  const enough = rows >= params.minGoldRows;
  return {
    rows,
    comparison: null,
    rules: [
      rule("better-than-majority", better, {
        message: rows === 0
          ? "There is no gold row to judge it on. Add labelled rows"
          : `Accuracy ${percent(scores.accuracy)}; always guessing ${majority.code} gives ${
            percent(majority.accuracy)
          }`,
        numbers: { accuracy: scores.accuracy, majorityAccuracy: majority.accuracy },
      }),
      rule("enough-rows", enough, {
        severity: "warning",
        message: enough
          ? `${rows} gold rows`
          : `Only ${rows} gold rows, ${params.minGoldRows} are asked for: the figures are rough`,
        numbers: { rows, minGoldRows: params.minGoldRows },
      }),
      calibrationRule(candidate, null, params),
    ],
  };
}

/** The candidate against the champion, on the rows that the champion had not trained on. */
function against(candidate: Evaluation, champion: Evaluation, params: Params["gate"]): Outcome {
  const pairs = pairById(candidate, champion);
  const n = pairs.length;
  if (n < params.minGoldRows) {
    return {
      rows: n,
      comparison: null,
      rules: [rule("enough-rows", false, {
        message:
          `Only ${n} gold rows, ${params.minGoldRows} are needed: fewer decide nothing. Add labelled rows`,
        numbers: { rows: n, minGoldRows: params.minGoldRows },
      })],
    };
  }
  const { bootstraps: replicates, seed } = candidate.options;
  const { significance, margin } = params;
  const gains = pairedBootstrap(pairs, { replicates, seed, significance, margin });
  const test = mcnemar(pairs);
  const strength = power(test, n, significance);
  const { accuracy, weightedF1 } = gains;
  const worst = Math.min(accuracy.value, weightedF1.value);
  return {
    rows: n,
    comparison: { gains, mcnemar: test, power: strength },
    rules: [
      rule("enough-rows", true, { message: `${n} gold rows, paired by id`, numbers: { rows: n } }),
      rule("not-inferior", worst >= -margin - ROUNDING, {
        message: `Accuracy ${points(accuracy.value)}, weighted F1 ${
          points(weightedF1.value)
        }; a loss of up to ${points(-margin).slice(1)} is let pass`,
        numbers: {
          accuracyGain: accuracy.value,
          weightedF1Gain: weightedF1.value,
          margin,
          inferiorShare: weightedF1.inferior,
        },
      }),
      rule("gain", weightedF1.value >= params.minGain - ROUNDING, {
        message: `Weighted F1 ${points(weightedF1.value)} [${points(weightedF1.low)}, ${
          points(weightedF1.high)
        }]; at least ${points(params.minGain)} is asked for`,
        numbers: {
          gain: weightedF1.value,
          low: weightedF1.low,
          high: weightedF1.high,
          minGain: params.minGain,
        },
      }),
      rule("significance", test.p < significance, {
        severity: "warning",
        message:
          `${test.candidateOnly} rows only the candidate has right, ${test.championOnly} only the champion ` +
          `(McNemar p = ${test.p.toFixed(3)}); ${n} rows show a gain of ${
            points(strength.detectableGain)
          } in 80 of 100 cases`,
        numbers: { ...test, ...strength },
      }),
      classRule(pairs, params),
      calibrationRule(candidate, champion, params),
      latencyRule(candidate, champion, params),
    ],
  };
}

/** Rows that both have scored, joined by id; the champion's leaked rows are left out. */
function pairById(candidate: Evaluation, champion: Evaluation): PairedRow[] {
  const theirs = new Map(champion.predictions.map((p) => [p.id, p.predicted]));
  const leaked = new Set(champion.leaks?.ids);
  return candidate.predictions.filter((p) => !leaked.has(p.id))
    .map((p) => ({ code: p.code, candidate: p.predicted, champion: theirs.get(p.id)! }));
}

/** No class with enough gold rows may lose much of its recall. */
function classRule(pairs: readonly PairedRow[], params: Params["gate"]): Rule {
  const classes = Map.groupBy(pairs, (pair) => pair.code);
  const judged = [...classes].filter(([, rows]) => rows.length >= params.vetoClassRows);
  const drops = judged.map(([code, rows]) => {
    const ours = rows.filter((row) => row.candidate === code).length;
    const theirs = rows.filter((row) => row.champion === code).length;
    return { code, drop: (theirs - ours) / rows.length };
  });
  const lost = drops.filter((d) => d.drop > params.maxClassRecallDrop + ROUNDING);
  const worst = Math.max(0, ...drops.map((d) => d.drop));
  return rule("class-recall", lost.length === 0, {
    message: lost.length === 0
      ? `No class of ${params.vetoClassRows} gold rows or more (there are ${judged.length}) loses more than ${
        percent(params.maxClassRecallDrop)
      } of its recall`
      : `These classes lose too much recall: ${
        lost.map((d) => `${d.code} ${points(-d.drop)}`).join(", ")
      }`,
    numbers: { classes: judged.length, worstDrop: worst, maxDrop: params.maxClassRecallDrop },
  });
}

/**
 * Confidences mean what they say: the error is within what chance gives a calibrated model, or not worse than the
 * champion's by more than the margin (on thousands of rows no model passes the first), or the confidences are still
 * worth more than the champion's by the Brier score, which weighs being right and saying so together: a much better
 * model must not be refused for bins that a hundred rows fill at random.
 */
function calibrationRule(
  candidate: Evaluation,
  champion: Evaluation | null,
  params: Params["gate"],
): Rule {
  const { ece } = candidate.calibration;
  const chance = chanceEce(candidate.calibration, params.calibrationQuantile);
  const said = `Calibration error ${ece.toFixed(4)}; chance alone gives a calibrated model up to ${
    chance.toFixed(4)
  }`;
  if (champion === null) {
    return rule("calibration", ece <= chance, {
      severity: "warning",
      message: said,
      numbers: { ece, chance },
    });
  }
  const championEce = champion.calibration.ece;
  const ours = brier(candidate), theirs = brier(champion);
  const ok = ece <= Math.max(chance, championEce + params.margin) || ours <= theirs;
  return rule("calibration", ok, {
    message: `${said}, the champion has ${championEce.toFixed(4)}; Brier score ${
      ours.toFixed(4)
    }, the champion's is ${theirs.toFixed(4)}`,
    numbers: { ece, chance, championEce, brier: ours, championBrier: theirs },
  });
}

/** Mean Brier score of the rows, summed in one order so that it is the same whatever theirs. */
function brier({ predictions }: Evaluation): number {
  const scores = Float64Array.from(predictions, (p) => p.brier).sort();
  return scores.reduce((sum, score) => sum + score, 0) / scores.length;
}

/** The candidate is not much slower than the champion was in the same run. */
function latencyRule(candidate: Evaluation, champion: Evaluation, params: Params["gate"]): Rule {
  const ours = candidate.latency.p95Ms, theirs = champion.latency.p95Ms;
  const bound = Math.max(UNNOTICED_MS, theirs * params.maxLatencyRatio);
  return rule("latency", ours <= bound, {
    message: `One product takes ${ours.toFixed(2)} ms (p95); the champion ${
      theirs.toFixed(2)
    } ms in the same run, ${params.maxLatencyRatio} times that is let pass`,
    numbers: { p95Ms: ours, championP95Ms: theirs, boundMs: bound },
  });
}

/** Tells when a threshold that was fitted out-of-fold does not hold on gold. */
function thresholdRule(candidate: Evaluation): Rule {
  const broken = candidate.coverage.filter((row) =>
    row.accepted > 0 && row.achievedHigh < row.precision
  );
  return rule("thresholds-hold", broken.length === 0, {
    severity: "warning",
    message: broken.length === 0
      ? "What is accepted automatically is as precise as it was asked to be, as far as these rows can tell"
      : broken.map((row) =>
        `Accepting automatically at ${percent(row.precision)} gives ${
          percent(row.achieved)
        } on ${row.accepted} rows`
      ).join("; "),
  });
}
