/**
 * Where the runtime's WebAssembly lies on this machine. Apart from the runtime, so that a Worker without any
 * permission can be handed the bytes.
 *
 * @module
 */

/** Bytes of `ort-wasm-simd-threaded.wasm`, from the installed package; needs read permission for `node_modules`. */
export async function readWasmBinary(): Promise<Uint8Array<ArrayBuffer>> {
  const url = import.meta.resolve("onnxruntime-web/ort-wasm-simd-threaded.wasm");
  return await Deno.readFile(new URL(url));
}
