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

/** Options of {@linkcode wasmDecoder}. */
export interface WasmDecoderOptions {
  /**
   * Whether all pictures go through one piece of memory, so that each holds only until the next one is decoded. A fresh
   * megabyte for each costs a thirtieth of a whole prediction; for callers that read one picture at a time.
   */
  readonly reuse?: boolean;
}

/** A decoder of this thread. The modules are compiled when a format is first met. */
export function wasmDecoder(
  binaries: PictureBinaries,
  { reuse = false }: WasmDecoderOptions = {},
): PictureDecoder {
  const copy = reuse ? reusingCopy() : (view: Uint8Array) => view.slice();
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
      ? await emscripten(mozjpegFactory as Factory, module, [false], copy)
      : await emscripten(webpFactory as Factory, module, [], copy);
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
  copy: Copy,
): Promise<Decode> {
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
    const raster = copyingBy(copy, () => codec.decode(bytes, ...options));
    if (raster === null) throw new Error("no picture came out");
    const { width, height, data } = raster;
    return { width, height, channels: 4, data };
  };
}

/** Takes pixels out of a codec's memory, where they are gone once it has returned. */
type Copy = (view: Uint8Array) => Uint8Array;

/** A {@linkcode Copy} to memory that the next one takes again; a very large picture gets its own. */
function reusingCopy(): Copy {
  let kept = new Uint8Array(0);
  return (view) => {
    if (view.length > 4 * LARGE_PIXELS) return view.slice();
    if (kept.length < view.length) kept = new Uint8Array(view.length);
    kept.set(view);
    return kept.subarray(0, view.length);
  };
}

/** Pixels as the codecs hand them out. */
class DecodedPicture {
  constructor(readonly data: Uint8Array, readonly width: number, readonly height: number) {}
}

/** Runs `decode`, in which the codecs copy their pixels by a global constructor into an `ImageData`: by ours meanwhile. */
function copyingBy<T>(copy: Copy, decode: () => T): T {
  const scope = globalThis as { Uint8ClampedArray: unknown; ImageData: unknown };
  const { Uint8ClampedArray, ImageData } = scope;
  // Called with `new`, which an arrow function does not take
  scope.Uint8ClampedArray = function (view: Uint8Array) {
    return copy(view);
  };
  scope.ImageData = DecodedPicture;
  try {
    return decode();
  } finally {
    Object.assign(scope, { Uint8ClampedArray, ImageData });
  }
}
