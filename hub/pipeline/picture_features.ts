/**
 * Runs the stage `pictures` for a data set that has any.
 *
 * @module
 */
import type { Source } from "../data/source.ts";
import { gatherImageEncoder } from "../encoders/mod.ts";
import type { PipelineContext } from "./datasets.ts";
import type { PicturesInput, PicturesOutput, SplitOutput } from "./stage_values.ts";

/**
 * Features of the pictures of the train set; null where the data came without pictures.
 *
 * @param spec `image.encoder` of the params
 */
export async function encodeTrainPictures(
  { blobs, dataDir, runner }: PipelineContext,
  { source, split, spec }: { source: Source | null; split: SplitOutput; spec: string },
): Promise<PicturesOutput | null> {
  if (source === null || source.images === null) return null;
  const encoder = await gatherImageEncoder(spec, {
    put: async (bytes) => (await blobs.put(bytes)).digest,
    modelsDir: `${dataDir}/models`,
  });
  const input: PicturesInput = { train: split.sets.train.blob, images: source.images, encoder };
  return await runner.run<PicturesOutput>("pictures", input);
}
