/**
 * Blobs as files: which are there, and how one gets into another folder.
 *
 * @module
 */
import { AppError } from "@aisle/shared/errors";
import { hasher, isDigest } from "@aisle/shared/hash";
import { createFile, makeFolder, settle, writeAll } from "../artifact/durable_file.ts";

/** One blob's file. */
export interface BlobFile {
  readonly digest: string;
  readonly path: string;
  readonly sizeBytes: number;
  /** When it was last put or asked for, milliseconds since 1970. */
  readonly touchedMs: number;
}

/** Every blob under `folder` (a `blobs` folder), in no order. */
export async function blobFiles(folder: string): Promise<BlobFile[]> {
  const found: BlobFile[] = [];
  for (const shelf of await entries(folder)) {
    if (!shelf.isDirectory || !/^[0-9a-f]{2}$/.test(shelf.name)) continue;
    for (const { name } of await entries(`${folder}/${shelf.name}`)) {
      if (!isDigest(name)) continue;
      const path = `${folder}/${shelf.name}/${name}`;
      try {
        const { size, mtime } = await Deno.stat(path);
        found.push({ digest: name, path, sizeBytes: size, touchedMs: mtime?.getTime() ?? 0 });
      } catch (error) {
        if (!(error instanceof Deno.errors.NotFound)) throw error;
      }
    }
  }
  return found;
}

/**
 * Brings the blob `from` to the name `to`, on the disk when this resolves: as another name of the same bytes on the
 * same disk, else as a copy that is compared with its digest on the way. What is there already stays.
 *
 * @throws {AppError} `data-invalid` where the bytes are not those of `digest`
 */
export async function keepBlob(
  from: string,
  to: string,
  digest: string,
  options: { readonly verify?: boolean } = {},
): Promise<"there" | "linked" | "copied"> {
  const { size } = await Deno.stat(from);
  try {
    if ((await Deno.stat(to)).size === size) return "there";
    await Deno.remove(to);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
  await makeFolder(to.slice(0, to.lastIndexOf("/")));
  if (!options.verify) {
    try {
      await Deno.link(from, to);
      return "linked";
    } catch {
      // Another disk, or one that has no links: a copy is as good.
    }
  }
  const incoming = `${to}.${crypto.randomUUID()}`;
  try {
    {
      using source = await Deno.open(from);
      using target = await createFile(incoming);
      const hash = hasher(), buffer = new Uint8Array(1 << 18);
      for (let n = await source.read(buffer); n !== null; n = await source.read(buffer)) {
        const piece = buffer.subarray(0, n);
        hash.update(piece);
        await writeAll(target, piece);
      }
      if (hash.hex() !== digest) {
        throw new AppError("data-invalid", `Cannot keep the blob ${digest}: ${from} is damaged`);
      }
      await target.sync();
    }
    await settle(incoming, to);
  } catch (error) {
    await Deno.remove(incoming).catch(() => {/* it was never made */});
    throw error;
  }
  return "copied";
}

async function entries(folder: string): Promise<Deno.DirEntry[]> {
  try {
    return await Array.fromAsync(Deno.readDir(folder));
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return [];
    throw error;
  }
}
