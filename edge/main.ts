/**
 * The edge as it runs anywhere: models in WebAssembly, in workers without any permission.
 *
 * @module
 */
import { runEdgeProcess } from "./process.ts";
import { startWebWorker } from "./web_worker.ts";
import { readWorkerBinaries } from "./worker_binaries.ts";

if (import.meta.main) {
  await runEdgeProcess(async (options) => {
    const binaries = await readWorkerBinaries();
    return () => startWebWorker(binaries, options);
  });
}
