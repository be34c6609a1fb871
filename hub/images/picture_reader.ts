/**
 * Pictures by the digest of their content, out of the hub's blobs.
 *
 * @module
 */
import { AppError } from "@aisle/shared/errors";
import { isDigest } from "@aisle/shared/hash";
import { type PictureIndex, type PicturePlace, readPictureIndex } from "../data/picture_index.ts";

/** Gives the bytes of a picture file; null where they are nowhere. */
export interface PictureReader {
  read(digest: string): Promise<Uint8Array<ArrayBuffer> | null>;
  /** Like `read` for many, pack by pack, so that each pack is read once; the order is the packs'. */
  readAll(
    digests: Iterable<string>,
  ): AsyncGenerator<{ readonly digest: string; readonly bytes: Uint8Array<ArrayBuffer> | null }>;
}

/** What is asked of a blob store. */
export interface PictureBlobs {
  open(
    digest: string,
    range?: { readonly start: number; readonly end: number },
  ): Promise<ReadableStream<Uint8Array<ArrayBuffer>>>;
  bytes(digest: string): Promise<Uint8Array<ArrayBuffer>>;
}

/**
 * A reader over the packs of the index whose blob is `images`; a picture that no pack has is looked for as a blob of
 * its own, as those are that came with feedback.
 *
 * @throws {AppError} `data-invalid` where the blob is no index
 */
export async function openPictureReader(
  blobs: PictureBlobs,
  images: string | null,
): Promise<PictureReader> {
  const index: PictureIndex = images === null
    ? { packs: [], entries: [], places: new Map() }
    : await readPictureIndex(await blobs.open(images));
  const alone = async (digest: string) => {
    if (!isDigest(digest)) return null;
    try {
      return await blobs.bytes(digest);
    } catch (error) {
      if (error instanceof AppError && error.code === "not-found") return null;
      throw error;
    }
  };
  return {
    async read(digest) {
      const place = index.places.get(digest);
      if (place === undefined) return await alone(digest);
      const range = { start: place.offset, end: place.offset + place.sizeBytes };
      return await new Response(await blobs.open(index.packs[place.pack]!, range)).bytes();
    },
    async *readAll(digests) {
      const byPack = new Map<number, [string, PicturePlace][]>();
      const others: string[] = [];
      for (const digest of new Set(digests)) {
        const place = index.places.get(digest);
        if (place === undefined) others.push(digest);
        else {
          const list = byPack.get(place.pack);
          if (list === undefined) byPack.set(place.pack, [[digest, place]]);
          else list.push([digest, place]);
        }
      }
      for (const [pack, wanted] of [...byPack].sort(([a], [b]) => a - b)) {
        wanted.sort(([, a], [, b]) => a.offset - b.offset);
        const bytes = await blobs.bytes(index.packs[pack]!);
        for (const [digest, { offset, sizeBytes }] of wanted) {
          yield { digest, bytes: bytes.slice(offset, offset + sizeBytes) };
        }
      }
      for (const digest of others.sort()) yield { digest, bytes: await alone(digest) };
    },
  };
}
