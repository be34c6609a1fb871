/**
 * The only road from the bytes of a picture file to pixels.
 *
 * @module
 */
import { messageOf } from "../errors.ts";
import { PICTURE_LIMITS, pictureInvalid, type PictureLimits, readPictureHeader } from "./header.ts";
import { orient } from "./orient.ts";
import type { PictureDecoder, Raster } from "./raster.ts";
import type { ImageRecipe } from "./recipe.ts";
import { toPixels } from "./to_pixels.ts";

/**
 * Pixels [size, size, 3] of a picture file.
 *
 * @throws {AppError} `picture-invalid`
 */
export type ReadPixels = (
  bytes: Uint8Array<ArrayBuffer>,
  recipe: ImageRecipe,
) => Promise<Uint8Array<ArrayBuffer>>;

/** {@linkcode ReadPixels} by `decoder`: header first, then decoded, turned upright, resized. */
export function pictureReader(
  decoder: PictureDecoder,
  limits: PictureLimits = PICTURE_LIMITS,
): ReadPixels {
  return async (bytes, recipe) => toPixels(await decodeUpright(decoder, bytes, limits), recipe);
}

/**
 * The whole picture, upright.
 *
 * @throws {AppError} `picture-invalid`
 */
export async function decodeUpright(
  decoder: PictureDecoder,
  bytes: Uint8Array<ArrayBuffer>,
  limits: PictureLimits = PICTURE_LIMITS,
): Promise<Raster> {
  const { format, width, height, orientation } = readPictureHeader(bytes, limits);
  let raster: Raster;
  try {
    raster = await decoder.decode(bytes, format);
  } catch (cause) {
    const why = `its ${format} data cannot be decoded (${messageOf(cause)})`;
    throw pictureInvalid(why, "Save it again", { cause });
  }
  if (raster.width !== width || raster.height !== height) {
    const found = `${raster.width} x ${raster.height}`;
    throw pictureInvalid(
      `its header says ${width} x ${height}, its data ${found}`,
      "Save it again",
    );
  }
  return orient(raster, orientation);
}
