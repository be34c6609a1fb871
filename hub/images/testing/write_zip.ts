/**
 * Zips for tests: stored or deflated, plain or zip64, and with faults.
 *
 * @module
 */
import { crc32, deflateRawSync } from "node:zlib";

/** One file of a zip to be. */
export interface ZipFile {
  readonly path: string;
  readonly bytes: Uint8Array;
  readonly deflated?: boolean;
  readonly encrypted?: boolean;
  /** Written in the place of the true ones. */
  readonly lies?: { readonly sizeBytes?: number; readonly crc?: number; readonly method?: number };
}

/** How a zip is written. */
export interface ZipForm {
  /** Sizes and offsets in zip64 fields, and a zip64 end record. */
  readonly zip64?: boolean;
  readonly comment?: string;
}

/** The pieces of a zip of `files`, one after another. */
export function* zipPieces(
  files: Iterable<ZipFile>,
  form?: ZipForm,
): Generator<Uint8Array<ArrayBuffer>> {
  const zip = new ZipPieces(form);
  for (const file of files) yield* zip.add(file);
  yield* zip.end();
}

/** A zip whose files come one by one; what is given back is written in order. */
export class ZipPieces {
  readonly #form: ZipForm;
  readonly #directory: Uint8Array<ArrayBuffer>[] = [];
  #at = 0;
  #directoryBytes = 0;

  constructor(form: ZipForm = {}) {
    this.#form = form;
  }

  /** The pieces of one more file. */
  add(file: ZipFile): Uint8Array<ArrayBuffer>[] {
    const data = file.deflated ? deflateRawSync(file.bytes) : file.bytes;
    const header = record({
      name: new TextEncoder().encode(file.path),
      flags: 0x0800 | (file.encrypted ? 1 : 0),
      method: file.lies?.method ?? (file.deflated ? 8 : 0),
      crc: file.lies?.crc ?? crc32(file.bytes),
      compressedBytes: data.length,
      sizeBytes: file.lies?.sizeBytes ?? file.bytes.length,
      offset: this.#at,
      zip64: this.#form.zip64 ?? false,
    });
    this.#at += header.local.length + data.length;
    this.#directory.push(header.central);
    this.#directoryBytes += header.central.length;
    return [header.local, new Uint8Array(data)];
  }

  /** The directory and what ends the zip. */
  end(): Uint8Array<ArrayBuffer>[] {
    const { zip64 = false, comment = "" } = this.#form;
    const count = this.#directory.length;
    return [...this.#directory, endRecords(count, this.#directoryBytes, this.#at, zip64, comment)];
  }
}

/** A whole zip in memory. */
export function zipOf(files: Iterable<ZipFile>, form?: ZipForm): Uint8Array<ArrayBuffer> {
  return Uint8Array.from([...zipPieces(files, form)].flatMap((piece) => [...piece]));
}

function record(entry: {
  name: Uint8Array;
  flags: number;
  method: number;
  crc: number;
  compressedBytes: number;
  sizeBytes: number;
  offset: number;
  zip64: boolean;
}): { local: Uint8Array<ArrayBuffer>; central: Uint8Array<ArrayBuffer> } {
  const { name, zip64 } = entry;
  const short = (value: number) => zip64 ? 0xffffffff : value;
  const long = new DataView(new ArrayBuffer(zip64 ? 28 : 0));
  if (zip64) {
    long.setUint16(0, 1, true);
    long.setUint16(2, 24, true);
    [entry.sizeBytes, entry.compressedBytes, entry.offset].forEach((value, i) =>
      long.setBigUint64(4 + 8 * i, BigInt(value), true)
    );
  }
  const extra = new Uint8Array(long.buffer);
  const shared = (view: DataView, from: number) => {
    view.setUint16(from, entry.flags, true);
    view.setUint16(from + 2, entry.method, true);
    view.setUint32(from + 8, entry.crc, true);
    view.setUint32(from + 12, short(entry.compressedBytes), true);
    view.setUint32(from + 16, short(entry.sizeBytes), true);
    view.setUint16(from + 20, name.length, true);
  };
  const local = new Uint8Array(30 + name.length);
  const localView = new DataView(local.buffer);
  localView.setUint32(0, 0x04034b50, true);
  shared(localView, 6);
  local.set(name, 30);
  const central = new Uint8Array(46 + name.length + extra.length);
  const view = new DataView(central.buffer);
  view.setUint32(0, 0x02014b50, true);
  shared(view, 8);
  view.setUint16(30, extra.length, true);
  view.setUint32(42, short(entry.offset), true);
  central.set(name, 46);
  central.set(extra, 46 + name.length);
  return { local, central };
}

function endRecords(
  count: number,
  length: number,
  start: number,
  zip64: boolean,
  comment: string,
): Uint8Array<ArrayBuffer> {
  const text = new TextEncoder().encode(comment);
  const before = zip64 ? 56 + 20 : 0;
  const bytes = new Uint8Array(before + 22 + text.length);
  const view = new DataView(bytes.buffer);
  if (zip64) {
    view.setUint32(0, 0x06064b50, true);
    view.setBigUint64(4, 44n, true);
    view.setBigUint64(24, BigInt(count), true);
    view.setBigUint64(32, BigInt(count), true);
    view.setBigUint64(40, BigInt(length), true);
    view.setBigUint64(48, BigInt(start), true);
    view.setUint32(56, 0x07064b50, true);
    view.setBigUint64(64, BigInt(start + length), true);
    view.setUint32(72, 1, true);
  }
  view.setUint32(before, 0x06054b50, true);
  view.setUint16(before + 8, zip64 ? 0xffff : count, true);
  view.setUint16(before + 10, zip64 ? 0xffff : count, true);
  view.setUint32(before + 12, zip64 ? 0xffffffff : length, true);
  view.setUint32(before + 16, zip64 ? 0xffffffff : start, true);
  view.setUint16(before + 20, text.length, true);
  bytes.set(text, before + 22);
  return bytes;
}
