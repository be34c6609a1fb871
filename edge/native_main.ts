/**
 * The edge on a machine that trusts native code: models on ONNX Runtime's native library, pictures decoded by libvips.
 *
 * Less than half of the CPU time a picture, for a sandbox that native code can leave: its permission set is its own
 * (`edge-native`), its packages are not in the edge's bundle or import map.
 *
 * @module
 */
import { startNativeWorker } from "./native/native_worker.ts";
import { runEdgeProcess } from "./process.ts";

if (import.meta.main) {
  await runEdgeProcess((options) => Promise.resolve(() => startNativeWorker(options)));
}
