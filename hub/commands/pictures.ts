/**
 * Names of the picture files in a folder or a zip, without opening one of them.
 *
 * @module
 */
import { AppError } from "@aisle/shared/errors";

const PICTURE = /\.(jpe?g|png|webp)$/i;
const END_OF_DIRECTORY = 0x06054b50, ENTRY = 0x02014b50, END_OF_DIRECTORY_64 = 0x06064b50;
/** The end record and the longest comment a zip may have. */
const TAIL_BYTES = 22 + 65_535 + 20 + 56;

/**
 * File names (without folders) of the pictures in `path`, sorted.
 *
 * @throws {AppError} `usage` where there is no such folder or zip
 */
export async function listPictures(path: string): Promise<string[]> {
  let info: Deno.FileInfo;
  try {
    info = await Deno.stat(path);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    throw new AppError("usage", `Cannot read --images ${path}: there is no such folder or zip`);
  }
  const names = info.isDirectory ? await inFolder(path) : await inZip(path, info.size);
  return names.filter((name) => PICTURE.test(name)).sort();
}

async function inFolder(path: string): Promise<string[]> {
  const names: string[] = [];
  for await (const entry of Deno.readDir(path)) {
    if (entry.isDirectory) names.push(...await inFolder(`${path}/${entry.name}`));
    else names.push(entry.name);
  }
  return names;
}

/** Reads the central directory alone (APPNOTE.TXT 4.3.12 to 4.3.16): 99,000 entries are a few megabytes. */
async function inZip(path: string, sizeBytes: number): Promise<string[]> {
  const wrong = (why: string) =>
    new AppError(
      "usage",
      `Cannot read --images ${path}: ${why}. Give a folder or a zip of pictures`,
    );
  using file = await Deno.open(path);
  const read = async (offset: number, length: number) => {
    if (offset < 0 || offset + length > sizeBytes) throw wrong("the zip is cut short");
    await file.seek(offset, Deno.SeekMode.Start);
    const bytes = new Uint8Array(length);
    for (let n = 0; n < length;) {
      const got = await file.read(bytes.subarray(n));
      if (got === null) throw wrong("the zip is cut short");
      n += got;
    }
    return bytes;
  };
  const tailStart = Math.max(0, sizeBytes - TAIL_BYTES);
  const tail = await read(tailStart, sizeBytes - tailStart);
  const tailView = new DataView(tail.buffer);
  let end = tail.length - 22;
  while (end >= 0 && tailView.getUint32(end, true) !== END_OF_DIRECTORY) end--;
  if (end < 0) throw wrong("it is not a zip");
  let size = tailView.getUint32(end + 12, true), start = tailView.getUint32(end + 16, true);
  let end64 = end - 20 - 56;
  while (end64 >= 0 && tailView.getUint32(end64, true) !== END_OF_DIRECTORY_64) end64--;
  if (end64 >= 0 && (size === 0xffffffff || start === 0xffffffff)) {
    size = Number(tailView.getBigUint64(end64 + 40, true));
    start = Number(tailView.getBigUint64(end64 + 48, true));
  }
  const directory = await read(start, size);
  const view = new DataView(directory.buffer);
  const names: string[] = [];
  const utf8 = new TextDecoder();
  for (let at = 0; at + 46 <= directory.length;) {
    if (view.getUint32(at, true) !== ENTRY) throw wrong("its directory is damaged");
    const nameLength = view.getUint16(at + 28, true);
    const name = utf8.decode(directory.subarray(at + 46, at + 46 + nameLength));
    if (!name.endsWith("/")) names.push(name.slice(name.lastIndexOf("/") + 1));
    at += 46 + nameLength + view.getUint16(at + 30, true) + view.getUint16(at + 32, true);
  }
  return names;
}
