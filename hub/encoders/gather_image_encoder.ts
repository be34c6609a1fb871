/**
 * Brings the files of an image encoder together, where there are a disk and a network: in the hub's own process.
 *
 * What comes out is a small value that names blobs. It is part of the inputs of the stages that need the encoder,
 * so that a changed file runs them again; they open it from the blobs (`open_image_encoder.ts`), with no other right.
 *
 * @module
 */
import { AppError } from "@aisle/shared/errors";
import { basename, dirname, join } from "node:path";
import { parseEncoderSpec } from "./encoder_spec.ts";
import { huggingFaceFolder } from "./hugging_face/folder.ts";
import type { ImageEncoderSource } from "./image_encoder_source.ts";
import { readPreprocessor } from "./foreign/preprocessor.ts";
import { readIfThere } from "./read_if_there.ts";

/** Where files go and come from. */
export interface GatherOptions {
  /** Keeps bytes and names them. */
  put(bytes: Uint8Array<ArrayBuffer>): Promise<string>;
  /** Folder for models that are downloaded. */
  readonly modelsDir: string;
}

/**
 * Gathers the encoder that `spec` names.
 *
 * @throws {AppError} `params-invalid` for another word or a file that is not there, `model-invalid` for a file that does not fit
 */
export async function gatherImageEncoder(
  spec: string,
  options: GatherOptions,
): Promise<ImageEncoderSource> {
  const parsed = parseEncoderSpec(spec);
  if (parsed.kind === "mobilenet-v2") return { kind: "mobilenet-v2" };
  if (parsed.kind === "onnx") return await gatherFile(spec, parsed.path, options);
  const folder = await huggingFaceFolder(parsed.model, "image", options.modelsDir);
  const preprocessor = await readPreprocessorIn([folder.path]);
  const model = await options.put(await folder.read("onnx/model.onnx"));
  return { kind: "graph", name: `hf:${folder.name}`, model, preprocessor };
}

async function gatherFile(
  spec: string,
  path: string,
  { put }: GatherOptions,
): Promise<ImageEncoderSource> {
  const bytes = await readIfThere(path);
  if (bytes === null) {
    throw new AppError("params-invalid", `Cannot load the image encoder ${spec}: no file ${path}`);
  }
  const folder = dirname(path);
  // Hugging Face keeps the graph in a folder of its own, one below the file that speaks of pictures
  const preprocessor = await readPreprocessorIn([folder, dirname(folder)]);
  const name = `onnx:${basename(path).replace(/\.onnx$/i, "")}`;
  return { kind: "graph", name, model: await put(bytes), preprocessor };
}

async function readPreprocessorIn(folders: readonly string[]) {
  for (const folder of folders) {
    const file = join(folder, "preprocessor_config.json");
    const bytes = await readIfThere(file);
    if (bytes !== null) return readPreprocessor(new TextDecoder().decode(bytes), file);
  }
  return null;
}
