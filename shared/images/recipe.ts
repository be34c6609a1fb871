/**
 * How a picture of any size becomes the square of pixels that an encoder reads. The recipe travels in the bundle.
 *
 * @module
 */
import { z } from "zod";

/** The schema of {@linkcode ImageRecipe}. */
export const ImageRecipe = z.strictObject({
  /** Version of the arithmetic; another one may give other pixels. */
  version: z.literal(1),
  /** Side of the square. */
  size: z.int().min(8).max(1024),
  /** `stretch` fills the square; `contain` keeps the proportions and fills up with white. */
  fit: z.enum(["stretch", "contain"]),
});
/** See the module's note. */
export type ImageRecipe = Readonly<z.infer<typeof ImageRecipe>>;
