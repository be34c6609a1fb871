/**
 * Gathers and opens an encoder in one go, its files held in memory: for tools, benches and tests.
 *
 * @module
 */
import { sha256 } from "@aisle/shared/hash";
import { gatherImageEncoder } from "./gather_image_encoder.ts";
import type { ImageEncoder } from "./image_encoder.ts";
import { AUTO, type ImageEncoderParams, openImageEncoder } from "./open_image_encoder.ts";

/** Options of {@linkcode loadImageEncoder}; what is left out is the encoder's own choice. */
export interface LoadImageEncoderOptions extends Partial<ImageEncoderParams> {
  /** Folder for models that are downloaded. */
  readonly modelsDir?: string;
  readonly log?: (message: string) => void;
}

/** Loads the encoder that `spec` names: `mobilenet-v2`, `onnx:PATH` or `hf:MODEL_ID_or_FOLDER`. */
export async function loadImageEncoder(
  spec: string,
  options: LoadImageEncoderOptions = {},
): Promise<ImageEncoder> {
  const { modelsDir = "data/models", log, ...params } = options;
  const blobs = new Map<string, Uint8Array>();
  const source = await gatherImageEncoder(spec, {
    put(bytes) {
      const digest = sha256(bytes);
      blobs.set(digest, bytes);
      return Promise.resolve(digest);
    },
    modelsDir,
  });
  return await openImageEncoder(source, { ...AUTO, ...params }, {
    read: (digest) => Promise.resolve(blobs.get(digest)!),
    ...(log && { log }),
  });
}
