/**
 * The MobileNetV2 of npm's `nsfwjs` (MIT): 1.4 times wide, 4.3 million weights in bytes, inside JavaScript files.
 *
 * The package is asked for the files through its own exports; its runtime is neither installed nor loaded.
 * Imported when it is asked for: 6 MB of JavaScript are nothing for a catalogue without pictures.
 *
 * @module
 */
import { readWeights, type TfModelJson, type TfNode, type TfTensor } from "./tfjs_model.ts";

/** The network as it lies in the package. */
export interface MobilenetPackage {
  readonly nodes: readonly TfNode[];
  readonly weights: ReadonlyMap<string, TfTensor>;
}

/** Reads the package's `mobilenet_v2_mid`; about 0.2 s. */
export async function readMobilenetPackage(): Promise<MobilenetPackage> {
  const { MobileNetV2MidModel: files } = await import("nsfwjs/models/mobilenet_v2_mid");
  const [model, ...shards] = await Promise.all([
    files.modelJson() as Promise<{ default: TfModelJson }>,
    ...files.weightBundles.map((read) => read() as Promise<{ default: string }>),
  ]);
  const json = model.default;
  return {
    nodes: json.modelTopology.node,
    weights: readWeights(json, shards.map((shard) => shard.default)),
  };
}
