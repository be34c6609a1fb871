/**
 * WebP headers: the RIFF chunks (WebP Container Specification), and the first bytes of VP8 and VP8L.
 *
 * @module
 */
import { exifOrientation } from "./exif.ts";
import { type PictureHeader, pictureInvalid } from "./header.ts";

const RIFF_BYTES = 12;
const ANIMATED = 0x02;

interface Size {
  readonly width: number;
  readonly height: number;
}

/** @throws {AppError} `picture-invalid` */
export function readWebpHeader(bytes: Uint8Array): PictureHeader {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let canvas: Size | null = null, picture: Size | null = null;
  let orientation = 1;
  for (let at = RIFF_BYTES; at + 8 <= bytes.length;) {
    const type = String.fromCharCode(...bytes.subarray(at, at + 4));
    const length = view.getUint32(at + 4, true);
    const data = bytes.subarray(at + 8, at + 8 + length);
    // Chunks begin at even places.
    at += 8 + length + (length & 1);
    if (type === "ANIM" || type === "ANMF" || (type === "VP8X" && (data[0]! & ANIMATED) !== 0)) {
      throw pictureInvalid("it is an animated WebP", "Save one of its pictures alone");
    }
    // Not a line of a cut picture comes out of libwebp.
    if (type.startsWith("VP8") && data.length < length) throw cutShort();
    if (type === "VP8X") canvas = canvasSize(data);
    else if (type === "VP8 ") picture ??= lossySize(data);
    else if (type === "VP8L") picture ??= losslessSize(data);
    else if (type === "EXIF") orientation = exifOrientation(withoutPrefix(data));
  }
  if (picture === null) throw cutShort();
  if (canvas !== null && (canvas.width !== picture.width || canvas.height !== picture.height)) {
    throw pictureInvalid("the WebP names two different sizes", "Save it again");
  }
  return { format: "webp", ...picture, orientation };
}

function canvasSize(data: Uint8Array): Size | null {
  if (data.length < 10) return null;
  const three = (at: number) => data[at]! | data[at + 1]! << 8 | data[at + 2]! << 16;
  return { width: three(4) + 1, height: three(7) + 1 };
}

/** RFC 6386, section 9.1: a key frame's tag, start code, then 14 bits a side. */
function lossySize(data: Uint8Array): Size | null {
  if (data.length < 10 || data[3] !== 0x9d || data[4] !== 0x01 || data[5] !== 0x2a) return null;
  const side = (at: number) => (data[at]! | data[at + 1]! << 8) & 0x3fff;
  return { width: side(6), height: side(8) };
}

/** WebP Lossless Bitstream, section 3: signature, then 14 bits a side less one. */
function losslessSize(data: Uint8Array): Size | null {
  if (data.length < 5 || data[0] !== 0x2f) return null;
  const bits = data[1]! | data[2]! << 8 | data[3]! << 16 | data[4]! << 24;
  return { width: (bits & 0x3fff) + 1, height: (bits >>> 14 & 0x3fff) + 1 };
}

/** Some writers put JPEG's `Exif\0\0` before the block. */
function withoutPrefix(data: Uint8Array): Uint8Array {
  return data[0] === 0x45 && data[1] === 0x78 ? data.subarray(6) : data;
}

function cutShort(): Error {
  return pictureInvalid("the WebP is cut short", "Send the whole file");
}
