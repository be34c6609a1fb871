/**
 * JPEGs decoded by libjpeg-turbo in the calling thread.
 *
 * libvips hands each picture through two more threads, which costs more than the decoding. The library is called by
 * FFI, with the exact transform: its package's own binding asks for the fast one, whose pixels are others.
 *
 * @module
 */
import { createRequire } from "node:module";
import type { PictureDecoder } from "@aisle/shared/images";

const PACKAGE = "@julusian/jpeg-turbo";
/** Processors for which the package has the library as a file of its own, on Linux with glibc. */
const BUILDS: Readonly<Record<string, string>> = { x86_64: "x64", aarch64: "arm64" };
const CALLS = {
  tjInitDecompress: { parameters: [], result: "pointer" },
  tjDecompressHeader3: {
    parameters: ["pointer", "buffer", "usize", "buffer", "buffer", "buffer", "buffer"],
    result: "i32",
  },
  tjDecompress2: {
    parameters: ["pointer", "buffer", "usize", "buffer", "i32", "i32", "i32", "i32", "i32"],
    result: "i32",
  },
} as const;
/** Order of the bytes of a pixel: red, green, blue. */
const RGB = 0;
/** A picture above it gets memory of its own, which goes again. */
const KEPT_BYTES = 12_000_000;

/**
 * A decoder of this thread; what the library cannot take, or has a word to say about, and all that is no JPEG goes to
 * `other`. Null where the library is not to be had. The pixels of a JPEG hold until the next one is decoded.
 */
export function turboJpegDecoder(other: PictureDecoder): PictureDecoder | null {
  const opened = open();
  if (opened === null) return null;
  const { calls, handle } = opened;
  const int = () => new Int32Array(1);
  const width = int(), height = int(), sampling = int(), colours = int();
  let kept = new Uint8Array(0);
  const room = (bytes: number) => {
    if (bytes > KEPT_BYTES) return new Uint8Array(bytes);
    if (bytes > kept.length) kept = new Uint8Array(bytes);
    return kept.subarray(0, bytes);
  };
  return {
    name: "turbojpeg",
    async decode(bytes, format) {
      if (format !== "jpeg") return await other.decode(bytes, format);
      const { length } = bytes;
      // Warnings too are no 0: a file with something missing is decoded as everywhere
      if (
        calls.tjDecompressHeader3(handle, bytes, BigInt(length), width, height, sampling, colours)
      ) {
        return await other.decode(bytes, format);
      }
      const [w, h] = [width[0]!, height[0]!], data = room(w * h * 3);
      const failed = calls
        .tjDecompress2(handle, bytes, BigInt(length), data, w, w * 3, h, RGB, 0);
      if (failed) return await other.decode(bytes, format);
      return { width: w, height: h, channels: 3, data };
    },
  };
}

/** The library and its memory; null where the machine has no build of it. */
function open() {
  const { os, arch } = Deno.build, build = BUILDS[arch];
  if (os !== "linux" || build === undefined) return null;
  try {
    const manifest = createRequire(import.meta.url).resolve(`${PACKAGE}/package.json`);
    const folder = manifest.slice(0, -"package.json".length);
    const path = `${folder}prebuilds/jpeg-turbo-linux-${build}/libturbojpeg.so.0`;
    const calls = Deno.dlopen(path, CALLS).symbols;
    const handle = calls.tjInitDecompress();
    return handle === null ? null : { calls, handle };
  } catch (error) {
    // Another C library, or a package that was left out: libvips decodes as well
    if (error instanceof Error) return null;
    throw error;
  }
}
