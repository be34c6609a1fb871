/**
 * Stage: packs the model into the bundle that is judged and served; its digest is its name.
 *
 * @module
 */
import { unpack } from "@aisle/shared/bundle";
import { packText } from "../../export/pack_text.ts";
import { modelFromBytes } from "../../model/model_bytes.ts";
import type { StageContext } from "../stage_context.ts";
import type { ExportInput, ExportOutput } from "../stage_values.ts";

/** Packs `input.model`. */
export async function exportBundle(
  input: ExportInput,
  context: StageContext,
): Promise<ExportOutput> {
  const { blobs, params } = context;
  const { provenance, classRows } = input;
  const model = modelFromBytes(await blobs.bytes(input.model));
  const bytes = packText(model, { provenance, classRows, params });
  const { digest, sizeBytes } = await blobs.put(bytes);
  return { bundle: digest, sizeBytes, manifest: unpack(bytes).manifest };
}
