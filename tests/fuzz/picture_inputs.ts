/**
 * Pictures that are wrong where it hurts: behind a header that passes, inside of what decoders read.
 *
 * @module
 */
import { below, mutated, pick, type Random } from "./mutations.ts";
import { joined } from "./wire.ts";

/** A picture's file by its name. */
export type Corpus = readonly { readonly name: string; readonly bytes: Uint8Array<ArrayBuffer> }[];

/** Pictures of the golden corpus that are small enough to be sent often. */
export async function pictureCorpus(): Promise<Corpus> {
  const folder = new URL("../golden/pictures/", import.meta.url);
  const files: { name: string; bytes: Uint8Array<ArrayBuffer> }[] = [];
  for await (const { name } of Deno.readDir(folder)) {
    const bytes = await Deno.readFile(new URL(name, folder));
    if (bytes.length <= 32_768) files.push({ name, bytes });
  }
  return files.sort((a, b) => a.name < b.name ? -1 : 1);
}

/** One hostile picture. */
export function hostilePicture(corpus: Corpus, random: Random): Uint8Array<ArrayBuffer> {
  const taken = corpus.filter(({ name }) => !name.startsWith("refused"));
  const { bytes } = pick(random, random() < 0.1 ? corpus : taken);
  const kind = random();
  if (kind < 0.05) return mutated(bytes, random);
  if (kind < 0.08) return spliced(bytes, pick(random, corpus).bytes, random);
  if (bytes[0] === 0xff) return hostileJpeg(bytes, random);
  if (bytes[0] === 0x89) return hostilePng(bytes, random);
  if (bytes[8] === 0x57) return hostileWebp(bytes, random);
  return mutated(bytes, random);
}

/** The head of one file and the tail of another. */
function spliced(a: Uint8Array, b: Uint8Array, random: Random): Uint8Array<ArrayBuffer> {
  return joined(a.subarray(0, below(random, a.length)), b.subarray(below(random, b.length)));
}

/** Marker segments of a JPEG up to the scan: where each begins and ends. */
export function jpegSegments(bytes: Uint8Array): { marker: number; from: number; to: number }[] {
  const found = [];
  for (let at = 2; at + 4 <= bytes.length && bytes[at] === 0xff;) {
    const marker = bytes[at + 1]!, to = at + 2 + (bytes[at + 2]! << 8 | bytes[at + 3]!);
    found.push({ marker, from: at, to });
    if (marker === 0xda) break;
    at = to;
  }
  return found;
}

/** The frame's header stays (or lies about its size); tables, scans and applications' segments do not. */
function hostileJpeg(bytes: Uint8Array, random: Random): Uint8Array<ArrayBuffer> {
  const segments = jpegSegments(bytes);
  const scan = segments.at(-1),
    frame = segments.find(({ marker }) => marker >= 0xc0 && marker <= 0xc2);
  if (scan === undefined || frame === undefined) return mutated(bytes, random);
  const kind = random();
  if (kind < 0.45) return mutated(bytes, random, scan.to);
  if (kind < 0.75) {
    const inner = pick(random, segments.filter((segment) => segment !== frame));
    const part = mutated(bytes.subarray(inner.from + 4, inner.to), random);
    const length = part.length + 2;
    const head = [0xff, inner.marker, length >> 8 & 0xff, length & 0xff];
    return joined(
      bytes.subarray(0, inner.from),
      Uint8Array.from(head),
      part,
      bytes.subarray(inner.to),
    );
  }
  const lie = new Uint8Array(bytes);
  if (kind < 0.9) { // Sizes and sampling that pass and do not fit the data
    const size = () => pick(random, [1, 2, 7, 8, 9, 63, 64, 255, 256, 1_000]);
    const [height, width] = [size(), size()];
    lie.set([height >> 8, height & 255, width >> 8, width & 255], frame.from + 5);
    if (random() < 0.3) {
      lie[frame.from + 11] = pick(random, [0x11, 0x12, 0x21, 0x22, 0x41, 0x44, 0xff]);
    }
    return lie;
  }
  // Segments there twice, or gone
  const other = pick(random, segments);
  const again = lie.subarray(other.from, other.to);
  return random() < 0.5
    ? joined(lie.subarray(0, other.to), again, lie.subarray(other.to))
    : joined(lie.subarray(0, other.from), lie.subarray(other.to));
}

/** Chunks of a PNG with their sums made right again, so that decoders look inside. */
function hostilePng(bytes: Uint8Array, random: Random): Uint8Array<ArrayBuffer> {
  const chunks: Uint8Array[] = [];
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let at = 8; at + 12 <= bytes.length;) {
    const end = at + 12 + view.getUint32(at);
    if (end > bytes.length) break;
    chunks.push(bytes.subarray(at + 4, end - 4));
    at = end;
  }
  if (chunks.length < 2) return mutated(bytes, random);
  const changes = 1 + below(random, 2);
  for (let change = 0; change < changes; change++) {
    const at = 1 + below(random, chunks.length - 1), chunk = chunks[at]!;
    const kind = random();
    if (kind < 0.6) chunks[at] = joined(chunk.subarray(0, 4), mutated(chunk.subarray(4), random));
    else if (kind < 0.7) chunks.splice(at, 0, chunk);
    else if (kind < 0.8 && chunks.length > 2) chunks.splice(at, 1);
    else if (kind < 0.9) chunks.push(chunks.splice(at, 1)[0]!);
    else { // A size that passes and does not fit the data
      const head = new Uint8Array(chunks[0]!);
      head[4 + 3 + 4 * below(random, 2)] = 1 + below(random, 255);
      chunks[0] = head;
    }
  }
  const laid = chunks.flatMap((chunk) => {
    const length = new DataView(new ArrayBuffer(8));
    length.setUint32(0, Math.max(0, chunk.length - 4));
    length.setUint32(4, random() < 0.05 ? 0 : crc32(chunk));
    const around = new Uint8Array(length.buffer);
    return [around.subarray(0, 4), chunk, around.subarray(4)];
  });
  return joined(bytes.subarray(0, 8), ...laid);
}

/** Behind the first chunk's head, with the file's length made right again most of the time. */
function hostileWebp(bytes: Uint8Array, random: Random): Uint8Array<ArrayBuffer> {
  const extended = bytes[15] === 0x58; // "VP8X" has its size in the first 30 bytes, as the others do
  const out = mutated(bytes, random, extended ? 38 : 31);
  if (random() < 0.7 && out.length > 12) {
    new DataView(out.buffer).setUint32(4, out.length - 8, true);
  }
  return out;
}

/** CRC-32 as PNG has it. */
export function crc32(bytes: Uint8Array): number {
  let crc = ~0;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? crc >>> 1 ^ 0xedb88320 : crc >>> 1;
  }
  return ~crc >>> 0;
}
