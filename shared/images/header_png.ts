/**
 * PNG headers: walks the chunks and holds those that decide the pixels against their check sums (W3C PNG, third
 * edition, section 5). Decoders differ in what they make of a damaged or cut file: none is handed one.
 *
 * @module
 */
import { crc32 } from "node:zlib";
import { exifOrientation } from "./exif.ts";
import { type PictureHeader, pictureInvalid } from "./header.ts";

const SIGNATURE_BYTES = 8;
const CHECKED: ReadonlySet<string> = new Set(["IHDR", "PLTE", "tRNS", "IDAT", "IEND"]);

/** @throws {AppError} `picture-invalid` */
export function readPngHeader(bytes: Uint8Array): PictureHeader {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let size: { width: number; height: number } | null = null;
  let orientation = 1;
  let pixels = false;
  for (let at = SIGNATURE_BYTES; at + 12 <= bytes.length;) {
    const length = view.getUint32(at), end = at + 12 + length;
    if (end > bytes.length) break;
    const type = String.fromCharCode(...bytes.subarray(at + 4, at + 8));
    const data = bytes.subarray(at + 8, at + 8 + length);
    if (CHECKED.has(type) && crc32(bytes.subarray(at + 4, end - 4)) !== view.getUint32(end - 4)) {
      throw pictureInvalid(`the check sum of its ${type} does not fit`, "Send the file again");
    }
    at = end;
    if (size === null) {
      if (type !== "IHDR" || length !== 13) break;
      size = { width: view.getUint32(16), height: view.getUint32(20) };
    } else if (type === "acTL") {
      throw pictureInvalid("it is an animated PNG", "Save one of its pictures alone");
    } else if (type === "eXIf") {
      orientation = exifOrientation(data);
    } else if (type === "IDAT") {
      pixels = true;
    } else if (type === "IEND" && pixels) {
      return { format: "png", ...size, orientation };
    }
  }
  throw pictureInvalid("the PNG is cut short", "Send the whole file");
}
