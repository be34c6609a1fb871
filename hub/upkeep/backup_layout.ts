/**
 * What lies where in a backup folder.
 *
 * ```
 * blobs/ab/abcd...                    every blob of every snapshot, once
 * snapshots/20260102T030405Z/
 *   database.db                       the database at that moment
 *   blobs.txt                         "digest bytes" a line: the blobs that were there
 *   features/*.jsonl                  which features of pictures are known
 *   release-key.sealed | .pkcs8       the key that signs releases, as the manifest says; or neither
 *   manifest.json                     sizes and digests of all that; written last
 * ```
 *
 * A snapshot gets its name when it is whole: what begins with a dot is not one.
 *
 * @module
 */
import { z } from "zod";
import { AppError, messageOf } from "@aisle/shared/errors";
import { hasher, isDigest, sha256 } from "@aisle/shared/hash";

const digest = z.string().regex(/^[0-9a-f]{64}$/);
const FileEntry = z.strictObject({
  name: z.string().regex(/^(features\/)?[\w-]+\.(db|txt|jsonl|sealed|pkcs8)$/),
  digest,
  sizeBytes: z.int().nonnegative(),
});
/** One file of a snapshot. */
export type FileEntry = z.infer<typeof FileEntry>;

/** What a snapshot says of itself. */
export const Manifest = z.strictObject({
  format: z.literal("aisle-backup/1"),
  createdAt: z.iso.datetime(),
  /** Version of Aisle that made it. */
  version: z.string(),
  files: z.array(FileEntry),
  blobs: z.strictObject({ count: z.int().nonnegative(), bytes: z.int().nonnegative() }),
  /** The public half of the release key, and in which form the other one is here. */
  key: z.strictObject({ publicKey: z.string(), form: z.enum(["sealed", "plain", "absent"]) }),
});
/** Parsed form of {@linkcode Manifest}. */
export type Manifest = z.infer<typeof Manifest>;

/** Name of the key's file by its form. */
export const KEY_FILES = { sealed: "release-key.sealed", plain: "release-key.pkcs8" } as const;

/** Complete snapshots in `folder`, oldest first. */
export async function listSnapshots(folder: string): Promise<string[]> {
  const names: string[] = [];
  try {
    for await (const { name, isDirectory } of Deno.readDir(`${folder}/snapshots`)) {
      if (isDirectory && !name.startsWith(".")) names.push(name);
    }
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
  return names.sort();
}

/** The snapshot that `name` means, the newest without one. @throws {AppError} `not-found` */
export async function chooseSnapshot(folder: string, name?: string): Promise<string> {
  const names = await listSnapshots(folder);
  const found = name === undefined ? names.at(-1) : names.find((known) => known === name);
  if (found !== undefined) return `${folder}/snapshots/${found}`;
  throw new AppError(
    "not-found",
    name === undefined
      ? `Cannot find a snapshot in ${folder}: it has none`
      : `Cannot find snapshot ${name} in ${folder}: it has ${names.join(", ") || "none"}`,
  );
}

/** What `snapshot` says of itself. @throws {AppError} `data-invalid` */
export async function readManifest(snapshot: string): Promise<Manifest> {
  try {
    return Manifest.parse(JSON.parse(await Deno.readTextFile(`${snapshot}/manifest.json`)));
  } catch (error) {
    throw new AppError(
      "data-invalid",
      `Cannot read the manifest of ${snapshot}: ${messageOf(error)}`,
      {
        cause: error,
      },
    );
  }
}

/** The list of blobs as it is kept. */
export function writeBlobList(blobs: ReadonlyMap<string, number>): string {
  return [...blobs].map(([name, bytes]) => `${name} ${bytes}\n`).sort().join("");
}

/** Digest to bytes of every blob of `snapshot`. @throws {AppError} `data-invalid` */
export async function readBlobList(snapshot: string): Promise<Map<string, number>> {
  const lines = (await Deno.readTextFile(`${snapshot}/blobs.txt`)).split("\n").slice(0, -1);
  return new Map(lines.map((line) => {
    const [name = "", bytes = ""] = line.split(" ");
    if (!isDigest(name) || !/^\d+$/.test(bytes)) {
      throw new AppError("data-invalid", `Cannot read ${snapshot}/blobs.txt: it is damaged`);
    }
    return [name, Number(bytes)];
  }));
}

/** Where `folder` keeps a blob. */
export function blobPath(folder: string, name: string): string {
  return `${folder}/blobs/${name.slice(0, 2)}/${name}`;
}

/** Size and digest of a file; null where there is none. */
export async function fileInfo(
  path: string,
): Promise<{ digest: string; sizeBytes: number } | null> {
  let file: Deno.FsFile;
  try {
    file = await Deno.open(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return null;
    throw error;
  }
  const hash = hasher();
  let sizeBytes = 0;
  for await (const piece of file.readable) {
    hash.update(piece);
    sizeBytes += piece.length;
  }
  return { digest: hash.hex(), sizeBytes };
}

/** Size and digest of bytes in memory. */
export function bytesInfo(bytes: Uint8Array): { digest: string; sizeBytes: number } {
  return { digest: sha256(bytes), sizeBytes: bytes.length };
}
