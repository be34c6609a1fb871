/**
 * Runs the stage `pictures` for a data version that has any.
 *
 * @module
 */
import { gatherImageEncoder, type ImageEncoderSource } from "../encoders/mod.ts";
import type { DatasetHead, PipelineContext } from "./datasets.ts";
import type { PicturesInput, PicturesOutput, SplitOutput } from "./stage_values.ts";

/** Features of pictures, and the encoder that they come from: both stages behind need both. */
export interface TrainPicturesFound extends PicturesOutput {
  readonly source: ImageEncoderSource;
}

/** An encoder that is trained on the catalogue itself has its own stage. */
const TRAINED_HERE = "cnn";

/** Features of the pictures of the train set; null where the data came without pictures. */
export async function encodeTrainPictures(
  { blobs, dataDir, params, runner }: PipelineContext,
  { images }: Pick<DatasetHead, "images">,
  split: SplitOutput,
): Promise<TrainPicturesFound | null> {
  if (images === null || params.image.encoder === TRAINED_HERE) return null;
  const source = await gatherImageEncoder(params.image.encoder, {
    put: async (bytes) => (await blobs.put(bytes)).digest,
    modelsDir: `${dataDir}/models`,
  });
  const input: PicturesInput = { train: split.sets.train.blob, images, encoder: source };
  const output = await runner.run<PicturesOutput>("pictures", input);
  return output.pictures === 0 ? null : { ...output, source };
}
