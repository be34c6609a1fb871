/**
 * The native decoder: sharp (libvips), used to decode and for nothing else.
 *
 * No resize here: libvips would shrink some formats while it loads them, which shifts pixels.
 *
 * @module
 */
import type { PictureDecoder } from "../images/mod.ts";
import sharp from "sharp";

/** A decoder of this thread; several may run side by side. */
export function sharpDecoder(): PictureDecoder {
  return {
    name: "sharp",
    async decode(bytes) {
      const { data, info } = await sharp(bytes, {
        ignoreIcc: true,
        // As far as it goes: a truncated file gives what was there, as the wasm decoder does.
        failOn: "none",
        limitInputPixels: false,
      })
        .toColourspace("srgb")
        .raw()
        .toBuffer({ resolveWithObject: true });
      const { width, height, channels } = info;
      if (channels !== 3 && channels !== 4) throw new Error(`it has ${channels} channels`);
      return { width, height, channels, data };
    },
  };
}
