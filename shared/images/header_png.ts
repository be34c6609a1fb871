/**
 * PNG headers: the chunks up to the first one of pixels (W3C PNG, third edition, section 5).
 *
 * @module
 */
import { exifOrientation } from "./exif.ts";
import { type PictureHeader, pictureInvalid } from "./header.ts";

const SIGNATURE_BYTES = 8;

/** @throws {AppError} `picture-invalid` */
export function readPngHeader(bytes: Uint8Array): PictureHeader {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let size: { width: number; height: number } | null = null;
  let orientation = 1;
  for (let at = SIGNATURE_BYTES; at + 8 <= bytes.length;) {
    const length = view.getUint32(at);
    const type = String.fromCharCode(...bytes.subarray(at + 4, at + 8));
    const data = bytes.subarray(at + 8, at + 8 + length);
    at += 12 + length;
    if (size === null) {
      if (type !== "IHDR" || data.length < 13) break;
      size = { width: view.getUint32(16), height: view.getUint32(20) };
      continue;
    }
    switch (type) {
      case "acTL":
        throw pictureInvalid("it is an animated PNG", "Save one of its pictures alone");
      case "eXIf":
        orientation = exifOrientation(data);
        break;
      case "IDAT":
        return { format: "png", ...size, orientation };
    }
  }
  throw pictureInvalid("the PNG ends before its picture begins", "Send the whole file");
}
