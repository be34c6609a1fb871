/**
 * Pictures of a catalogue's products, for people: the bytes as they came. The hub's own process decodes none of them.
 *
 * @module
 */
import type { Source } from "../data/source.ts";
import { openPictureReader, type PictureReader } from "../images/picture_reader.ts";
import type { BlobsPort, HubDeps } from "./ports.ts";
import { Remembered } from "./remembered.ts";

/** Indexes kept open; one of 85,000 pictures takes some 20 MB. */
const OPEN_INDEXES = 2;
const readers = new WeakMap<BlobsPort, Remembered<PictureReader>>();

/** A reader over the pictures that the catalogue's raw files came with, and those that came with feedback. */
export async function cataloguePictures(hub: HubDeps, catalogue: string): Promise<PictureReader> {
  const settings = await hub.registry.catalogues.settings(catalogue);
  const images = (settings["source"] as Partial<Source> | undefined)?.images ?? null;
  const { blobs } = hub;
  let open = readers.get(blobs);
  if (open === undefined) readers.set(blobs, open = new Remembered(OPEN_INDEXES));
  return await open.get(images ?? "", () =>
    openPictureReader({
      open: (digest, range) => blobs.open(digest, range),
      bytes: async (digest) => await new Response(await blobs.open(digest)).bytes(),
    }, images));
}
