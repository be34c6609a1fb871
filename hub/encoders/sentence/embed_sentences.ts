/**
 * Runs a sentence encoder over many texts, natively.
 *
 * @module
 */
import * as native from "onnxruntime-node";
import { AppError } from "@aisle/shared/errors";
import { encodeOnnx } from "../../onnx/mod.ts";
import type { SentenceEncoder } from "./sentence_encoder.ts";
import { SENTENCE_GRAPH } from "./sentence_graph.ts";

/** Options of {@linkcode SentenceRunner.embed}. */
export interface EmbedOptions {
  readonly signal?: AbortSignal;
  readonly onProgress?: (done: number) => void;
}

/** Texts a run: enough to keep the processor busy, few enough for a long text's attention to fit. */
const BATCH = 32;

const THREADS = 2;

/** A sentence encoder in the native runtime; dispose it. */
export class SentenceRunner implements AsyncDisposable {
  readonly #encoder: SentenceEncoder;
  readonly #session: native.InferenceSession;

  private constructor(encoder: SentenceEncoder, session: native.InferenceSession) {
    this.#encoder = encoder;
    this.#session = session;
  }

  /** Opens `encoder`. */
  static async open(encoder: SentenceEncoder): Promise<SentenceRunner> {
    const session = await native.InferenceSession.create(encodeOnnx(encoder.graph), {
      // The same on every machine, because sums may be parted by the number of threads
      intraOpNumThreads: THREADS,
      interOpNumThreads: 1,
      enableMemPattern: false,
    });
    return new SentenceRunner(encoder, session);
  }

  /**
   * Vectors of `texts`, [texts, dims].
   *
   * Texts of like length run together, so that little of a run is padding.
   *
   * @throws {AppError} `cancelled` after an abort
   */
  async embed(
    texts: readonly string[],
    { signal, onProgress }: EmbedOptions = {},
  ): Promise<Float32Array> {
    const { dims, tokenize } = this.#encoder;
    const out = new Float32Array(texts.length * dims);
    const order = Array.from(texts.keys()).sort((a, b) => texts[a]!.length - texts[b]!.length);
    for (let at = 0; at < order.length; at += BATCH) {
      if (signal?.aborted) throw new AppError("cancelled", "The sentence encoder was cancelled");
      const rows = order.slice(at, at + BATCH);
      const { ids, mask, length } = tokenize(rows.map((row) => texts[row]!));
      const shape = [rows.length, length];
      const { [SENTENCE_GRAPH.embedding]: found } = await this.#session.run({
        [SENTENCE_GRAPH.ids]: new native.Tensor("int32", ids, shape),
        [SENTENCE_GRAPH.mask]: new native.Tensor("int32", mask, shape),
      });
      const values = found!.data as Float32Array;
      rows.forEach((row, r) => out.set(values.subarray(r * dims, (r + 1) * dims), row * dims));
      onProgress?.(Math.min(order.length, at + BATCH));
    }
    return out;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#session.release();
  }
}

/** Vectors of `texts` by `encoder`, opened for them alone. */
export async function embedSentences(
  encoder: SentenceEncoder,
  texts: readonly string[],
  options: EmbedOptions = {},
): Promise<Float32Array> {
  await using runner = await SentenceRunner.open(encoder);
  return await runner.embed(texts, options);
}
