/**
 * A bundle from before a merge of labels, judged by the labels of now: a guess of a merged code counts as the code
 * that it was merged into, as it does for users.
 *
 * @module
 */
import type { Predictor } from "@aisle/shared/serving";

/** `predictor` with its classes named by the codes of now; itself where no merge concerns it. */
export function withMergedLabels(
  predictor: Predictor,
  merges: Readonly<Record<string, string>>,
): Predictor {
  const classes = predictor.classes.map((code) => merges[code] ?? code);
  if (classes.every((code, k) => code === predictor.classes[k])) return predictor;
  /** Of classes that are one now, the first stands for all. */
  const first = classes.map((code) => classes.indexOf(code));
  return {
    digest: predictor.digest,
    classes,
    manifest: predictor.manifest,
    runtime: predictor.runtime,
    async predict(products) {
      const scored = await predictor.predict(products);
      return scored.map((answer) => ({
        ...answer,
        top: answer.top.map((guess) => ({ ...guess, index: first[guess.index]! })),
      }));
    },
    async confidencesOf(products) {
      const all = await predictor.confidencesOf(products);
      for (let row = 0; row < all.length; row += classes.length) {
        first.forEach((to, from) => {
          if (to === from) return;
          all[row + to]! += all[row + from]!;
          all[row + from] = 0;
        });
      }
      return all;
    },
    selfTest: () => predictor.selfTest(),
    [Symbol.asyncDispose]: () => predictor[Symbol.asyncDispose](),
  };
}
