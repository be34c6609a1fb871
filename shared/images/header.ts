/**
 * What the first bytes of a picture file say of it, read before anything is decoded.
 *
 * A few kilobytes can claim thousands of megapixels: what the header claims is held against limits here, and what
 * hub and edge could not decode alike (CMYK, animation, rare JPEG processes) is refused here, by one rule for both.
 *
 * @module
 */
import { AppError } from "../errors.ts";
import { readJpegHeader } from "./header_jpeg.ts";
import { readPngHeader } from "./header_png.ts";
import { readWebpHeader } from "./header_webp.ts";
import type { PictureFormat } from "./raster.ts";

/** What a header says. */
export interface PictureHeader {
  readonly format: PictureFormat;
  /** As stored, before the orientation is applied. */
  readonly width: number;
  readonly height: number;
  /** EXIF orientation, 1 (upright) to 8. */
  readonly orientation: number;
}

/** The most that is decoded. */
export interface PictureLimits {
  readonly bytes: number;
  readonly pixels: number;
  readonly side: number;
}

/**
 * A product photograph has 0.05 to 12 megapixels. 25 million decode to 100 MB, which a wasm decoder needs about
 * three times over.
 */
export const PICTURE_LIMITS: PictureLimits = { bytes: 16 << 20, pixels: 25_000_000, side: 16_384 };

/** An error that says why a picture cannot be used, and what would help. */
export function pictureInvalid(why: string, mend: string, options?: ErrorOptions): AppError {
  return new AppError("picture-invalid", `Cannot use the picture: ${why}. ${mend}`, options);
}

const SAVE_AS = "Save it as JPEG, PNG or WebP";
const SMALLER = "Make it smaller";

/**
 * Reads the header of a JPEG, PNG or WebP.
 *
 * @throws {AppError} `picture-invalid` for any other file, for what is not decoded, and above the limits
 */
export function readPictureHeader(
  bytes: Uint8Array,
  limits: PictureLimits = PICTURE_LIMITS,
): PictureHeader {
  if (bytes.length === 0) throw pictureInvalid("the file is empty", "Send it again");
  if (bytes.length > limits.bytes) {
    const rule = `a picture has at most ${limits.bytes} bytes: current value is ${bytes.length}`;
    throw pictureInvalid(rule, SMALLER);
  }
  const header = readAnyHeader(bytes);
  const { width, height } = header;
  const size = `${width} x ${height}`;
  if (width < 1 || height < 1) throw pictureInvalid(`its size is ${size}`, "Save it again");
  if (width > limits.side || height > limits.side) {
    const rule = `no side has more than ${limits.side} pixels: current value is ${size}`;
    throw pictureInvalid(rule, SMALLER);
  }
  if (width * height > limits.pixels) {
    const rule = `it has at most ${limits.pixels} pixels: current value is ${size}`;
    throw pictureInvalid(rule, SMALLER);
  }
  return header;
}

function readAnyHeader(bytes: Uint8Array): PictureHeader {
  switch (fileType(bytes)) {
    case "JPEG":
      return readJpegHeader(bytes);
    case "PNG":
      return readPngHeader(bytes);
    case "WebP":
      return readWebpHeader(bytes);
    case null:
      throw pictureInvalid("it is neither JPEG, PNG nor WebP", SAVE_AS);
    default:
      throw pictureInvalid(`${fileType(bytes)} is not read`, SAVE_AS);
  }
}

/** What files begin with, and from which byte on. */
const BEGINNINGS: readonly (readonly [type: string, at: number, beginning: string])[] = [
  ["JPEG", 0, "\xff\xd8\xff"],
  ["PNG", 0, "\x89PNG\r\n\x1a\n"],
  ["WebP", 8, "WEBP"],
  ["GIF", 0, "GIF8"],
  ["AVIF", 4, "ftypavif"],
  ["AVIF", 4, "ftypavis"],
  ["HEIC", 4, "ftyphei"],
  ["HEIC", 4, "ftyphev"],
  ["HEIC", 4, "ftypmif1"],
  ["BMP", 0, "BM"],
  ["TIFF", 0, "II*\0"],
  ["TIFF", 0, "MM\0*"],
  ["JPEG XL", 0, "\xff\x0a"],
  ["JPEG XL", 4, "JXL "],
  ["JPEG 2000", 4, "jP  "],
  ["PDF", 0, "%PDF"],
  ["SVG", 0, "<svg"],
  ["SVG", 0, "<?xml"],
  ["HTML", 0, "<!doctype"],
  ["HTML", 0, "<!DOCTYPE"],
  ["HTML", 0, "<html"],
];
const BEGINNING_BYTES = 64;

function fileType(bytes: Uint8Array): string | null {
  const start = String.fromCharCode(...bytes.subarray(0, BEGINNING_BYTES));
  return BEGINNINGS.find(([, at, text]) => start.startsWith(text, at))?.[0] ?? null;
}
