/**
 * What a model cannot do, or what nobody knows about it, in sentences with their numbers.
 *
 * @module
 */
import type { CardClass, ModelCardInput } from "./model_card.ts";

/** With fewer gold rows than this the figures of a class say little; so says the gate. */
const FEW_ROWS = 20;
/** Below this recall more of a class is missed than found. */
const WEAK_RECALL = 0.5;
/** Most classes that a sentence names. */
const NAMED = 8;

/** The limits, the weightiest first. */
export function limitsOf(input: ModelCardInput, classes: readonly CardClass[]): string[] {
  const { evaluation, model, dataset } = input;
  if (evaluation === null) {
    return ["It was never judged on gold rows: how good it is, nobody knows."];
  }
  const known = new Set(model.manifest.classes);
  const limits: string[] = [];
  const say = (found: readonly CardClass[], sentence: (names: string, n: number) => string) => {
    if (found.length > 0) limits.push(sentence(list(found), found.length));
  };
  if ((evaluation.leaks?.rows ?? 0) > 0) {
    limits.push(
      `${
        evaluation.leaks!.rows
      } of the ${evaluation.rows} rows it was judged on also trained it: ` +
        "its figures flatter it.",
    );
  }
  if (evaluation.leaks === null) {
    limits.push("Nobody checked whether rows that judged it had trained it.");
  }
  if (evaluation.scores.accuracy <= evaluation.majority.accuracy) {
    limits.push(
      `It is no better than always answering ${evaluation.majority.code} ` +
        `(${percent(evaluation.majority.accuracy)}).`,
    );
  }
  say(
    classes.filter(({ code }) => !known.has(code)),
    (names, n) =>
      `${n} classes are in the gold rows and unknown to it, so it never names them: ${names}.`,
  );
  say(
    classes.filter(({ code, goldRows, recall }) =>
      known.has(code) && goldRows >= FEW_ROWS && recall < WEAK_RECALL
    ).toSorted((a, b) => a.recall - b.recall),
    (names, n) => `It misses more than half of ${n} classes: ${names}.`,
  );
  say(
    classes.filter(({ goldRows }) => goldRows < FEW_ROWS),
    (names, n) =>
      `${n} classes have fewer than ${FEW_ROWS} gold rows: their figures say little: ${names}.`,
  );
  const { low, high } = evaluation.intervals.weightedF1;
  limits.push(
    `Judged on ${evaluation.rows} gold rows: the weighted F1 of all products like these lies between ` +
      `${percent(low)} and ${percent(high)} (95 %).`,
  );
  if (model.manifest.decision.confidence === null) {
    limits.push("It is never sure enough to answer without a person.");
  }
  const unread = evaluation.pictures?.use.invalid ?? 0;
  if (unread > 0) limits.push(`${unread} pictures of gold rows could not be read.`);
  if ((dataset?.setAside ?? 0) > 0) {
    limits.push(
      `${dataset!.setAside} rows of the source were set aside: it knows nothing of them.`,
    );
  }
  return limits;
}

function list(classes: readonly CardClass[]): string {
  const named = classes.slice(0, NAMED).map(({ code, name }) =>
    name === code ? code : `${name} (${code})`
  );
  const more = classes.length - named.length;
  return named.join(", ") + (more > 0 ? ` and ${more} more` : "");
}

const percent = (share: number) => `${(share * 100).toFixed(1)} %`;
