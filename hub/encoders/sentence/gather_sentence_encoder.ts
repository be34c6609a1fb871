/**
 * Brings the files of a sentence encoder together, as `gather_image_encoder.ts` does for pictures.
 *
 * @module
 */
import { join } from "node:path";
import { AppError } from "@aisle/shared/errors";
import { TOKENIZER_FILES } from "@aisle/shared/tokens";
import type { GatherOptions } from "../gather_image_encoder.ts";
import { huggingFaceFolder, type ModelFolder } from "../hugging_face/folder.ts";
import { readIfThere } from "../read_if_there.ts";
import type { Pooling } from "./sentence_graph.ts";

/** What a sentence encoder is made of: a small JSON value; large parts are blobs, named by digest. */
export interface SentenceEncoderSource {
  readonly name: string;
  /** Digests. */
  readonly model: string;
  readonly tokenizer: string;
  readonly config: string;
  readonly pooling: Pooling;
  /** Longest text that the network has positions for; null where its files do not say. */
  readonly positions: number | null;
}

/** Positions beyond this are a way to say "no limit". */
const NO_LIMIT = 1e6;

/**
 * Gathers the encoder of `text.encoder`; null for `tfidf`, which needs none.
 *
 * @throws {AppError} as `huggingFaceFolder`, and `model-invalid` for files that do not fit
 */
export async function gatherSentenceEncoder(
  spec: string,
  { put, modelsDir }: GatherOptions,
): Promise<SentenceEncoderSource | null> {
  if (spec === "tfidf") return null;
  const folder = await huggingFaceFolder(spec.replace(/^hf:/, ""), "text", modelsDir);
  const [tokenizerFile, configFile] = TOKENIZER_FILES;
  const config = await readIfThere(join(folder.path, configFile)) ??
    new TextEncoder().encode("{}");
  return {
    name: `hf:${folder.name}`,
    model: await put(await folder.read("onnx/model.onnx")),
    tokenizer: await put(await folder.read(tokenizerFile)),
    config: await put(config),
    pooling: await poolingOf(folder),
    positions: await positionsOf(folder, config),
  };
}

/** What sentence-transformers wrote of the pooling; the mean where it wrote nothing. */
async function poolingOf(folder: ModelFolder): Promise<Pooling> {
  const bytes = await readIfThere(join(folder.path, "1_Pooling/config.json"));
  if (bytes === null) return "mean";
  return jsonOf(bytes, folder)["pooling_mode_cls_token"] === true ? "first" : "mean";
}

async function positionsOf(
  folder: ModelFolder,
  tokenizerConfig: Uint8Array,
): Promise<number | null> {
  const model = jsonOf(await folder.read("config.json"), folder);
  const limits = [
    model["max_position_embeddings"],
    jsonOf(tokenizerConfig, folder)["model_max_length"],
  ].filter((limit) => typeof limit === "number" && limit > 0 && limit < NO_LIMIT) as number[];
  return limits.length === 0 ? null : Math.min(...limits);
}

function jsonOf(bytes: Uint8Array, { name }: ModelFolder): Record<string, unknown> {
  try {
    const value = JSON.parse(new TextDecoder().decode(bytes));
    if (value !== null && typeof value === "object") return value;
  } catch { /* told below */ }
  throw new AppError("model-invalid", `Cannot use the model ${name}: a file of it must be JSON`);
}
