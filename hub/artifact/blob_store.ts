/**
 * Bytes by the name of their content: a folder, or memory in tests.
 *
 * A blob that has a name is whole and on the disk: it is written beside, synced and renamed.
 *
 * @module
 */
import { AppError } from "@aisle/shared/errors";
import { hasher, isDigest } from "@aisle/shared/hash";
import { restoreTrash } from "./blob_trash.ts";
import { createFile, makeFolder, settle, writeAll } from "./durable_file.ts";

/** Name and size of a blob. */
export interface BlobInfo {
  /** SHA-256 of the bytes, hex. */
  readonly digest: string;
  readonly sizeBytes: number;
}

/** Part of a blob: from `start` up to but without `end`. */
export interface ByteRange {
  readonly start: number;
  readonly end: number;
}

/** Keeps blobs; putting the same bytes twice keeps them once. */
export interface BlobStore {
  /** Resolves when the bytes are on the disk. */
  put(body: Uint8Array | ReadableStream<Uint8Array<ArrayBuffer>>): Promise<BlobInfo>;
  /** @throws {AppError} `not-found` */
  open(digest: string, range?: ByteRange): Promise<ReadableStream<Uint8Array<ArrayBuffer>>>;
  /** All bytes. @throws {AppError} `not-found` */
  bytes(digest: string): Promise<Uint8Array<ArrayBuffer>>;
  /** Whether it is there; garbage collection spares it for its grace period from then on. */
  has(digest: string): Promise<boolean>;
  /** Bytes of the blob, with what `has` promises. @throws {AppError} `not-found` */
  size(digest: string): Promise<number>;
}

const READ_BYTES = 1 << 16;

/** A blob that was asked for is made young again, at most so often. */
const TOUCH_EVERY_MS = 3_600_000;

/** What lies half-written for longer than this belongs to a process that died. */
const ABANDONED_MS = 24 * 3_600_000;

/** A {@linkcode BlobStore} in `folder`, which is made when absent. */
export async function openFolderStore(folder: string): Promise<BlobStore> {
  await makeFolder(`${folder}/incoming`);
  await clearAbandoned(`${folder}/incoming`);
  await restoreTrash(folder);
  const path = (digest: string) => {
    // A name that is no digest can never reach the file system.
    if (!isDigest(digest)) throw missing(digest);
    return `${folder}/${digest.slice(0, 2)}/${digest}`;
  };
  const size = async (digest: string) => {
    try {
      const { size, mtime } = await Deno.stat(path(digest));
      const now = Date.now();
      // Who asks is about to rely on it.
      if (mtime !== null && now - mtime.getTime() > TOUCH_EVERY_MS) {
        await Deno.utime(path(digest), new Date(now), new Date(now));
      }
      return size;
    } catch (error) {
      throw error instanceof Deno.errors.NotFound ? missing(digest) : error;
    }
  };
  return {
    size,
    async put(body) {
      const incoming = `${folder}/incoming/${crypto.randomUUID()}`;
      try {
        const info = await writeSynced(incoming, body);
        const final = path(info.digest);
        await makeFolder(final.slice(0, final.lastIndexOf("/")));
        await settle(incoming, final);
        return info;
      } catch (error) {
        await Deno.remove(incoming).catch(() => {/* it was never made, or is renamed */});
        throw error;
      }
    },
    async open(digest, range) {
      const file = await openFile(path(digest), digest);
      return range === undefined ? file.readable : await readRange(file, range);
    },
    async bytes(digest) {
      try {
        return await Deno.readFile(path(digest));
      } catch (error) {
        throw error instanceof Deno.errors.NotFound ? missing(digest) : error;
      }
    },
    async has(digest) {
      if (!isDigest(digest)) return false;
      try {
        await size(digest);
        return true;
      } catch (error) {
        if (error instanceof AppError && error.code === "not-found") return false;
        throw error;
      }
    },
  };
}

/** A {@linkcode BlobStore} that forgets everything when the process ends. */
export function createMemoryStore(): BlobStore {
  const blobs = new Map<string, Uint8Array<ArrayBuffer>>();
  const bytes = (digest: string) => {
    const found = blobs.get(digest);
    if (found === undefined) throw missing(digest);
    return found;
  };
  return {
    async put(body) {
      const whole = body instanceof Uint8Array
        ? body.slice()
        : new Uint8Array(await new Response(body).arrayBuffer());
      const digest = hasher().update(whole).hex();
      blobs.set(digest, whole);
      return { digest, sizeBytes: whole.length };
    },
    // deno-lint-ignore require-await -- so that a missing blob is a rejection, as in a folder
    async open(digest, range) {
      const whole = bytes(digest);
      return new Blob([range ? whole.subarray(range.start, range.end) : whole]).stream();
    },
    // deno-lint-ignore require-await
    async bytes(digest) {
      return bytes(digest).slice();
    },
    has: (digest) => Promise.resolve(blobs.has(digest)),
    // deno-lint-ignore require-await
    async size(digest) {
      return bytes(digest).length;
    },
  };
}

/** Removes what a killed process left in the way in, but nothing that another one may be writing now. */
async function clearAbandoned(incoming: string): Promise<void> {
  const before = Date.now() - ABANDONED_MS;
  for await (const { name } of Deno.readDir(incoming)) {
    try {
      const { mtime } = await Deno.stat(`${incoming}/${name}`);
      if (mtime !== null && mtime.getTime() < before) await Deno.remove(`${incoming}/${name}`);
    } catch (error) {
      // Another process has just finished it, or cleared it away.
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    }
  }
}

async function writeSynced(
  file: string,
  body: Uint8Array | ReadableStream<Uint8Array<ArrayBuffer>>,
): Promise<BlobInfo> {
  using target = await createFile(file);
  const hash = hasher();
  let sizeBytes = 0;
  const write = async (piece: Uint8Array) => {
    hash.update(piece);
    sizeBytes += piece.length;
    await writeAll(target, piece);
  };
  if (body instanceof Uint8Array) await write(body);
  else for await (const piece of body) await write(piece);
  await target.syncData();
  return { digest: hash.hex(), sizeBytes };
}

async function openFile(path: string, digest: string): Promise<Deno.FsFile> {
  try {
    return await Deno.open(path);
  } catch (error) {
    throw error instanceof Deno.errors.NotFound ? missing(digest) : error;
  }
}

async function readRange(
  file: Deno.FsFile,
  { start, end }: ByteRange,
): Promise<ReadableStream<Uint8Array<ArrayBuffer>>> {
  await file.seek(start, Deno.SeekMode.Start);
  let left = end - start;
  return new ReadableStream({
    async pull(controller) {
      const buffer = new Uint8Array(Math.min(READ_BYTES, left));
      const got = left > 0 ? await file.read(buffer) : null;
      if (got === null) {
        file.close();
        return controller.close();
      }
      left -= got;
      controller.enqueue(buffer.subarray(0, got));
    },
    cancel: () => file.close(),
  });
}

function missing(digest: string): AppError {
  return new AppError(
    "not-found",
    `Cannot find the blob ${digest.slice(0, 80)}: no bytes have this digest`,
  );
}
