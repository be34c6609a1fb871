/**
 * Where the decoders' WebAssembly lies on this machine. Apart from the decoder, so that a Worker without any
 * permission can be handed the bytes.
 *
 * @module
 */

/** Bytes of the decoders, one file a format. */
export interface PictureBinaries {
  readonly jpeg: Uint8Array<ArrayBuffer>;
  readonly png: Uint8Array<ArrayBuffer>;
  readonly webp: Uint8Array<ArrayBuffer>;
}

/** The decoders from the installed packages; needs read permission for `node_modules`. */
export async function readPictureBinaries(): Promise<PictureBinaries> {
  const [jpeg, png, webp] = await Promise.all([
    import.meta.resolve("@jsquash/jpeg/codec/dec/mozjpeg_dec.wasm"),
    import.meta.resolve("@jsquash/png/codec/pkg/squoosh_png_bg.wasm"),
    import.meta.resolve("@jsquash/webp/codec/dec/webp_dec.wasm"),
  ].map((url) => Deno.readFile(new URL(url))));
  return { jpeg: jpeg!, png: png!, webp: webp! };
}
