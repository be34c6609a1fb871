/**
 * ONNX Runtime in WebAssembly, one thread: what every edge and the gate run a bundle on.
 *
 * @module
 */
import { ortRuntime, type Runtime } from "./runtime.ts";

/** Options of {@linkcode wasmRuntime}. */
export interface WasmRuntimeOptions {
  /**
   * Bytes of `ort-wasm-simd-threaded.wasm`; given (see `readWasmBinary`), so that nothing is fetched. A function is
   * asked only where a graph needs the runtime.
   */
  readonly wasmBinary: Uint8Array | (() => Promise<Uint8Array>);
}

/**
 * The wasm runtime of this thread.
 *
 * The runtime's module is imported here and not at the top: inside a Worker of Deno `location` has the origin
 * "null", which the module cannot build an address on, so it is hidden before the module sees it. It stays writable:
 * picture decoders put a location of their own where there is none.
 */
export async function wasmRuntime(options: WasmRuntimeOptions): Promise<Runtime> {
  if (globalThis.location?.origin === "null") {
    const hidden = { value: undefined, configurable: true, writable: true };
    Object.defineProperty(globalThis, "location", hidden);
  }
  const { wasmBinary } = options;
  const bytes = typeof wasmBinary === "function" ? await wasmBinary() : wasmBinary;
  const ort = await import("onnxruntime-web/wasm");
  ort.env.wasm.numThreads = 1;
  ort.env.wasm.proxy = false;
  ort.env.wasm.wasmBinary = bytes;
  return ortRuntime("wasm", ort);
}
