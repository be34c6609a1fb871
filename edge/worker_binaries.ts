/**
 * The WebAssembly that model workers are handed, by the one thread that may read it.
 *
 * @module
 */
import { readPictureBinaries } from "@aisle/shared/images_wasm";
import { readWasmBinary } from "@aisle/shared/serving";
import type { WorkerBinaries } from "./model_port.ts";

/** Picture decoders from the installed packages, and the runtime for who asks for it. */
export async function readWorkerBinaries(): Promise<WorkerBinaries> {
  return { runtime: readWasmBinary, pictures: await readPictureBinaries() };
}
