/**
 * Made-up product pictures: each class has a pattern of its own, each picture its own colours, place and noise.
 *
 * @module
 */
import { crc32, deflateSync } from "node:zlib";
import { rng } from "@aisle/shared/random";

const SIDE = 96;

/** Whether a point, in pixels from the middle, belongs to the figure of each class. */
const FIGURES: readonly ((x: number, y: number, r: number) => boolean)[] = [
  (x, y, r) => x * x + y * y < r * r,
  (x, y, r) => Math.max(Math.abs(x), Math.abs(y)) < r && (x + 100) % 12 < 6,
  (x, y, r) => Math.abs(x) < r / 4 || Math.abs(y) < r / 4,
  (x, y, r) => y > -r && y < r && Math.abs(x) < (y + r) / 2,
  (x, y, r) => Math.abs(x * x + y * y - r * r) < 6 * r,
  (_x, y, r) => Math.abs(y) < r && (y + 100) % 14 < 7,
];
/** Classes that can be told apart by their picture. */
export const PICTURE_CLASSES = FIGURES.length;

/** A PNG of class `k`, the same for the same seed. */
export function syntheticPicture(k: number, seed: number): Uint8Array<ArrayBuffer> {
  const random = rng(seed), figure = FIGURES[k % FIGURES.length]!;
  const colour = () => [random() * 255, random() * 255, random() * 255];
  const ground = colour().map((c) => 150 + c * 0.4), ink = colour().map((c) => c * 0.5);
  const r = 20 + random() * 14, dx = (random() - 0.5) * 20, dy = (random() - 0.5) * 20;
  const rows = new Uint8Array(SIDE * (1 + SIDE * 3));
  for (let y = 0, at = 0; y < SIDE; y++) {
    rows[at++] = 0; // no filter
    for (let x = 0; x < SIDE; x++) {
      const own = figure(x - SIDE / 2 - dx, y - SIDE / 2 - dy, r) ? ink : ground;
      for (let c = 0; c < 3; c++) rows[at++] = own[c]! + random() * 20;
    }
  }
  const header = new Uint8Array(13);
  const view = new DataView(header.buffer);
  view.setUint32(0, SIDE);
  view.setUint32(4, SIDE);
  header.set([8, 2, 0, 0, 0], 8);
  return Uint8Array.from([
    ...[0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a],
    ...chunk("IHDR", header),
    ...chunk("IDAT", deflateSync(rows)),
    ...chunk("IEND", new Uint8Array()),
  ]);
}

function chunk(type: string, data: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(12 + data.length), view = new DataView(bytes.buffer);
  view.setUint32(0, data.length);
  bytes.set(new TextEncoder().encode(type), 4);
  bytes.set(data, 8);
  view.setUint32(8 + data.length, crc32(bytes.subarray(4, 8 + data.length)));
  return bytes;
}
