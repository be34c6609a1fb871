/**
 * The default image encoder: npm's MobileNetV2 at a chosen input size.
 *
 * @module
 */
import type { ImageRecipe } from "@aisle/shared/images";
import { type ImageEncoder, imageEncoder } from "../image_encoder.ts";
import { mobilenetGraph } from "./convert.ts";
import { readMobilenetPackage } from "./read_package.ts";

/** Options of {@linkcode loadMobilenetV2}. */
export interface MobilenetV2Options {
  /** Side of the input in pixels; {@linkcode DEFAULT_SIZE} where left out. */
  readonly size?: number;
  readonly fit?: ImageRecipe["fit"];
  /** Layer whose output is the map; {@linkcode DEFAULT_TAP} where left out, `Conv_1` for the whole network. */
  readonly tap?: string;
}

/** Side of the input; size and tap are chosen by the table in `docs/encoders.md`. */
const DEFAULT_SIZE = 160;
/** The network halves its input five times: a smaller picture leaves no place. */
const MIN_SIZE = 32;
/**
 * Where the network is cut: 816 channels with a place for every 16 x 16 pixels. What comes after has learned what the
 * weights were made for, knows less of products and costs a third more.
 */
const DEFAULT_TAP = "expanded_conv_13/expand";

/**
 * Reads npm's weights and builds the encoder.
 *
 * @throws {RangeError} if the size is below {@linkcode MIN_SIZE} or the tap is no layer of the network
 */
export async function loadMobilenetV2(options: MobilenetV2Options = {}): Promise<ImageEncoder> {
  const { size = DEFAULT_SIZE, fit = "stretch", tap = DEFAULT_TAP } = options;
  if (!Number.isInteger(size) || size < MIN_SIZE) {
    throw new RangeError(
      `Cannot build mobilenet-v2: its input must have a side of at least ${MIN_SIZE}: current value is ${size}`,
    );
  }
  const { nodes, weights } = await readMobilenetPackage();
  const name = `mobilenet-v2@${size}${tap === DEFAULT_TAP ? "" : `/${tap}`}`;
  return imageEncoder(
    name,
    { version: 1, size, fit },
    mobilenetGraph(nodes, weights, { size, tap }),
  );
}
