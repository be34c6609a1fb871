/**
 * A bundle from before a merge of labels, judged by the labels of now: a guess of a merged code counts as the code
 * that it was merged into, as it does for users.
 *
 * @module
 */
import type { Predictor, ScoredGuess } from "@aisle/shared/serving";

/** `predictor` with its classes named by the codes of now; itself where no merge concerns it. */
export function withMergedLabels(
  predictor: Predictor,
  merges: Readonly<Record<string, string>>,
): Predictor {
  const classes = predictor.classes.map((code) => merges[code] ?? code);
  if (classes.every((code, k) => code === predictor.classes[k])) return predictor;
  /** Of classes that are one now, the first stands for all. */
  const first = classes.map((code) => classes.indexOf(code));
  const gather = (all: Float64Array) => {
    for (let row = 0; row < all.length; row += classes.length) {
      first.forEach((to, from) => {
        if (to === from) return;
        all[row + to]! += all[row + from]!;
        all[row + from] = 0;
      });
    }
    return all;
  };
  const gathered = (own: Float64Array | null) => own === null ? null : gather(own.slice());
  const renamed = (guess: ScoredGuess) => ({ ...guess, index: first[guess.index]! });
  const branch = (guess: ScoredGuess | null) => guess === null ? null : renamed(guess);
  return {
    digest: predictor.digest,
    classes,
    manifest: predictor.manifest,
    runtime: predictor.runtime,
    async predict(products) {
      const scored = await predictor.predict(products);
      return scored.map((answer) => ({
        ...answer,
        top: answer.top.map(renamed),
        branches: {
          text: branch(answer.branches.text),
          image: branch(answer.branches.image),
          fused: branch(answer.branches.fused),
        },
      }));
    },
    confidencesOf: async (products) => gather(await predictor.confidencesOf(products)),
    async assess(products, options) {
      const all = await predictor.assess(products, options);
      return all.map((each) => ({
        ...each,
        confidences: gather(each.confidences.slice()),
        text: gathered(each.text),
        image: gathered(each.image),
        fused: gathered(each.fused),
      }));
    },
    selfTest: () => predictor.selfTest(),
    [Symbol.asyncDispose]: () => predictor[Symbol.asyncDispose](),
  };
}
