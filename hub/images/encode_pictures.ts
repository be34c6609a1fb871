/**
 * Features of a set of pictures: from the cache where they are known, the others decoded once and encoded on every core.
 *
 * @module
 */
import type { FeatureKind, FeatureList } from "../data/picture_features.ts";
import { EncodePool } from "./encode_pool.ts";
import type { EncodeSetup } from "./encode_worker.ts";
import type { FeatureCache } from "./feature_cache.ts";
import type { PictureReader } from "./picture_reader.ts";

/** Pictures that go to a Worker at once. */
const BATCH = 8;
/** Pictures of a chunk: a few seconds of work, which is what a kill can cost. */
const CHUNK = 256;
/** Told of a picture whose bytes are nowhere. */
const NOWHERE = "Cannot use the picture: its bytes are not in the hub. Send the pictures again";

/** What {@linkcode encodePictures} works with. */
export interface EncodePicturesOptions extends Omit<EncodeSetup, "handmade"> {
  readonly kind: FeatureKind;
  readonly cache: FeatureCache;
  readonly reader: PictureReader;
  readonly workers: number;
  /** Pictures of a chunk. */
  readonly chunkPictures?: number | undefined;
  readonly signal: AbortSignal;
  /** Pictures that were encoded, of those that had to be. */
  readonly onProgress: (done: number, total: number) => void;
}

/**
 * The features of `digests`; with them the number that had to be decoded.
 *
 * @throws what `signal` was aborted with; chunks that were done stay in the cache
 */
export async function encodePictures(
  digests: ReadonlySet<string>,
  options: EncodePicturesOptions,
): Promise<{ readonly list: FeatureList; readonly decoded: number }> {
  const { kind, cache } = options;
  const missing = [...digests].filter((digest) => !cache.has(digest));
  const nowhere = missing.length === 0 ? [] : await encodeMissing(missing, options);
  const { chunks, undecodable } = cache.lookUp(digests);
  const { encoder, embedding, handmade } = kind;
  const without = [
    ...undecodable,
    ...nowhere.map((digest) => ({ digest, problem: NOWHERE })),
  ].sort((a, b) => a.digest < b.digest ? -1 : 1);
  return {
    list: { version: 1, encoder, embedding, handmade, chunks, undecodable: without },
    decoded: missing.length - nowhere.length,
  };
}

/** Encodes into the cache; the pictures whose bytes are nowhere, which may yet be sent. */

async function encodeMissing(
  missing: readonly string[],
  options: EncodePicturesOptions,
): Promise<string[]> {
  const { kind, cache, reader, workers, chunkPictures = CHUNK, signal, onProgress } = options;
  const { model, recipe } = options;
  await using pool = new EncodePool({
    model,
    recipe,
    handmade: kind.handmade > 0,
    workers: Math.min(workers, Math.ceil(missing.length / BATCH)),
  });
  const dims = kind.embedding + kind.handmade;
  let done = 0;
  const nowhere: string[] = [];
  let digests: string[] = [];
  let values: Float16Array[] = [];
  const endChunk = async () => {
    if (digests.length === 0) return;
    const all = new Float16Array(digests.length * dims);
    values.forEach((row, i) => all.set(row, i * dims));
    await cache.addChunk({ digests, values: all });
    [digests, values] = [[], []];
  };

  async function* batches() {
    let keys: string[] = [], pictures: Uint8Array<ArrayBuffer>[] = [];
    for await (const { digest, bytes } of reader.readAll(missing)) {
      signal.throwIfAborted();
      if (bytes === null) {
        nowhere.push(digest);
        onProgress(++done, missing.length);
        continue;
      }
      keys.push(digest);
      pictures.push(bytes);
      if (keys.length < BATCH) continue;
      yield { keys, pictures };
      [keys, pictures] = [[], []];
    }
    if (keys.length > 0) yield { keys, pictures };
  }

  for await (const { keys, answer } of pool.encode(batches())) {
    for (const [i, outcome] of answer.outcomes.entries()) {
      if ("problem" in outcome) await cache.addUndecodable(keys[i]!, outcome.problem);
      else {
        digests.push(keys[i]!);
        values.push(answer.values.subarray(outcome.row * dims, (outcome.row + 1) * dims));
      }
    }
    done += keys.length;
    onProgress(done, missing.length);
    if (digests.length >= chunkPictures) await endChunk();
    signal.throwIfAborted();
  }
  await endChunk();
  return nowhere;
}
