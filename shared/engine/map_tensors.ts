/**
 * Feature maps as plain tensors: what follows the last convolution reads them.
 *
 * @module
 */
import { addressAt, type FeatureMap, placeBytes } from "./feature_map.ts";
import type { PlainTensor } from "./plain_ops.ts";

/** The vectors of `map` as a tensor [1, height, width, channels]. */
export function mapTensor(floats: Float32Array, map: FeatureMap): PlainTensor {
  const { height, width, channels } = map;
  const data = new Float32Array(height * width * channels);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const from = addressAt(map, y, x) / 4;
      data.set(floats.subarray(from, from + channels), (y * width + x) * channels);
    }
  }
  return { shape: [1, height, width, channels], data };
}

/** The mean of `map` over its places as a tensor [1, channels, 1, 1]. */
export function mapMean(floats: Float32Array, map: FeatureMap): PlainTensor {
  const sums = new Float64Array(map.channels), step = placeBytes(map) / 4;
  for (let y = 0; y < map.height; y++) {
    let from = addressAt(map, y, 0) / 4;
    for (let x = 0; x < map.width; x++, from += step) {
      for (let c = 0; c < map.channels; c++) sums[c]! += floats[from + c]!;
    }
  }
  const places = map.height * map.width;
  return { shape: [1, map.channels, 1, 1], data: Float32Array.from(sums, (sum) => sum / places) };
}
