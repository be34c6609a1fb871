/**
 * A catalogue whose champion and challenger are small real bundles, for tests of what tries products.
 *
 * @module
 */
import type { Registry } from "../registry/registry.ts";
import type { BlobsPort, VerbsPort } from "../api/ports.ts";
import { tinyFusedBundle } from "./fused_bundle.ts";

/** Makes `demo` serve a bundle of text alone, challenged by one that reads pictures; returns both digests. */
export async function seedTrial(
  { registry, blobs }: { readonly registry: Registry; readonly blobs: BlobsPort },
  promote: (request: Parameters<VerbsPort["promote"]>[0]) => Promise<unknown>,
): Promise<{ readonly text: string; readonly fused: string }> {
  const catalogue = "demo";
  await registry.catalogues.ensure(catalogue, { title: "Demo" });
  await registry.labels.ensure(catalogue, [
    { code: "0060", name: "Kitchen" },
    { code: "10", name: "Books" },
    { code: "Jeux, d'occasion", name: "Used games" },
    { code: "Été", name: "Summer" },
  ]);
  const add = async (bytes: Uint8Array<ArrayBuffer>) => {
    const { digest, sizeBytes } = await blobs.put(new Response(bytes).body!);
    const rest = { catalogue, runId: null, dataset: null, manifest: {} };
    await registry.models.add({ digest, sizeBytes, ...rest });
    return digest;
  };
  const text = await add(
    await Deno.readFile(new URL("../../tests/golden/tiny_int8.bundle", import.meta.url)),
  );
  const fused = await add(await tinyFusedBundle({ cascade: null }));
  await promote({ catalogue, digest: text, by: "test", why: "first", force: true });
  await registry.aliases.setChallenger({ catalogue, digest: fused, by: "test", why: "new" });
  return { text, fused };
}
