/**
 * Hands out an engine's memory before it runs: constants for good, maps for as long as something reads them.
 *
 * @module
 */
import { type FeatureMap, mapBytes } from "./feature_map.ts";

const PAGE = 65_536;
const ALIGN = 64;

/** See the module's note. */
export class FeatureMapPool {
  readonly constants: { readonly address: number; readonly values: Float32Array }[] = [];
  /** Maps that nothing reads any more, by their shape: a border of zeros stays one. */
  readonly #free = new Map<string, FeatureMap[]>();
  #top = ALIGN;

  /** Pages that a memory of `bytes` lacks. */
  pages(bytes: number): number {
    return Math.max(0, Math.ceil((this.#top - bytes) / PAGE));
  }

  /** Address of `values`, which are written there before anything runs. */
  constant(values: Float32Array): number {
    const address = this.bytes(values.byteLength);
    this.constants.push({ address, values });
    return address;
  }

  /** Address of room for `count` bytes, zeros. */
  bytes(count: number): number {
    const address = this.#top;
    this.#top += Math.ceil(count / ALIGN) * ALIGN + ALIGN;
    return address;
  }

  take(shape: Omit<FeatureMap, "address">): FeatureMap {
    const known = this.#free.get(keyOf(shape))?.pop();
    return { ...shape, address: known?.address ?? this.bytes(mapBytes(shape)) };
  }

  /** Nothing reads `map` any more. */
  give(map: FeatureMap): void {
    const key = keyOf(map), list = this.#free.get(key);
    if (list === undefined) this.#free.set(key, [map]);
    else list.push(map);
  }
}

function keyOf({ height, width, padded, border }: Omit<FeatureMap, "address">): string {
  return `${height} ${width} ${padded} ${border}`;
}
