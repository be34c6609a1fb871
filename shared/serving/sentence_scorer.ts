/**
 * What a bundle's sentence encoder adds to the scores of products.
 *
 * @module
 */
import type { OpenSentence } from "../bundle/mod.ts";
import type { ProductTexts } from "../features/mod.ts";
import type { Runtime, SentenceSession } from "./runtime.ts";

/** From a product to its tokens. */
type TokensOf = Awaited<ReturnType<typeof openTokens>>;

/** Texts a run: more win nothing on a CPU, and attention takes memory by the square of the longest. */
const BATCH = 8;

/** An open sentence encoder. One call at a time. */
export class SentenceScorer {
  readonly #session: SentenceSession;
  readonly #tokensOf: TokensOf;

  private constructor(session: SentenceSession, tokensOf: TokensOf) {
    this.#session = session;
    this.#tokensOf = tokensOf;
  }

  /** Opens `sentence`; the tokenizer's library is imported by nobody else. */
  static async open(sentence: OpenSentence, runtime: Runtime): Promise<SentenceScorer> {
    const tokensOf = await openTokens(sentence);
    return new SentenceScorer(await runtime.openSentences(sentence.model), tokensOf);
  }

  /** Adds what the sentences of `products` say to their `scores` [products, classes]. */
  async addTo(
    scores: Float32Array,
    products: readonly ProductTexts[],
    classes: number,
  ): Promise<void> {
    for (let at = 0; at < products.length; at += BATCH) {
      const found = await this.#session.run(this.#tokensOf(products.slice(at, at + BATCH)));
      found.forEach((score, i) => scores[at * classes + i]! += score);
    }
  }

  release(): Promise<void> {
    return this.#session.release();
  }
}

async function openTokens({ tokenizer, config, maxTokens }: OpenSentence) {
  const { openTokenizer, sentenceText } = await import("../tokens/mod.ts");
  const tokenize = openTokenizer({ tokenizer, config }, maxTokens);
  return (products: readonly ProductTexts[]) => tokenize(products.map(sentenceText));
}
