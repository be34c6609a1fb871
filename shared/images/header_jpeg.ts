/**
 * JPEG headers: walks the segments up to the first scan (ITU-T T.81, Annex B), the way libjpeg does.
 *
 * @module
 */
import { exifOrientation } from "./exif.ts";
import { type PictureHeader, pictureInvalid } from "./header.ts";

const SOF0 = 0xc0, SOF2 = 0xc2, DHT = 0xc4, JPG = 0xc8, DAC = 0xcc, SOF15 = 0xcf;
const SOI = 0xd8, EOI = 0xd9, SOS = 0xda, APP1 = 0xe1, TEM = 0x01, RST0 = 0xd0;
/**
 * A file of thousands of tiny scans costs seconds to decode; encoders write ten or so.
 */
const MAX_SCANS = 100;
const EXIF = [0x45, 0x78, 0x69, 0x66, 0, 0];

/** @throws {AppError} `picture-invalid` */
export function readJpegHeader(bytes: Uint8Array): PictureHeader {
  let orientation = 1;
  let size: { width: number; height: number } | null = null;
  for (let at = 2;;) {
    const marker = nextMarker(bytes, at);
    if (marker === null) throw cutShort();
    const { code, end } = marker;
    at = end;
    // Markers that stand alone.
    if (code === TEM || (code >= RST0 && code <= SOI)) continue;
    if (code === EOI || (code === SOS && size === null)) throw cutShort();
    const segment = segmentAt(bytes, at);
    if (segment === null) throw cutShort();
    at += 2 + segment.length;
    if (code === APP1 && EXIF.every((byte, i) => segment[i] === byte)) {
      // The first one counts, as it does for libvips.
      if (orientation === 1) orientation = exifOrientation(segment.subarray(EXIF.length));
    } else if (code >= SOF0 && code <= SOF15 && code !== DHT && code !== JPG && code !== DAC) {
      if (size !== null) throw pictureInvalid("the JPEG has two frames", "Save it again");
      size = frame(segment, code);
    } else if (code === SOS && size !== null) {
      const { width, height } = size;
      requireWhole(bytes, at);
      return { format: "jpeg", width, height, orientation };
    }
  }
}

function frame(segment: Uint8Array, code: number): { width: number; height: number } {
  if (segment.length < 6) throw cutShort();
  if (code > SOF2) {
    throw pictureInvalid(
      "it is a lossless, hierarchical or arithmetic-coded JPEG",
      "Save it as baseline or progressive JPEG",
    );
  }
  const [precision, components] = [segment[0]!, segment[5]!];
  if (precision !== 8) {
    throw pictureInvalid(
      `a JPEG has 8 bits a sample: current value is ${precision}`,
      "Save it with 8 bits",
    );
  }
  if (components === 4) {
    throw pictureInvalid(
      "it is a CMYK JPEG, made for print",
      "Convert it to RGB and save it again",
    );
  }
  if (components !== 1 && components !== 3) {
    throw pictureInvalid(
      `a JPEG has 1 or 3 components: current value is ${components}`,
      "Convert it to RGB and save it again",
    );
  }
  return { height: segment[1]! << 8 | segment[2]!, width: segment[3]! << 8 | segment[4]! };
}

/** The next marker from `at` on: bytes that are none are skipped, fill bytes too. */
function nextMarker(bytes: Uint8Array, at: number): { code: number; end: number } | null {
  for (;;) {
    at = bytes.indexOf(0xff, at);
    if (at < 0) return null;
    while (bytes[at] === 0xff) at++;
    const code = bytes[at++];
    if (code === undefined) return null;
    if (code !== 0) return { code, end: at };
  }
}

/** The segment behind a marker, without its length; null where the file ends inside it. */
function segmentAt(bytes: Uint8Array, at: number): Uint8Array | null {
  if (at + 2 > bytes.length) return null;
  const length = bytes[at]! << 8 | bytes[at + 1]!;
  return length < 2 || at + length > bytes.length ? null : bytes.subarray(at + 2, at + length);
}

/**
 * Looks for the end of the picture from its first scan on. What comes out of a JPEG that was cut depends on the
 * decoder: where it gives up inside a block, and how it smooths the scans that it has not seen.
 */
function requireWhole(bytes: Uint8Array, from: number): void {
  let scans = 1;
  for (let at = from;;) {
    const marker = nextMarker(bytes, at);
    if (marker === null) throw pictureInvalid("the JPEG is cut short", "Send the whole file");
    if (marker.code === EOI) return;
    at = marker.end;
    if (marker.code === SOS && ++scans > MAX_SCANS) {
      throw pictureInvalid(`it has more than ${MAX_SCANS} scans`, "Save it again as JPEG");
    }
  }
}

function cutShort(): Error {
  return pictureInvalid("the JPEG ends before its picture begins", "Send the whole file");
}
