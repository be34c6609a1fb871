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

/** Options of {@linkcode embedSentences}. */
export interface EmbedOptions {
  readonly signal?: AbortSignal;
  readonly onProgress?: (done: number) => void;
}

/** Texts a run: enough to keep the processor busy, few enough for a long text's attention to fit. */
const BATCH = 32;

/**
 * Vectors of `texts`, [texts, dims].
 *
 * Texts of like length run together, so that little of a run is padding.
 *
 * @throws {AppError} `cancelled` after an abort
 */
export async function embedSentences(
  encoder: SentenceEncoder,
  texts: readonly string[],
  { signal, onProgress }: EmbedOptions = {},
): Promise<Float32Array> {
  const session = await native.InferenceSession.create(encodeOnnx(encoder.graph), {
    interOpNumThreads: 1,
    enableMemPattern: false,
  });
  try {
    const out = new Float32Array(texts.length * encoder.dims);
    const order = Array.from(texts.keys()).sort((a, b) => texts[a]!.length - texts[b]!.length);
    for (let at = 0; at < order.length; at += BATCH) {
      if (signal?.aborted) throw new AppError("cancelled", "The sentence encoder was cancelled");
      const rows = order.slice(at, at + BATCH);
      const { ids, mask, length } = encoder.tokenize(rows.map((row) => texts[row]!));
      const shape = [rows.length, length];
      const { [SENTENCE_GRAPH.embedding]: found } = await session.run({
        [SENTENCE_GRAPH.ids]: new native.Tensor("int32", ids, shape),
        [SENTENCE_GRAPH.mask]: new native.Tensor("int32", mask, shape),
      });
      const values = found!.data as Float32Array, { dims } = encoder;
      rows.forEach((row, r) => out.set(values.subarray(r * dims, (r + 1) * dims), row * dims));
      onProgress?.(Math.min(order.length, at + BATCH));
    }
    return out;
  } finally {
    await session.release();
  }
}
