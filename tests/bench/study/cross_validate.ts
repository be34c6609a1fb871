/**
 * Cross-validation with the product's own training: each row is answered by a model that has not seen its content
 * group, and everything inside that training is chosen by its own, inner folds.
 *
 * @module
 */
import process from "node:process";
import { confidences } from "@aisle/shared/bundle";
import { encode } from "@aisle/shared/features";
import type { TextModel } from "../../../hub/model/text_model.ts";
import type { Params } from "../../../hub/params.ts";
import { assignFolds } from "../../../hub/training/folds.ts";
import { fitImageBranch } from "../../../hub/training/image_branch.ts";
import { scoreFused } from "../../../hub/training/score_fused.ts";
import { trainFused } from "../../../hub/training/train_fused.ts";
import { labelRows } from "../../../hub/training/train_input.ts";
import { type StudyFeatures, trainPictures } from "./features.ts";
import type { StudyRow } from "./rows.ts";

/** A guess and how sure it is. */
export interface Guess {
  readonly code: string;
  readonly confidence: number;
}

/** What was said of one row by models that had not seen it; null where a branch has nothing to go by. */
export interface Answered {
  readonly text: Guess;
  readonly image: Guess | null;
  /** Text and picture, always both where there are both. */
  readonly fused: Guess;
  /** As served: the picture unread where the text is sure. */
  readonly served: Guess;
  readonly skipped: boolean;
}

/** The answers and what they cost. */
export interface Validation {
  readonly foldOf: Int32Array;
  readonly answers: readonly Answered[];
  /** How each fold joined text and picture, `text` where it kept to the text. */
  readonly chosen: readonly string[];
  readonly cpuSeconds: number;
}

/** Answers for every row of `rows`, by `folds` trainings. */
export async function crossValidate(
  rows: readonly StudyRow[],
  features: StudyFeatures,
  params: Params,
  options: { readonly folds: number; readonly seed: number },
): Promise<Validation> {
  const before = process.cpuUsage();
  const { labels, classes, groups } = labelRows(rows);
  const { foldOf, folds } = assignFolds({ groups, labels, classes: classes.length }, options);
  const image = await imageGuesses(rows, features, foldOf, folds, params);
  const answers: Answered[] = new Array(rows.length), chosen: string[] = [];
  for (let fold = 0; fold < folds; fold++) {
    const train = rows.filter((_, row) => foldOf[row] !== fold);
    const pictures = trainPictures(features, train.map((row) => row.picture));
    const run = trainFused({ rows: train, params, warm: null, resume: null, pictures }, {
      signal: new AbortController().signal,
      nowMs: () => performance.now(),
      workers: 1,
    });
    let next = await run.next();
    while (!next.done) next = await run.next();
    const { model, fused, report } = next.value;
    chosen.push(report.chosen ?? "text");
    rows.forEach((row, r) => {
      if (foldOf[r] !== fold) return;
      const at = features.rowOf.get(row.picture);
      if (fused === null || at === undefined) {
        const text = guess(model, textConfidences(model, row.text));
        answers[r] = { text, image: image[r]!, fused: text, served: text, skipped: false };
        return;
      }
      const said = scoreFused(model, fused, {
        text: row.text,
        features: features.values.subarray(at * features.dims, (at + 1) * features.dims),
      });
      const text = guess(model, said.text), both = guess(model, said.fused);
      const { confidence } = fused.cascade;
      const skipped = confidence !== null && text.confidence >= confidence;
      answers[r] = { text, image: image[r]!, fused: both, served: skipped ? text : both, skipped };
    });
  }
  const used = process.cpuUsage(before);
  return { foldOf, answers, chosen, cpuSeconds: (used.user + used.system) / 1e6 };
}

/** What the picture alone says of each row, by the same folds. */
async function imageGuesses(
  rows: readonly StudyRow[],
  features: StudyFeatures,
  foldOf: Int32Array,
  folds: number,
  params: Params,
): Promise<(Guess | null)[]> {
  const guesses: (Guess | null)[] = rows.map(() => null);
  if (features.rowOf.size === 0) return guesses;
  const { labels, classes } = labelRows(rows);
  const numbers = Int32Array.from(rows.keys());
  const work = fitImageBranch({
    pictures: trainPictures(features, rows.map((row) => row.picture)),
    labels,
    classes: classes.length,
    folds: Array.from({ length: folds }, (_, fold) => ({
      train: numbers.filter((row) => foldOf[row] !== fold),
      held: numbers.filter((row) => foldOf[row] === fold),
    })),
    params: params.fusion,
    saved: [],
  }, { signal: new AbortController().signal, nowMs: () => performance.now() });
  let step = await work.next();
  while (!step.done) step = await work.next();
  const { rows: held, scored } = step.value.heldOut;
  held.forEach((row, i) => {
    const own = scored.scores.subarray(i * scored.stride, i * scored.stride + classes.length);
    const best = own.indexOf(Math.max(...own));
    guesses[row] = { code: classes[best]!, confidence: own[best]! };
  });
  return guesses;
}

function textConfidences(model: TextModel, text: string): Float64Array {
  const classes = model.classes.length, scores = Float64Array.from(model.bias);
  const { indices, weights } = encode(model.spec, [text]);
  indices.forEach((bucket, i) => {
    for (let k = 0; k < classes; k++) {
      scores[k]! += weights[i]! * model.weights[bucket * classes + k]!;
    }
  });
  const out = new Float64Array(classes);
  confidences(scores, model.calibration, out);
  return out;
}

function guess(model: TextModel, said: Float64Array): Guess {
  const best = said.indexOf(Math.max(...said));
  return { code: model.classes[best]!, confidence: said[best]! };
}
