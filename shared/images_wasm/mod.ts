/**
 * The picture decoder in WebAssembly, for places without native code.
 *
 * @module
 */
export { type PictureBinaries, readPictureBinaries } from "./binaries.ts";
export { wasmDecoder } from "./wasm_decoder.ts";
