/**
 * Packs picture files: each content once, a few megabytes a pack, with an index of what lies where.
 *
 * @module
 */
import { sha256 } from "@aisle/shared/hash";
import {
  endsPack,
  type PictureEntry,
  type PictureIndex,
  type PicturePlace,
} from "../data/picture_index.ts";
import type { PictureFile } from "./picture_files.ts";

/** What {@linkcode packPictures} is given beside the files. */
export interface PackPicturesOptions {
  /** Keeps a pack under its digest; not more than one pack is in memory. */
  readonly keep: (digest: string, bytes: Uint8Array<ArrayBuffer>) => Promise<unknown>;
  readonly onProgress?: (done: number, total: number) => void;
  readonly signal?: AbortSignal | undefined;
}

/** Reads every file once; a file that cannot be read gets an entry that says why. */
export async function packPictures(
  files: Iterable<PictureFile> & { readonly count: number },
  { keep, onProgress = () => {}, signal }: PackPicturesOptions,
): Promise<PictureIndex> {
  const packs: string[] = [];
  const entries: PictureEntry[] = [];
  const places = new Map<string, PicturePlace>();
  let pack: Uint8Array<ArrayBuffer>[] = [], packBytes = 0;
  const endPack = async () => {
    const bytes = new Uint8Array(packBytes);
    let at = 0;
    for (const picture of pack) {
      bytes.set(picture, at);
      at += picture.length;
    }
    [pack, packBytes] = [[], 0];
    const digest = sha256(bytes);
    await keep(digest, bytes);
    packs.push(digest);
  };
  for (const { path, sizeBytes, read } of files) {
    signal?.throwIfAborted();
    const found = await read();
    if ("problem" in found) {
      entries.push({ path, sizeBytes, digest: "", problem: found.problem });
    } else {
      const { bytes } = found, digest = sha256(bytes);
      entries.push({ path, sizeBytes: bytes.length, digest });
      if (!places.has(digest)) {
        places.set(digest, { pack: packs.length, offset: packBytes, sizeBytes: bytes.length });
        pack.push(bytes);
        packBytes += bytes.length;
        if (endsPack(digest, bytes.length, packBytes)) await endPack();
      }
    }
    onProgress(entries.length, files.count);
  }
  if (pack.length > 0) await endPack();
  return { packs, entries, places };
}
