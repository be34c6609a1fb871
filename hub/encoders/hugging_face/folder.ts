/**
 * The folder of a Hugging Face model: one on the disk, or one that `@huggingface/transformers` downloads by the
 * model's id, once.
 *
 * The library is imported only for a download; a folder that is there is read without it.
 *
 * @module
 */
import { AppError, messageOf } from "@aisle/shared/errors";
import { basename, join, resolve } from "node:path";
import { readIfThere } from "../read_if_there.ts";

/** What the model is for: says which files it must have. */
export type ModelUse = "image" | "text";

/** A folder with a model in Hugging Face's layout. */
export interface ModelFolder {
  readonly path: string;
  /** The id, or the folder's own name. */
  readonly name: string;
  /** @throws {AppError} `model-invalid` if the folder has no such file */
  read(file: string): Promise<Uint8Array<ArrayBuffer>>;
}

/** Files that the folder must have. */
const NEEDED: Readonly<Record<ModelUse, readonly string[]>> = {
  image: ["config.json", "onnx/model.onnx"],
  text: ["config.json", "tokenizer.json", "onnx/model.onnx"],
};
/** `owner/name` or `name`, as Hugging Face allows them. */
const MODEL_ID = /^(?:[A-Za-z0-9][\w.-]*\/)?[A-Za-z0-9][\w.-]*$/;

/**
 * The folder of `model`, with every file that its use needs.
 *
 * @param modelsDir where downloads are kept
 * @throws {AppError} `model-invalid` for a folder that lacks a file, `params-invalid` for what is neither folder nor id,
 *   `model-unavailable` when it cannot be downloaded
 */
export async function huggingFaceFolder(
  model: string,
  use: ModelUse,
  modelsDir: string,
): Promise<ModelFolder> {
  if (await isFolder(model)) {
    const folder = folderAt(resolve(model), basename(resolve(model)));
    const lacking = await missing(folder.path, use);
    if (lacking.length === 0) return folder;
    throw new AppError(
      "model-invalid",
      `Cannot use the folder ${model} as ${use} encoder: it must have ${NEEDED[use].join(", ")}: ${
        lacking.join(", ")
      } is missing`,
    );
  }
  if (!MODEL_ID.test(model)) {
    throw new AppError(
      "params-invalid",
      `Cannot load hf:${model}: it must be a folder that exists or the id of a model`,
    );
  }
  const path = join(modelsDir, model);
  if ((await missing(path, use)).length > 0) {
    const { downloadModel } = await import("./download.ts");
    try {
      await downloadModel(model, use, modelsDir);
    } catch (cause) {
      throw unavailable(model, messageOf(cause), cause);
    }
    const lacking = await missing(path, use);
    if (lacking.length > 0) throw unavailable(model, `it has no ${lacking.join(", ")}`);
  }
  return folderAt(path, model);
}

function folderAt(path: string, name: string): ModelFolder {
  return {
    path,
    name,
    async read(file) {
      const bytes = await readIfThere(join(path, file));
      if (bytes !== null) return bytes;
      throw new AppError("model-invalid", `Cannot use the model ${name}: it has no file ${file}`);
    },
  };
}

async function missing(folder: string, use: ModelUse): Promise<string[]> {
  const found = await Promise.all(NEEDED[use].map((file) => isFile(join(folder, file))));
  return NEEDED[use].filter((_, i) => !found[i]);
}

async function isFile(path: string): Promise<boolean> {
  return (await statIfThere(path))?.isFile ?? false;
}

async function isFolder(path: string): Promise<boolean> {
  return (await statIfThere(path))?.isDirectory ?? false;
}

async function statIfThere(path: string): Promise<Deno.FileInfo | null> {
  try {
    return await Deno.stat(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotADirectory) {
      return null;
    }
    throw error;
  }
}

function unavailable(model: string, why: string, cause?: unknown): AppError {
  return new AppError(
    "model-unavailable",
    `Cannot download the model ${model} from Hugging Face: a network and an ONNX file (onnx/model.onnx) are needed: ${why}. Put its folder on the disk and name it as hf:FOLDER instead`,
    { cause },
  );
}
