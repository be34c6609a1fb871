/**
 * Opens an encoder from what was gathered: needs the blobs and nothing else.
 *
 * Each kind is imported when it is asked for: what a catalogue does not use costs it nothing.
 *
 * @module
 */
import type { ImageRecipe } from "@aisle/shared/images";
import { type ImageEncoder, imageEncoder } from "./image_encoder.ts";
import type { ImageEncoderSource } from "./image_encoder_source.ts";

/** The section `image` of the params, as far as it speaks of the encoder; `auto` is the encoder's own choice. */
export interface ImageEncoderParams {
  /** Side of the input in pixels. */
  readonly size: number | "auto";
  readonly fit: ImageRecipe["fit"];
  readonly mean: readonly number[] | "auto";
  readonly std: readonly number[] | "auto";
  /** Output of a foreign network to take; layer at which mobilenet-v2 is cut. */
  readonly output: string;
}

/** What is as the encoder itself would have it. */
export const AUTO: ImageEncoderParams = {
  size: "auto",
  fit: "stretch",
  mean: "auto",
  std: "auto",
  output: "auto",
};

/** What opening needs. */
export interface OpenOptions {
  /** The blob of this digest. */
  read(digest: string): Promise<Uint8Array>;
  /** Told what was guessed. */
  readonly log?: (message: string) => void;
}

/**
 * Opens `source` as `params` say.
 *
 * @throws {AppError} `model-invalid` for a foreign network that is no image encoder
 */
export async function openImageEncoder(
  source: ImageEncoderSource,
  params: ImageEncoderParams,
  { read, log = () => {} }: OpenOptions,
): Promise<ImageEncoder> {
  const own = <T>(value: T | "auto"): T | null => value === "auto" ? null : value as T;
  const { fit } = params;
  if (source.kind === "mobilenet-v2") {
    const { loadMobilenetV2 } = await import("./mobilenet_v2/mobilenet_v2.ts");
    const size = own(params.size), tap = own<string>(params.output);
    return await loadMobilenetV2({
      fit,
      ...(size !== null && { size }),
      ...(tap !== null && { tap }),
    });
  }
  if (source.kind === "own") {
    const { readOnnx } = await import("../onnx/mod.ts");
    return imageEncoder(source.name, source.recipe, readOnnx(await read(source.model)));
  }
  const { foreignImageEncoder } = await import("./foreign/image_graph.ts");
  const { readOnnx } = await import("../onnx/mod.ts");
  return await foreignImageEncoder(readOnnx(await read(source.model)), {
    name: source.name,
    preprocessor: source.preprocessor,
    size: own(params.size),
    fit,
    mean: own(params.mean),
    std: own(params.std),
    output: own<string>(params.output),
    log,
  });
}
