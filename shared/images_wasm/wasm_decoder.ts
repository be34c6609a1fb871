/**
 * JPEG, PNG and WebP decoded in WebAssembly; one picture at a time, in the calling thread.
 *
 * An instance that failed is not used again: a JPEG decoder that failed often enough is wrong for ever after, a PNG
 * decoder keeps what it had allocated. Nor is one that decoded a very large picture: its memory never shrinks.
 *
 * @module
 */
import mozjpegFactory from "@jsquash/jpeg/codec/dec/mozjpeg_dec.js";
import webpFactory from "@jsquash/webp/codec/dec/webp_dec.js";
import type { PictureDecoder, PictureFormat, Raster } from "../images/mod.ts";
import type { PictureBinaries } from "./binaries.ts";
import { instantiatePng } from "./png_module.ts";

/** Pixels of a picture after which the instance is given up; 4 million need some 50 MB. */
const LARGE_PIXELS = 4_000_000;

type Decode = (bytes: Uint8Array<ArrayBuffer>) => Raster;

/** What both emscripten modules look like; their own types name a namespace that is not exported. */
type Factory = (options: unknown) => Promise<{
  decode(bytes: Uint8Array<ArrayBuffer>, ...options: boolean[]): Omit<Raster, "channels"> | null;
}>;

/** A decoder of this thread. The modules are compiled when a format is first met. */
export function wasmDecoder(binaries: PictureBinaries): PictureDecoder {
  const modules = new Map<PictureFormat, WebAssembly.Module>();
  const instances = new Map<PictureFormat, Decode>();
  const instance = async (format: PictureFormat): Promise<Decode> => {
    const known = instances.get(format);
    if (known !== undefined) return known;
    let module = modules.get(format);
    if (module === undefined) {
      modules.set(format, module = new WebAssembly.Module(binaries[format]));
    }
    const decode = format === "png" ? instantiatePng(module) : format === "jpeg"
      // The orientation stays: it is applied by shared code, for every decoder alike.
      ? await emscripten(mozjpegFactory as Factory, module, [false])
      : await emscripten(webpFactory as Factory, module, []);
    instances.set(format, decode);
    return decode;
  };
  return {
    name: "wasm",
    async decode(bytes, format) {
      const decode = await instance(format);
      let raster: Raster;
      try {
        raster = decode(bytes);
      } catch (error) {
        instances.delete(format);
        // The JPEG decoder throws an exception of C++, which says nothing here.
        throw error instanceof Error ? error : new Error("the decoder gave up", { cause: error });
      }
      if (raster.width * raster.height > LARGE_PIXELS) instances.delete(format);
      return raster;
    },
  };
}

/** @param options what the codec's function takes behind the bytes; it counts them */
async function emscripten(
  factory: Factory,
  module: WebAssembly.Module,
  options: readonly boolean[],
): Promise<Decode> {
  provideImageData();
  const codec = await factory({
    noInitialRun: true,
    // Kept from the log: what cannot be decoded is told by the error.
    print: () => {},
    printErr: () => {},
    instantiateWasm: (
      imports: WebAssembly.Imports,
      done: (instance: WebAssembly.Instance) => void,
    ) => {
      const instance = new WebAssembly.Instance(module, imports);
      done(instance);
      return instance.exports;
    },
  });
  return (bytes) => {
    const raster = codec.decode(bytes, ...options);
    if (raster === null) throw new Error("no picture came out");
    const { width, height, data } = raster;
    return { width, height, channels: 4, data };
  };
}

/** The codecs make an `ImageData`, which Deno lacks. */
function provideImageData(): void {
  const scope = globalThis as { ImageData?: unknown };
  scope.ImageData ??= class ImageData {
    constructor(
      readonly data: Uint8ClampedArray,
      readonly width: number,
      readonly height: number,
    ) {}
  };
}
