/**
 * A {@linkcode ModelWorker} on native libraries, in a Web Worker: their calls block the thread that they run on.
 *
 * @module
 */
import type { ModelWorker, WorkerOptions } from "../model_port.ts";
import { modelWorker } from "../web_worker.ts";

/** Starts a worker that may read this folder's packages and load their libraries. */
export function startNativeWorker(options: WorkerOptions): ModelWorker {
  const worker = new Worker(new URL("./native_model_worker.ts", import.meta.url), {
    type: "module",
    name: "native model",
    deno: {
      permissions: {
        read: "inherit",
        ffi: "inherit",
        env: "inherit",
        sys: "inherit",
        net: false,
        write: false,
        run: false,
        import: false,
      },
    },
  });
  return modelWorker(worker, null, options);
}
