/**
 * A small fused bundle of noise, for tests of what serves bundles.
 *
 * @module
 */
import { type OrtLike, ortRuntime } from "@aisle/shared/serving";
import * as native from "onnxruntime-node";
import { packFused } from "../export/pack_fused.ts";
import { tinyEncoder, tinyFused } from "../export/testing/tiny_fused.ts";
import { TINY_PACKING, tinyModel } from "../export/testing/tiny_model.ts";

/** The bundle's bytes; `cascade` is the confidence from which a text needs no picture. */
export async function tinyFusedBundle(
  options: { readonly cascade?: number | null } = {},
): Promise<Uint8Array<ArrayBuffer>> {
  const runtime = ortRuntime("native", native as unknown as OrtLike);
  const text = tinyModel();
  return await packFused(text, tinyFused(text, options), {
    ...TINY_PACKING,
    encoder: tinyEncoder(),
    handmade: null,
    open: async (onnx) => {
      const session = await runtime.openFull(onnx);
      return (inputs) => session.run({ ...inputs, rows: 1 }, ["image", "fused"]);
    },
  });
}
