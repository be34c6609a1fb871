/**
 * Pictures straight out of a zip: one at a time, each held against its size and check sum.
 *
 * @module
 */
import { crc32, inflateRawSync } from "node:zlib";
import { AppError, messageOf } from "@aisle/shared/errors";
import { PICTURE_LIMITS } from "@aisle/shared/images";
import { isPictureFile } from "./is_picture_file.ts";
import type { PictureFile, PictureFiles } from "./picture_files.ts";
import {
  LOCAL_ENTRY,
  type ReadAt,
  readZipDirectory,
  type Wrong,
  type ZipEntry,
} from "./zip_directory.ts";

const LOCAL_BYTES = 30;
/** Room for a local header's own extra field, so that one read is enough. */
const EXTRA_BYTES = 256;
const STORED = 0, DEFLATED = 8;

/**
 * The pictures of the zip at `path`, sorted by path.
 *
 * @throws {AppError} `usage` where it is no zip that can be read
 */
export async function openZipPictures(path: string): Promise<PictureFiles> {
  const wrong = (why: string) =>
    new AppError(
      "usage",
      `Cannot read --images ${path}: ${why}. Give a folder or a zip of pictures`,
    );
  const file = await Deno.open(path);
  try {
    const { size } = await file.stat();
    const readAt: ReadAt = (offset, length) => readFrom(file, offset, length);
    const pictures = await zipPictures(readAt, size, wrong);
    return {
      count: pictures.count,
      [Symbol.iterator]: () => pictures[Symbol.iterator](),
      [Symbol.dispose]: () => file.close(),
    };
  } catch (error) {
    file.close();
    throw error;
  }
}

/**
 * The pictures of a zip of `size` bytes, wherever they lie, sorted by path.
 *
 * @throws {AppError} what `wrong` makes, where it is no zip that can be read
 */
export async function zipPictures(
  readAt: ReadAt,
  size: number,
  wrong: Wrong,
): Promise<Iterable<PictureFile> & { readonly count: number }> {
  const entries = await readZipDirectory(readAt, size, isPictureFile, wrong);
  // A bomb may name the same bytes again and again.
  const compressed = entries.reduce((sum, entry) => sum + entry.compressedBytes, 0);
  if (compressed > size) throw wrong("its entries lie over each other");
  entries.sort((a, b) => a.path < b.path ? -1 : a.path > b.path ? 1 : 0);
  return {
    count: entries.length,
    *[Symbol.iterator]() {
      for (const entry of entries) yield pictureOf(entry, readAt);
    },
  };
}

function pictureOf(entry: ZipEntry, readAt: ReadAt): PictureFile {
  return {
    path: entry.path,
    sizeBytes: entry.sizeBytes,
    async read() {
      if (entry.encrypted) return { problem: "it is encrypted in the zip" };
      if (entry.method !== STORED && entry.method !== DEFLATED) {
        return { problem: `the zip's method ${entry.method} is not read` };
      }
      if (Math.max(entry.sizeBytes, entry.compressedBytes) > PICTURE_LIMITS.bytes) {
        return { problem: `it has more than ${PICTURE_LIMITS.bytes} bytes` };
      }
      const data = await compressedData(entry, readAt);
      if (data === null) return { problem: "its entry in the zip is damaged" };
      let bytes: Uint8Array<ArrayBuffer>;
      try {
        bytes = entry.method === STORED ? data : inflate(data, entry.sizeBytes);
      } catch (error) {
        return { problem: `its entry in the zip is damaged (${messageOf(error)})` };
      }
      const whole = bytes.length === entry.sizeBytes && crc32(bytes) === entry.crc;
      return whole ? { bytes } : { problem: "its check sum in the zip does not fit" };
    },
  };
}

/** Never more than the directory says: a bomb is cut off, not unpacked. */
function inflate(data: Uint8Array, sizeBytes: number): Uint8Array<ArrayBuffer> {
  if (sizeBytes === 0) return new Uint8Array();
  return new Uint8Array(inflateRawSync(data, { maxOutputLength: sizeBytes }));
}

/** The bytes behind an entry's local header; null where it is none. */
async function compressedData(
  { path, offset, compressedBytes }: ZipEntry,
  readAt: ReadAt,
): Promise<Uint8Array<ArrayBuffer> | null> {
  const guessed = LOCAL_BYTES + path.length * 3 + EXTRA_BYTES + compressedBytes;
  let bytes = await readAt(offset, guessed);
  if (bytes.length < LOCAL_BYTES) return null;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (view.getUint32(0, true) !== LOCAL_ENTRY) return null;
  const start = LOCAL_BYTES + view.getUint16(26, true) + view.getUint16(28, true);
  if (start + compressedBytes > bytes.length) bytes = await readAt(offset, start + compressedBytes);
  const data = bytes.subarray(start, start + compressedBytes);
  return data.length === compressedBytes ? data : null;
}

async function readFrom(
  file: Deno.FsFile,
  offset: number,
  length: number,
): Promise<Uint8Array<ArrayBuffer>> {
  const bytes = new Uint8Array(length);
  await file.seek(offset, Deno.SeekMode.Start);
  let n = 0;
  while (n < length) {
    const got = await file.read(bytes.subarray(n));
    if (got === null) break;
    n += got;
  }
  return n === length ? bytes : bytes.slice(0, n);
}
