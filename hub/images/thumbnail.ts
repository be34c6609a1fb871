/**
 * Small copies of pictures for pages that people read. Models never see these.
 *
 * @module
 */
import sharp from "sharp";
import { readPictureHeader } from "@aisle/shared/images";

const SIDE = 96, QUALITY = 60;

/** `bytes` as a small WebP in a data URI; null where they are no picture that Aisle takes. */
export async function thumbnailOf(bytes: Uint8Array<ArrayBuffer>): Promise<string | null> {
  try {
    // The header first: a file of a few kilobytes can claim gigabytes of pixels
    readPictureHeader(bytes);
    const small = await sharp(bytes, { failOn: "none" }).autoOrient()
      .resize(SIDE, SIDE, { fit: "inside", withoutEnlargement: true })
      .flatten({ background: "#fff" }).webp({ quality: QUALITY }).toBuffer();
    return `data:image/webp;base64,${small.toString("base64")}`;
  } catch {
    return null;
  }
}
