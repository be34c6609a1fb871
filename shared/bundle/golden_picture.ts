/**
 * Pictures of golden samples: drawn from a seed, and written as a PNG file, by hub and edges alike.
 *
 * A bundle carries three numbers instead of a picture, and an edge that replays a sample walks the whole road of a
 * picture: header, decoder, resize, graph. They are no photographs; bands, blobs and grain in a few colours are enough
 * to move every layer of an encoder.
 *
 * @module
 */
import { rng } from "../random.ts";
import type { GoldenPicture } from "./manifest.ts";

/** Blobs over the background. */
const BLOBS = 5;
/** Amplitude of the grain, in grey levels. */
const GRAIN = 12;

/** The pixels of `picture`, RGB, row by row: [height, width, 3]. Integer arithmetic alone, so that they are the same everywhere. */
export function drawGoldenPicture({ seed, width, height }: GoldenPicture): Uint8Array<ArrayBuffer> {
  const random = rng(seed);
  const below = (limit: number) => Math.floor(random() * limit);
  const colour = () => [below(256), below(256), below(256)] as const;
  const from = colour(), to = colour(), period = 4 + below(28);
  const blobs = Array.from({ length: BLOBS }, () => ({
    x: below(width),
    y: below(height),
    radius: 2 + below(Math.max(1, Math.min(width, height) >> 1)),
    round: below(2) === 0,
    colour: colour(),
  }));
  const pixels = new Uint8Array(width * height * 3);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const band = (Math.floor((x + y) / period) & 1) === 0 ? from : to;
      const blob = blobs.findLast((b) => {
        const dx = Math.abs(x - b.x), dy = Math.abs(y - b.y);
        return b.round ? dx * dx + dy * dy <= b.radius * b.radius : Math.max(dx, dy) <= b.radius;
      });
      const grain = below(2 * GRAIN + 1) - GRAIN;
      for (let c = 0; c < 3; c++) {
        const level = (blob?.colour ?? band)[c]! + grain;
        pixels[(y * width + x) * 3 + c] = Math.max(0, Math.min(255, level));
      }
    }
  }
  return pixels;
}

/** The PNG file of `picture`. */
export function goldenPictureFile(picture: GoldenPicture): Uint8Array<ArrayBuffer> {
  return pngFile(drawGoldenPicture(picture), picture);
}

/** RGB `pixels` [height, width, 3] as a PNG file: 8 bits a channel, no filter, stored without compression. */
export function pngFile(
  pixels: Uint8Array,
  { width, height }: { readonly width: number; readonly height: number },
): Uint8Array<ArrayBuffer> {
  const rows = new Uint8Array(height * (1 + width * 3));
  for (let y = 0; y < height; y++) {
    rows.set(pixels.subarray(y * width * 3, (y + 1) * width * 3), y * (1 + width * 3) + 1);
  }
  const head = new Uint8Array(13), view = new DataView(head.buffer);
  view.setUint32(0, width);
  view.setUint32(4, height);
  // bit depth 8, colour type 2 (RGB), deflate, adaptive filters, no interlace
  head.set([8, 2, 0, 0, 0], 8);
  const signature = Uint8Array.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
  return concat([
    signature,
    chunk("IHDR", head),
    chunk("IDAT", stored(rows)),
    chunk("IEND", new Uint8Array()),
  ]);
}

function chunk(name: string, data: Uint8Array): Uint8Array {
  const out = new Uint8Array(12 + data.length), view = new DataView(out.buffer);
  view.setUint32(0, data.length);
  out.set(new TextEncoder().encode(name), 4);
  out.set(data, 8);
  view.setUint32(8 + data.length, crc32(out.subarray(4, 8 + data.length)));
  return out;
}

/** `data` as a zlib stream (RFC 1950) of stored blocks (RFC 1951, 3.2.4). */
function stored(data: Uint8Array): Uint8Array {
  const most = 0xffff, parts: Uint8Array[] = [Uint8Array.from([0x78, 0x01])];
  for (let at = 0; at < data.length; at += most) {
    const block = data.subarray(at, at + most), size = block.length;
    const last = at + most >= data.length ? 1 : 0;
    parts.push(
      Uint8Array.from([last, size & 255, size >> 8, ~size & 255, (~size >> 8) & 255]),
      block,
    );
  }
  let a = 1, b = 0;
  for (const byte of data) {
    a = (a + byte) % 65_521;
    b = (b + a) % 65_521;
  }
  parts.push(Uint8Array.from([b >> 8, b & 255, a >> 8, a & 255]));
  return concat(parts);
}

/** The checksum of PNG chunks (ISO 3309). */
function crc32(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (0xedb88320 & -(crc & 1));
  }
  return (crc ^ 0xffffffff) >>> 0;
}

function concat(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const out = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}
