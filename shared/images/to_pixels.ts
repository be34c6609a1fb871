/**
 * From a decoded picture to the square of pixels an encoder reads: flatten on white, resize, fill up.
 *
 * @module
 */
import { flattenOnWhite, isOpaque } from "./flatten.ts";
import type { Raster } from "./raster.ts";
import type { ImageRecipe } from "./recipe.ts";
import { resizePlain } from "./resize.ts";
import { fastResize } from "./resize_fast.ts";
import { axisWeights } from "./weights.ts";

/** Resizes a raster to [height, width, 3], laying transparency on white. */
export type Resize = (raster: Raster, width: number, height: number) => Uint8Array<ArrayBuffer>;

/** The plain twin of the kernel. */
export const resizeInScript: Resize = (raster, width, height) => {
  let { data } = raster;
  if (raster.channels === 4 && !isOpaque(data)) flattenOnWhite(data = data.slice());
  const columns = axisWeights(raster.width, width), rows = axisWeights(raster.height, height);
  return resizePlain({ ...raster, data }, columns, rows);
};

/** The kernel of this thread, made when first needed. */
let fast: Resize | undefined;

/**
 * Pixels [size, size, 3] of a raster by `recipe`.
 *
 * @param resize how; every way gives the same bytes
 */
export function toPixels(
  raster: Raster,
  recipe: ImageRecipe,
  resize: Resize = fast ??= fastResize(),
): Uint8Array<ArrayBuffer> {
  const { size } = recipe;
  if (recipe.fit === "stretch") return resize(raster, size, size);
  const longest = Math.max(raster.width, raster.height);
  // Integers only: (2 x side x size + longest) / (2 x longest) is side x size / longest, rounded to the nearest.
  const scaled = (side: number) =>
    Math.max(1, Math.floor((2 * side * size + longest) / (2 * longest)));
  const [width, height] = [scaled(raster.width), scaled(raster.height)];
  const inner = resize(raster, width, height);
  const out = new Uint8Array(size * size * 3).fill(255);
  const [left, top] = [(size - width) >> 1, (size - height) >> 1];
  for (let y = 0; y < height; y++) {
    const row = inner.subarray(y * width * 3, (y + 1) * width * 3);
    out.set(row, ((top + y) * size + left) * 3);
  }
  return out;
}
