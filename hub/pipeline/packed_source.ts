/**
 * Pictures come packed with their index from the command line, and as one zip from a browser: here both are one.
 *
 * @module
 */
import type { BlobStore } from "../artifact/blob_store.ts";
import type { Source } from "../data/source.ts";
import type { StageRunner } from "./stage_runner.ts";
import type { PackOutput } from "./stage_values.ts";

/** A zip begins so: with a file, or empty. An index is gzip and does not. */
const ZIP = new Set(["PK\x03\x04", "PK\x05\x06"]);

/** `source` with the index of its pictures in the place of a zip; itself where they are packed or absent. */
export async function packed<S extends Source>(
  source: S,
  blobs: BlobStore,
  runner: StageRunner,
): Promise<S> {
  if (source.images === null || !await isZip(blobs, source.images)) return source;
  const { index } = await runner.run<PackOutput>("pack", { zip: source.images });
  return { ...source, images: index };
}

async function isZip(blobs: BlobStore, digest: string): Promise<boolean> {
  if (await blobs.size(digest) < 4) return false;
  const bytes = await new Response(await blobs.open(digest, { start: 0, end: 4 })).bytes();
  return ZIP.has(String.fromCharCode(...bytes));
}
