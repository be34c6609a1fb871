/**
 * The central directory of a zip (APPNOTE.TXT 4.3.12 to 4.3.16, zip64 too), kept compactly: some 150 bytes an entry,
 * where the usual package needs 10 kB.
 *
 * @module
 */
import type { AppError } from "@aisle/shared/errors";

/** Signatures of records. */
export const LOCAL_ENTRY = 0x04034b50;
const ENTRY = 0x02014b50;
const END = 0x06054b50, END_64 = 0x06064b50, END_64_LOCATOR = 0x07064b50;
const END_BYTES = 22, END_64_BYTES = 56, LOCATOR_BYTES = 20;
const MAX_COMMENT_BYTES = 65_535;
/** Stands for "see the zip64 field". */
const IN_ZIP64 = 0xffffffff, IN_ZIP64_SHORT = 0xffff;
const ZIP64_FIELD = 0x0001;
const FLAG_ENCRYPTED = 0x0001, FLAG_UTF8 = 0x0800;

/** Reads `length` bytes of the file at `offset`; fewer only at its end. */
export type ReadAt = (offset: number, length: number) => Promise<Uint8Array<ArrayBuffer>>;

/** One file of a zip. */
export interface ZipEntry {
  readonly path: string;
  readonly encrypted: boolean;
  /** 0 stored, 8 deflated. */
  readonly method: number;
  readonly crc: number;
  readonly compressedBytes: number;
  readonly sizeBytes: number;
  /** Where its local header begins. */
  readonly offset: number;
}

/** An error that names the zip, and what would help. */
export type Wrong = (why: string) => AppError;

/**
 * The files of a zip that `keep` wants, by their paths.
 *
 * @throws {AppError} what `wrong` makes, where the file is no whole zip
 */
export async function readZipDirectory(
  readAt: ReadAt,
  sizeBytes: number,
  keep: (path: string) => boolean,
  wrong: Wrong,
): Promise<ZipEntry[]> {
  const place = await findDirectory(readAt, sizeBytes, wrong);
  if (place.start + place.length > sizeBytes) throw wrong("the zip is cut short");
  const bytes = await readAt(place.start, place.length);
  if (bytes.length < place.length) throw wrong("the zip is cut short");
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const utf8 = new TextDecoder(), latin1 = new TextDecoder("latin1");
  const entries: ZipEntry[] = [];
  let at = 0, seen = 0;
  for (; at + 46 <= bytes.length; seen++) {
    if (view.getUint32(at, true) !== ENTRY) throw wrong("its directory is damaged");
    const nameBytes = view.getUint16(at + 28, true), extraBytes = view.getUint16(at + 30, true);
    const end = at + 46 + nameBytes + extraBytes + view.getUint16(at + 32, true);
    if (end > bytes.length) throw wrong("its directory is damaged");
    const flags = view.getUint16(at + 8, true);
    const name = bytes.subarray(at + 46, at + 46 + nameBytes);
    // Without the flag the code page is anyone's guess; most writers mean UTF-8 all the same.
    const decoded = utf8.decode(name);
    const path = (flags & FLAG_UTF8) !== 0 || !decoded.includes("\ufffd")
      ? decoded
      : latin1.decode(name);
    if (!path.endsWith("/") && keep(path)) {
      const extra = at + 46 + nameBytes;
      const sizes = readSizes(view, at, extra, extra + extraBytes, wrong);
      if (sizes.offset + sizes.compressedBytes > sizeBytes) throw wrong("an entry ends behind it");
      entries.push({
        path,
        encrypted: (flags & FLAG_ENCRYPTED) !== 0,
        method: view.getUint16(at + 10, true),
        crc: view.getUint32(at + 16, true),
        ...sizes,
      });
    }
    at = end;
  }
  if (seen < place.count) throw wrong("its directory is damaged");
  return entries;
}

/** Sizes and offset of the entry at `at`, from its zip64 field where the plain ones are full. */
function readSizes(
  view: DataView,
  at: number,
  extra: number,
  extraEnd: number,
  wrong: Wrong,
): Pick<ZipEntry, "sizeBytes" | "compressedBytes" | "offset"> {
  let [sizeBytes, compressedBytes, offset] = [24, 20, 42].map((member) =>
    view.getUint32(at + member, true)
  ) as [number, number, number];
  if (view.getUint16(at + 34, true) !== 0) throw wrong("it has several parts: join them");
  for (let field = extra; field + 4 <= extraEnd;) {
    const id = view.getUint16(field, true), end = field + 4 + view.getUint16(field + 2, true);
    if (end > extraEnd) break;
    let next = field + 4;
    const long = (plain: number) => {
      if (id !== ZIP64_FIELD || plain !== IN_ZIP64 || next + 8 > end) return plain;
      next += 8;
      return Number(view.getBigUint64(next - 8, true));
    };
    sizeBytes = long(sizeBytes);
    compressedBytes = long(compressedBytes);
    offset = long(offset);
    field = end;
  }
  return { sizeBytes, compressedBytes, offset };
}

async function findDirectory(
  readAt: ReadAt,
  sizeBytes: number,
  wrong: Wrong,
): Promise<{ start: number; length: number; count: number }> {
  const tailBytes = Math.min(sizeBytes, END_BYTES + MAX_COMMENT_BYTES);
  const tail = await readAt(sizeBytes - tailBytes, tailBytes);
  const view = new DataView(tail.buffer, tail.byteOffset, tail.byteLength);
  const end = findEnd(view);
  if (end < 0) throw wrong("it is not a zip, or cut short");
  if (view.getUint16(end + 4, true) !== view.getUint16(end + 6, true)) {
    throw wrong("it has several parts: join them");
  }
  const plain = {
    count: view.getUint16(end + 10, true),
    length: view.getUint32(end + 12, true),
    start: view.getUint32(end + 16, true),
  };
  const full = plain.count === IN_ZIP64_SHORT || plain.length === IN_ZIP64 ||
    plain.start === IN_ZIP64;
  const at = sizeBytes - tailBytes + end - LOCATOR_BYTES;
  if (!full || at < 0) return plain;
  const locator = new DataView((await readAt(at, LOCATOR_BYTES)).buffer);
  if (locator.getUint32(0, true) !== END_64_LOCATOR) return plain;
  const record = await readAt(Number(locator.getBigUint64(8, true)), END_64_BYTES);
  const view64 = new DataView(record.buffer);
  if (record.length < END_64_BYTES || view64.getUint32(0, true) !== END_64) {
    throw wrong("its zip64 record is damaged");
  }
  return {
    count: Number(view64.getBigUint64(32, true)),
    length: Number(view64.getBigUint64(40, true)),
    start: Number(view64.getBigUint64(48, true)),
  };
}

/** Where the end record begins: its comment, which may hold anything, reaches to the end of the file. */
function findEnd(view: DataView): number {
  let last = -1;
  for (let at = view.byteLength - END_BYTES; at >= 0; at--) {
    if (view.getUint32(at, true) !== END) continue;
    if (at + END_BYTES + view.getUint16(at + 20, true) === view.byteLength) return at;
    if (last < 0) last = at;
  }
  // Bytes behind the zip, which some tools leave.
  return last;
}
