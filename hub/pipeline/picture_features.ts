/**
 * What a training reads of pictures: runs the stage `pictures`, and for an encoder that learns the stage `encoder` too.
 *
 * @module
 */
import {
  gatherImageEncoder,
  type ImageEncoder,
  type ImageEncoderSource,
  openImageEncoder,
} from "../encoders/mod.ts";
import { encodeOnnx, type Graph } from "../onnx/mod.ts";
import type { DeviceReport } from "../training/network/executor.ts";
import type { DatasetHead, PipelineContext } from "./datasets.ts";
import type {
  EncoderInput,
  EncoderOutput,
  FeaturesOutput,
  PicturesInput,
  PicturesOutput,
} from "./stage_values.ts";

/** Features of pictures, and the encoder that they come from: both stages behind need both. */
export interface TrainPicturesFound extends PicturesOutput {
  readonly source: ImageEncoderSource;
  /**
   * A `LearnedBranch`, where the encoder was trained on these rows; `features` are then those of its frozen part and
   * tell only who has a picture. Null for an encoder that has seen none of them.
   */
  readonly branch: string | null;
  /** Where the encoder was trained; null for one that was not. */
  readonly device: DeviceReport | null;
}

/** What {@linkcode encodeTrainPictures} is about. */
export interface TrainSet {
  readonly split: SplitTrain;
  readonly features: FeaturesOutput;
}
interface SplitTrain {
  readonly sets: { readonly train: { readonly blob: string } };
}

/**
 * Features of the pictures of the train set; null where it has none. Where the data came without pictures and only
 * feedback brings some, they count from `fusion.minRows` on: below it an encoder would be fetched for nothing.
 */
export async function encodeTrainPictures(
  context: PipelineContext,
  { images }: Pick<DatasetHead, "images">,
  { split, features: { texts, pictured } }: TrainSet,
): Promise<TrainPicturesFound | null> {
  const fewest = images === null ? context.params.fusion.minRows : 1;
  if (pictured < fewest) return null;
  const { runner } = context, train = split.sets.train.blob;
  const encode = (encoder: ImageEncoderSource, handmade: boolean) => {
    const input: PicturesInput = { train, images, encoder, handmade };
    return runner.run<PicturesOutput>("pictures", input);
  };
  const { front, base } = await frozenPart(context);
  const output = await encode(front, base === "all of it");
  if (output.pictures === 0) return null;
  if (base === "all of it") return { ...output, source: front, branch: null, device: null };
  const input: EncoderInput = { train, texts, features: output.features, base };
  const { source, encoder, branch, device } = await runner.run<EncoderOutput>("encoder", input);
  return { ...output, source, encoder, branch, device };
}

/** What runs once a picture, and whose last blocks learn (null: a network from scratch). */
async function frozenPart(
  { blobs, dataDir, params }: PipelineContext,
): Promise<{ front: ImageEncoderSource; base: ImageEncoderSource | null | "all of it" }> {
  const put = async (bytes: Uint8Array<ArrayBuffer>) => (await blobs.put(bytes)).digest;
  const own = async (
    name: string,
    recipe: ImageEncoder["recipe"],
    graph: Graph,
  ): Promise<ImageEncoderSource> => ({
    kind: "own",
    name,
    recipe,
    model: await put(encodeOnnx(graph)),
  });
  const { encoder, cnn, finetune } = params.image;
  if (encoder === "cnn") {
    const { pixelFront } = await import("../vision/front.ts"), { size } = cnn;
    const recipe = { version: 1, size, fit: "stretch" } as const;
    return { front: await own(`pixels@${size}`, recipe, pixelFront(size)), base: null };
  }
  const base = await gatherImageEncoder(encoder, { put, modelsDir: `${dataDir}/models` });
  if (finetune.blocks === 0) return { front: base, base: "all of it" };
  const { fineTuneFront } = await import("../vision/front.ts");
  const { planFineTune } = await import("../vision/fine_tune.ts");
  const read = (digest: string) => blobs.bytes(digest);
  const { name, recipe, graph } = await openImageEncoder(base, params.image, { read });
  const front = fineTuneFront(planFineTune(graph, finetune.blocks));
  return { front: await own(`${name} to ${finetune.blocks} blocks`, recipe, front), base };
}
