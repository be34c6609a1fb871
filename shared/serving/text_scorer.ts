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
import type { LinearTable } from "./linear_table.ts";
import type { Runtime, Session } from "./runtime.ts";
import { type Took, tookNothing } from "./scored.ts";
import { SentenceScorer } from "./sentence_scorer.ts";

/** An open text model. One call at a time. */
export class TextScorer {
  readonly #bundle: OpenBundle;
  readonly #session: Session | null;
  /** What the graph sums up; null where it has to run. */
  readonly #table: LinearTable | null;
  readonly #sentences: SentenceScorer | null;
  /** Scores of a product without features, one a class; only for graphs. */
  readonly #bias: Float32Array;
  readonly #maxCells: number;
  readonly #encoder: Encoder;

  private constructor(
    bundle: OpenBundle,
    parts: {
      readonly session: Session | null;
      readonly table: LinearTable | null;
      readonly sentences: SentenceScorer | null;
      readonly bias: Float32Array;
      readonly maxCells: number;
    },
  ) {
    this.#bundle = bundle;
    this.#session = parts.session;
    this.#table = parts.table;
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
    const table = runtime.openTable?.(bundle.model) ?? null;
    const session = table === null ? await runtime.open(bundle.model) : null;
    // A product without any feature scores the bias; long products need it
    const bias = session === null
      ? new Float32Array(0)
      : await session.run(new Int32Array(0), new Float32Array(0), { rows: 1, length: 0 });
    const { sentence } = bundle;
    const sentences = sentence === null ? null : await SentenceScorer.open(sentence, runtime);
    return new TextScorer(bundle, { session, table, sentences, bias: bias.slice(), maxCells });
  }

  /**
   * Scores [products, classes].
   *
   * @param unseen takes each product's share of n-grams that training never saw
   * @param took takes what encoding and inference took
   */
  async scores(
    products: readonly ProductTexts[],
    unseen: (number | undefined)[] = [],
    took: Took = tookNothing(),
  ): Promise<Float32Array> {
    const classes = this.#bundle.manifest.classes.length;
    const { spec, rowOfBucket } = this.#bundle;
    const out = new Float32Array(products.length * classes);
    const table = this.#table, rows: SparseRow[] = [];
    const startedAt = performance.now();
    products.forEach((product, r) => {
      const encodedFrom = performance.now();
      const encoded = this.#encoder.encode([productText(spec, product)]);
      unseen[r] = unseenShare(spec, encoded);
      took.encodeMs += performance.now() - encodedFrom;
      if (table === null) rows.push(sparseRow(encoded, rowOfBucket));
      else table.scores(encoded, 0, rowOfBucket, out, r * classes);
    });
    if (table === null) await this.#runGraph(this.#session!, rows, out);
    await this.#sentences?.addTo(out, products, classes);
    took.inferMs += performance.now() - startedAt - took.encodeMs;
    return out;
  }

  /** Writes the scores of `rows` to `out`, run by run. */
  async #runGraph(
    session: Session,
    rows: readonly SparseRow[],
    out: Float32Array,
  ): Promise<void> {
    const classes = this.#bundle.manifest.classes.length;
    for (const run of planRuns(rows, classes, this.#maxCells)) {
      const scores = await session.run(run.ids, run.values, run);
      // A product in pieces gets their sum; every piece brings the bias, only the first one's counts
      run.pieces.forEach(({ product, first }, i) => {
        for (let k = 0; k < classes; k++) {
          out[product * classes + k]! += scores[i * classes + k]! - (first ? 0 : this.#bias[k]!);
        }
      });
    }
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
    await this.#session?.release();
    await this.#sentences?.release();
  }
}
