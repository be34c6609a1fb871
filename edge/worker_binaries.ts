/**
 * The WebAssembly that model workers are handed; read once, by the one thread that may read it.
 *
 * @module
 */
import { readPictureBinaries } from "@aisle/shared/images_wasm";
import { readWasmBinary } from "@aisle/shared/serving";
import type { WorkerBinaries } from "./model_port.ts";

/** Runtime and picture decoders from the installed packages. */
export async function readWorkerBinaries(): Promise<WorkerBinaries> {
  const [runtime, pictures] = await Promise.all([readWasmBinary(), readPictureBinaries()]);
  return { runtime, pictures };
}
