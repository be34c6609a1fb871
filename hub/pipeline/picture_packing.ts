/**
 * Packs a bundle that reads pictures: opens the encoder, and finds natively what the golden pictures score.
 *
 * @module
 */
import * as native from "onnxruntime-node";
import { handmadeFeatures } from "@aisle/shared/images";
import { type OrtLike, ortRuntime } from "@aisle/shared/serving";
import { openImageEncoder } from "../encoders/mod.ts";
import { packFused, type RunFull } from "../export/pack_fused.ts";
import type { PackTextInput } from "../export/pack_text.ts";
import type { TextModel } from "../model/text_model.ts";
import { fusedFromBytes } from "../training/fused_bytes.ts";
import type { StageContext } from "./stage_context.ts";
import type { ExportInput } from "./stage_values.ts";

/** The bundle of `model` and the fused model whose blob `fused` names. */
export async function packPictures(
  model: TextModel,
  { model: digest, encoder }: NonNullable<ExportInput["fused"]>,
  packing: PackTextInput,
  { blobs, params }: StageContext,
): Promise<Uint8Array<ArrayBuffer>> {
  const fused = fusedFromBytes(await blobs.bytes(digest));
  await using sessions = new AsyncDisposableStack();
  return await packFused(model, fused, {
    ...packing,
    encoder: await openImageEncoder(encoder, params.image, { read: (name) => blobs.bytes(name) }),
    handmade: fused.handmade === null ? null : handmadeFeatures,
    async open(onnx): Promise<RunFull> {
      const session = await ortRuntime("native", native as unknown as OrtLike).openFull(onnx);
      sessions.defer(() => session.release());
      return (inputs) => session.run({ ...inputs, rows: 1 }, ["image", "fused"]);
    },
  });
}
