/**
 * A decoded picture, and what decodes one. Decoders are native in the hub and wasm at the edge; the pixels are the same.
 *
 * @module
 */

/** Pixels row by row: red, green, blue and perhaps alpha (not multiplied in). Colour profiles are not applied. */
export interface Raster {
  readonly width: number;
  readonly height: number;
  /** Bytes of a pixel: 3 without alpha, 4 with. */
  readonly channels: 3 | 4;
  /** [height, width, channels] */
  readonly data: Uint8Array | Uint8ClampedArray;
}

/** Turns the bytes of a JPEG, PNG or WebP into pixels as they are stored: not turned upright, not resized. */
export interface PictureDecoder {
  readonly name: string;
  /** @throws {Error} where the bytes cannot be decoded; the words are the library's */
  decode(bytes: Uint8Array<ArrayBuffer>, format: PictureFormat): Promise<Raster>;
}

/** Formats that are read. */
export type PictureFormat = "jpeg" | "png" | "webp";
