/**
 * Writes the golden bundle anew: `deno run -A tests/golden/write_bundle.ts`.
 *
 * Only when the format or the encoding of text is meant to change: bundles that were packed before then no longer
 * open or no longer mean the same, so their format's or spec's version must change too.
 *
 * @module
 */
import { packText } from "../../hub/export/pack_text.ts";
import { TINY_PACKING, tinyModel } from "../../hub/export/testing/tiny_model.ts";

if (import.meta.main) {
  for (const weights of ["int8", "float32"] as const) {
    const params = { ...TINY_PACKING.params, export: { weights, goldenSamples: 8 } };
    const bytes = packText(tinyModel(), { ...TINY_PACKING, params });
    await Deno.writeFile(new URL(`tiny_${weights}.bundle`, import.meta.url), bytes);
  }
}
