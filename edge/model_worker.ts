/**
 * Entry of a model worker in WebAssembly.
 *
 * It runs without any permission; all it has is what the messages bring.
 *
 * @module
 */
import { pictureReader } from "@aisle/shared/images";
import { wasmDecoder } from "@aisle/shared/images_wasm";
import { createPredictor } from "@aisle/shared/serving";
import { serveModel, type WorkerScope } from "./serve_model.ts";

serveModel(globalThis as unknown as WorkerScope, async (bundle, parts) => {
  const { pictures, pictureCacheBytes, runtime } = parts;
  if (pictures === null) throw new TypeError("a worker in WebAssembly was given no decoders");
  // The predictor reads one picture after the other
  const readPixels = pictureReader(wasmDecoder(pictures, { reuse: true }));
  return await createPredictor(bundle, { wasmBinary: runtime, readPixels, pictureCacheBytes });
});
