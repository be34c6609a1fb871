/**
 * Garbage collection: removes rows that are past their time, then blobs that nothing names.
 *
 * Marking begins at what the database and the files of known features name, and goes on through the blobs themselves
 * (`links.ts`). A blob goes when it is not marked, when nobody put it or asked for it within the grace period, and
 * when a second look at the database, after marking, still does not name it. So it is safe beside uploads and jobs: who
 * brings a blob, or relies on one that is there, makes it young; who names an old one, names it in the database.
 * Killed at any moment, it has removed too little, never too much: rows go before the blobs that they name.
 *
 * @module
 */
import { AppError } from "@aisle/shared/errors";
import type { Database } from "../db/database.ts";
import { restoreTrash, takeIfUntouched } from "../artifact/blob_trash.ts";
import { type BlobFile, blobFiles } from "./blob_files.ts";
import { LinkReader } from "./link_reader.ts";
import { LinkFinder } from "./links.ts";
import { type Cuts, cutsAt, readRoots, removeExpired } from "./roots.ts";
import { withUpkeepLock } from "./upkeep_lock.ts";

/** How long what is kept; a section of the params. */
export interface Retention {
  readonly graceHours: number;
  readonly stageCacheDays: number;
  readonly jobLogDays: number;
  readonly jobDays: number;
  readonly deletedRunDays: number;
}

/** What {@linkcode collectGarbage} works on. */
export interface GarbageOptions {
  readonly database: Database;
  readonly dataDir: string;
  readonly retention: Retention;
  readonly nowMs: number;
  /** Says what would go, and removes nothing. */
  readonly dryRun?: boolean | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((done: number, total: number) => void) | undefined;
}

interface Sum {
  readonly count: number;
  readonly bytes: number;
}

/** What was done, or would be. */
export interface GarbageReport {
  readonly dryRun: boolean;
  /** Rows removed, by table. */
  readonly rows: Readonly<Record<string, number>>;
  readonly blobs: {
    /** Named by something. */
    readonly kept: Sum;
    /** Named by nothing, but within the grace period. */
    readonly young: Sum;
    readonly removed: Sum;
  };
  /** Checkpoints of stages that nobody went on with. */
  readonly checkpoints: number;
}

/** @throws {AppError} `locked` while a backup is made or another collection runs; `cancelled` */
export async function collectGarbage(options: GarbageOptions): Promise<GarbageReport> {
  return await withUpkeepLock(options.dataDir, () => collect(options));
}

async function collect(options: GarbageOptions): Promise<GarbageReport> {
  const { database, dataDir, retention, nowMs, dryRun = false, signal } = options;
  const cuts = cutsAt(nowMs, retention);
  const rows = await removeExpired(database, cuts, dryRun);
  const folder = `${dataDir}/blobs`;
  await restoreTrash(folder);
  const all = new Map((await blobFiles(folder)).map((file) => [file.digest, file]));
  using links = new LinkReader(all.keys(), await Deno.realPath(dataDir));
  const marker = new Marker(all, options, links);
  const finder = new LinkFinder(new Set(all.keys()));
  await marker.mark(await rootsOf(options, cuts, finder, links));
  const before = nowMs - retention.graceHours * 3_600_000;
  const garbage = [...all.values()].filter(({ digest }) => !marker.live.has(digest));
  const old = garbage.filter(({ touchedMs }) => touchedMs < before);
  // What was named while blobs were read.
  await marker.mark(await rootsOf(options, cuts, finder, links));
  const removed: BlobFile[] = [];
  for (const file of old) {
    if (signal?.aborted) throw new AppError("cancelled", "The collection of garbage was stopped");
    if (marker.live.has(file.digest)) continue;
    if (dryRun || await takeIfUntouched(folder, file.digest, before)) removed.push(file);
  }
  const gone = new Set(removed.map(({ digest }) => digest));
  return {
    dryRun,
    rows,
    blobs: {
      kept: sum([...marker.live].map((digest) => all.get(digest)!)),
      young: sum(garbage.filter(({ digest }) => !marker.live.has(digest) && !gone.has(digest))),
      removed: sum(removed),
    },
    checkpoints: await removeOldFiles(
      `${dataDir}/checkpoints`,
      nowMs - retention.stageCacheDays * 86_400_000,
      dryRun,
    ),
  };
}

/** Follows names from blob to blob. */
class Marker {
  readonly live = new Set<string>();
  readonly #all: ReadonlyMap<string, BlobFile>;
  readonly #options: GarbageOptions;
  readonly #links: LinkReader;

  constructor(
    all: ReadonlyMap<string, BlobFile>,
    options: GarbageOptions,
    links: LinkReader,
  ) {
    this.#all = all;
    this.#options = options;
    this.#links = links;
  }

  /** Marks `roots` and all that they lead to. */
  async mark(roots: Iterable<string>): Promise<void> {
    const waiting = [...roots].filter((digest) => !this.live.has(digest));
    for (const digest of waiting) this.live.add(digest);
    for (const digest of waiting) {
      if (this.#options.signal?.aborted) {
        throw new AppError("cancelled", "The collection of garbage was stopped");
      }
      for (const next of await this.#links.linksOf(this.#all.get(digest)!.path)) {
        if (this.live.has(next)) continue;
        this.live.add(next);
        waiting.push(next);
      }
      this.#options.onProgress?.(this.live.size, this.#all.size);
    }
  }
}

/** Blobs that the database and the files of known features name. */
async function rootsOf(
  { database, dataDir }: GarbageOptions,
  cuts: Cuts,
  finder: LinkFinder,
  links: LinkReader,
): Promise<Set<string>> {
  const found = new Set<string>();
  await readRoots(database, cuts, (text) => finder.inText(text, found));
  for (const name of await namesIn(`${dataDir}/features`)) {
    for (const digest of await links.linksOf(`${dataDir}/features/${name}`)) found.add(digest);
  }
  return found;
}

async function removeOldFiles(folder: string, beforeMs: number, dryRun: boolean): Promise<number> {
  let removed = 0;
  for (const name of await namesIn(folder)) {
    const { mtime, isFile } = await Deno.stat(`${folder}/${name}`);
    if (!isFile || (mtime?.getTime() ?? Infinity) >= beforeMs) continue;
    if (!dryRun) await Deno.remove(`${folder}/${name}`);
    removed++;
  }
  return removed;
}

async function namesIn(folder: string): Promise<string[]> {
  try {
    return (await Array.fromAsync(Deno.readDir(folder))).map(({ name }) => name).sort();
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return [];
    throw error;
  }
}

function sum(files: readonly BlobFile[]): Sum {
  return {
    count: files.length,
    bytes: files.reduce((total, { sizeBytes }) => total + sizeBytes, 0),
  };
}
