/**
 * Stage: a zip of pictures, as somebody sent it, into packs and their index.
 *
 * @module
 */
import { AppError } from "@aisle/shared/errors";
import { writePictureIndex } from "../../data/picture_index.ts";
import { packPictures } from "../../images/pack_pictures.ts";
import { zipPictures } from "../../images/zip_pictures.ts";
import type { StageContext } from "../stage_context.ts";
import type { PackInput, PackOutput } from "../stage_values.ts";

/** Reads every picture once; one that cannot be read is told by the check, and its product counts as one without. */
export async function pack(
  { zip }: PackInput,
  { blobs, emit, signal }: StageContext,
): Promise<PackOutput> {
  const wrong = (why: string) =>
    new AppError("data-invalid", `Cannot read the pictures: ${why}. Send a zip of pictures`);
  const size = await blobs.size(zip);
  const readAt = async (offset: number, length: number) => {
    const end = Math.min(size, offset + length);
    if (offset >= end) return new Uint8Array();
    return await new Response(await blobs.open(zip, { start: offset, end })).bytes();
  };
  const files = await zipPictures(readAt, size, wrong);
  const index = await packPictures(files, {
    keep: async (_digest, bytes) => await blobs.put(bytes),
    onProgress: (done, total) => {
      if (done % 100 === 0 || done === total) {
        emit({ type: "progress", done, total, what: "pictures" });
      }
    },
    signal,
  });
  const { digest } = await blobs.put(writePictureIndex(index));
  return { index: digest, pictures: files.count };
}
