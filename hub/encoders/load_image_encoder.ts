/**
 * From the word in `params.yaml` (`image.encoder`) to an encoder.
 *
 * Each kind is imported when it is asked for: what a catalogue does not use costs it nothing.
 *
 * @module
 */
import type { EncoderRecipe, ImageEncoder } from "./image_encoder.ts";

/** Options of {@linkcode loadImageEncoder}. */
export interface LoadImageEncoderOptions {
  /** Side of the input in pixels; the encoder's own choice where left out. */
  readonly size?: number;
  readonly fit?: EncoderRecipe["fit"];
}

/** Loads the encoder that `spec` names: `mobilenet-v2`. */
export async function loadImageEncoder(
  spec: string,
  options: LoadImageEncoderOptions = {},
): Promise<ImageEncoder> {
  if (spec === "mobilenet-v2") {
    const { loadMobilenetV2 } = await import("./mobilenet_v2/mobilenet_v2.ts");
    return await loadMobilenetV2(options);
  }
  throw new RangeError(
    `Cannot load an image encoder: it must be mobilenet-v2: current value is ${spec}`,
  );
}
