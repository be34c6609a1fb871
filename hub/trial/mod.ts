/**
 * Trying products against bundles in the hub, as edges would answer.
 *
 * @module
 */
import { readPictureBinaries } from "@aisle/shared/images_wasm";
import { readWasmBinary } from "@aisle/shared/serving";
import { TrialHost } from "./trial_host.ts";
import { startTrialWorker } from "./web_worker.ts";

export { TrialHost } from "./trial_host.ts";
export type { TrialProduct, TrialScore } from "./trial_port.ts";

/** A host over the bundles that `bundle` gives; its worker starts with the first product. */
export function createTrialHost(
  bundle: (digest: string) => Promise<Uint8Array<ArrayBuffer>>,
): TrialHost {
  return new TrialHost({
    start: startTrialWorker,
    binaries: async () => {
      const [runtime, pictures] = await Promise.all([readWasmBinary(), readPictureBinaries()]);
      return { runtime, pictures };
    },
    bundle,
  });
}
