/**
 * Rules about pictures: the cascade keeps its word, hub and edge read the same, and whether pictures pay is told.
 *
 * @module
 */
import type { Evaluation } from "./evaluation.ts";
import { percent, points, type Rule, rule } from "./verdict.ts";

/** Dozens of layers round one after the other, in two runtimes; a wrong picture moves a confidence by far more. */
const MOST_DIFFERENCE = 0.01;
/** Keeps a loss of exactly what is let pass from failing by rounding. */
const ROUNDING = 1e-12;

/** None for bundles that read no pictures. */
export function pictureRules({ pictures }: Evaluation): Rule[] {
  if (pictures === undefined || pictures.rows === 0) return [];
  const { cascade, agreement, branches, skipped } = pictures;
  const { accuracy, weightedF1, maxLoss } = cascade;
  const surest = Math.min(accuracy.high, weightedF1.high);
  const rules = [
    rule("cascade-loss", surest >= -maxLoss - ROUNDING, {
      message: `${percent(skipped)} of the pictures stay unread; against reading all accuracy ${
        points(accuracy.value)
      }, weighted F1 ${points(weightedF1.value)} [${points(weightedF1.low)}, ${
        points(weightedF1.high)
      }], where a loss of ${points(maxLoss).slice(1)} is let pass`,
      numbers: {
        skipped,
        accuracyGain: accuracy.value,
        weightedF1Gain: weightedF1.value,
        low: weightedF1.low,
        high: weightedF1.high,
        maxLoss,
      },
    }),
    rule("pictures-pay", branches.served.weightedF1 >= branches.text.weightedF1, {
      severity: "warning",
      message: `On ${pictures.rows} gold rows with a picture weighted F1 is ${
        percent(branches.text.weightedF1)
      } by text, ${percent(branches.image.weightedF1)} by picture, ${
        percent(branches.fused.weightedF1)
      } by both, ${percent(branches.served.weightedF1)} as served`,
      numbers: {
        rows: pictures.rows,
        text: branches.text.weightedF1,
        image: branches.image.weightedF1,
        fused: branches.fused.weightedF1,
        served: branches.served.weightedF1,
      },
    }),
  ];
  if (agreement !== null && agreement.rows > 0) {
    rules.push(rule("runtimes-agree", agreement.maxDifference <= MOST_DIFFERENCE, {
      message:
        `${agreement.rows} gold pictures read and scored as on an edge (${agreement.runtime}) give confidences within ${
          agreement.maxDifference.toExponential(1)
        }; up to ${MOST_DIFFERENCE} is let pass`,
      numbers: {
        rows: agreement.rows,
        maxDifference: agreement.maxDifference,
        otherGuesses: agreement.otherGuesses,
        bound: MOST_DIFFERENCE,
      },
    }));
  }
  return rules;
}
