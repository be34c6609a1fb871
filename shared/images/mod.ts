/**
 * Pictures: the only road from the bytes of a file to the pixels that an encoder reads.
 *
 * @module
 */
export { ImageRecipe } from "./recipe.ts";
export type { PictureDecoder, PictureFormat, Raster } from "./raster.ts";
export {
  PICTURE_LIMITS,
  type PictureHeader,
  type PictureLimits,
  readPictureHeader,
} from "./header.ts";
export { toPixels } from "./to_pixels.ts";
export { decodeUpright, pictureReader, type ReadPixels } from "./read_pixels.ts";
export { HANDMADE, handmadeFeatures } from "./handmade.ts";
