/**
 * Scores of texts by a bundle's `text.onnx`, and by its `text_encoder.onnx` where there is one: their sum.
 *
 * @module
 */
import type { OpenBundle } from "../bundle/mod.ts";
import {
  createEncoder,
  type Encoder,
  productText,
  type ProductTexts,
  unseenShare,
} from "../features/mod.ts";
import { MAX_CELLS, planRuns, type SparseRow, sparseRow } from "./batches.ts";
import type { Runtime, Session } from "./runtime.ts";
import { SentenceScorer } from "./sentence_scorer.ts";

/** An open text model. One call at a time. */
export class TextScorer {
  readonly #bundle: OpenBundle;
  readonly #session: Session;
  readonly #sentences: SentenceScorer | null;
  /** Scores of a product without features, one a class. */
  readonly #bias: Float32Array;
  readonly #maxCells: number;
  readonly #encoder: Encoder;

  private constructor(
    bundle: OpenBundle,
    parts: {
      readonly session: Session;
      readonly sentences: SentenceScorer | null;
      readonly bias: Float32Array;
      readonly maxCells: number;
    },
  ) {
    this.#bundle = bundle;
    this.#session = parts.session;
    this.#sentences = parts.sentences;
    this.#bias = parts.bias;
    this.#maxCells = parts.maxCells;
    this.#encoder = createEncoder(bundle.spec);
  }

  /** Opens the text model of `bundle`. */
  static async open(
    bundle: OpenBundle,
    runtime: Runtime,
    maxCells: number = MAX_CELLS,
  ): Promise<TextScorer> {
    const session = await runtime.open(bundle.model);
    // A product without any feature scores the bias; long products need it
    const bias = await session.run(new Int32Array(0), new Float32Array(0), { rows: 1, length: 0 });
    const { sentence } = bundle;
    const sentences = sentence === null ? null : await SentenceScorer.open(sentence, runtime);
    return new TextScorer(bundle, { session, sentences, bias: bias.slice(), maxCells });
  }

  /**
   * Scores [products, classes], run by run.
   *
   * @param unseen takes each product's share of n-grams that training never saw
   */
  async scores(
    products: readonly ProductTexts[],
    unseen: (number | undefined)[] = [],
  ): Promise<Float32Array> {
    const classes = this.#bundle.manifest.classes.length;
    const { spec, rowOfBucket } = this.#bundle;
    const out = new Float32Array(products.length * classes);
    const rows: SparseRow[] = products.map((product, i) => {
      const encoded = this.#encoder.encode([productText(spec, product)]);
      unseen[i] = unseenShare(spec, encoded);
      return sparseRow(encoded, rowOfBucket);
    });
    for (const run of planRuns(rows, classes, this.#maxCells)) {
      const scores = await this.#session.run(run.ids, run.values, run);
      // A product in pieces gets their sum; every piece brings the bias, only the first one's counts
      run.pieces.forEach(({ product, first }, i) => {
        for (let k = 0; k < classes; k++) {
          out[product * classes + k]! += scores[i * classes + k]! - (first ? 0 : this.#bias[k]!);
        }
      });
    }
    await this.#sentences?.addTo(out, products, classes);
    return out;
  }

  /** What no word carries: the part of the sentence encoder, [products, classes]; null where there is none. */
  async sentenceScores(products: readonly ProductTexts[]): Promise<Float32Array | null> {
    if (this.#sentences === null) return null;
    const classes = this.#bundle.manifest.classes.length;
    const out = new Float32Array(products.length * classes);
    await this.#sentences.addTo(out, products, classes);
    return out;
  }

  async release(): Promise<void> {
    await this.#session.release();
    await this.#sentences?.release();
  }
}
