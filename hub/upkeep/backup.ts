/**
 * Backs up a data folder while its hub works: database, blobs, what is known of pictures, and the release key.
 *
 * The database is copied first. Every blob that it names was on the disk before the row that names it, so the blobs
 * that are there afterwards are enough; garbage collection waits meanwhile ({@linkcode withUpkeepLock}). A run that
 * was cut short leaves blobs that the next one finds, and nothing that looks like a snapshot.
 *
 * @module
 */
import { importPrivateKey } from "@aisle/shared/bundle";
import { AppError } from "@aisle/shared/errors";
import { createFile, makeFolder, settle, syncFolder, writeAll } from "../artifact/durable_file.ts";
import { copyDatabase } from "../db/snapshot.ts";
import {
  blobPath,
  fileInfo,
  KEY_FILES,
  listSnapshots,
  type Manifest,
  readBlobList,
  writeBlobList,
} from "./backup_layout.ts";
import { blobFiles, keepBlob } from "./blob_files.ts";
import { sealKey } from "./sealed_key.ts";
import { withUpkeepLock } from "./upkeep_lock.ts";

/** What to back up, and where to. */
export interface BackupOptions {
  readonly dataDir: string;
  readonly databaseUrl: string;
  readonly to: string;
  /** Version of Aisle. */
  readonly version: string;
  readonly nowMs: number;
  /** Snapshots to keep, this one included; all when absent. */
  readonly keep?: number | undefined;
  /** How the release key goes along: under a passphrase, as it is, or not at all. */
  readonly key: { readonly passphrase: string } | "plain" | "absent";
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((done: number, total: number) => void) | undefined;
}

/** What a backup did. */
export interface BackupResult {
  readonly snapshot: string;
  readonly blobs: number;
  readonly bytes: number;
  /** Blobs that were not there from before, and of those the ones that share the disk's space with the hub's. */
  readonly added: number;
  readonly linked: number;
  readonly key: Manifest["key"]["form"];
  /** Snapshots that were removed since enough newer ones are there. */
  readonly removed: readonly string[];
}

/**
 * Makes a snapshot.
 *
 * @throws {AppError} `locked` while garbage is collected or another backup runs; `usage` for a database server, a
 *   folder inside the data folder or a passphrase that is too short; `cancelled`
 */
export async function backUp(options: BackupOptions): Promise<BackupResult> {
  const { dataDir, to } = options;
  await Deno.mkdir(to, { recursive: true, mode: 0o700 });
  const inside = `${await Deno.realPath(to)}/`.startsWith(`${await Deno.realPath(dataDir)}/`);
  if (inside) {
    throw new AppError("usage", `Cannot back up to ${to}: it must lie outside of ${dataDir}`);
  }
  return await withUpkeepLock(dataDir, () => makeSnapshot(options));
}

async function makeSnapshot(options: BackupOptions): Promise<BackupResult> {
  const { dataDir, to, nowMs, signal } = options;
  const snapshots = `${to}/snapshots`;
  await makeFolder(snapshots);
  await clearUnfinished(snapshots);
  const at = new Date(nowMs);
  const name = at.toISOString().replaceAll(/[-:]/g, "");
  const building = `${snapshots}/.${name}`;
  await Deno.mkdir(building, { mode: 0o700 });
  await copyDatabase(options.databaseUrl, `${building}/database.db`);
  const key = await copyKey(options, building);
  await copyFeatures(dataDir, building);

  const blobs = new Map((await blobFiles(`${dataDir}/blobs`)).map((b) => [b.digest, b.sizeBytes]));
  let done = 0, added = 0, linked = 0, bytes = 0;
  for (const [digest, sizeBytes] of blobs) {
    if (signal?.aborted) throw new AppError("cancelled", "The backup was stopped");
    const kept = await keepBlob(blobPath(dataDir, digest), blobPath(to, digest), digest);
    if (kept !== "there") added++;
    if (kept === "linked") linked++;
    bytes += sizeBytes;
    options.onProgress?.(++done, blobs.size);
  }
  for (const shelf of await namesIn(`${to}/blobs`)) await syncFolder(`${to}/blobs/${shelf}`);
  await writeWhole(`${building}/blobs.txt`, new TextEncoder().encode(writeBlobList(blobs)));

  const files: Manifest["files"] = [];
  for (const file of await filesUnder(building)) {
    files.push({ name: file, ...(await fileInfo(`${building}/${file}`))! });
  }
  const manifest: Manifest = {
    format: "aisle-backup/1",
    createdAt: at.toISOString(),
    version: options.version,
    files,
    blobs: { count: blobs.size, bytes },
    key,
  };
  await writeWhole(
    `${building}/manifest.json`,
    new TextEncoder().encode(JSON.stringify(manifest, null, 2) + "\n"),
  );
  await settle(building, `${snapshots}/${name}`);
  const removed = options.keep === undefined ? [] : await prune(to, options.keep);
  return {
    snapshot: name,
    blobs: blobs.size,
    bytes,
    added,
    linked,
    key: key.form,
    removed,
  };
}

async function copyKey(options: BackupOptions, building: string): Promise<Manifest["key"]> {
  const raw = await Deno.readFile(`${options.dataDir}/keys/release.pkcs8`);
  const { publicKey } = await importPrivateKey(raw);
  if (options.key === "absent") return { publicKey, form: "absent" };
  const form = options.key === "plain" ? "plain" : "sealed";
  const bytes = options.key === "plain" ? raw : await sealKey(raw, options.key.passphrase);
  await writeWhole(`${building}/${KEY_FILES[form]}`, bytes);
  return { publicKey, form };
}

async function copyFeatures(dataDir: string, building: string): Promise<void> {
  await Deno.mkdir(`${building}/features`);
  for (const name of await namesIn(`${dataDir}/features`)) {
    if (!name.endsWith(".jsonl")) continue;
    const bytes = await Deno.readFile(`${dataDir}/features/${name}`);
    await writeWhole(`${building}/features/${name}`, bytes);
  }
}

/** Removes all but the newest `keep` snapshots and the blobs that none of the rest has. */
async function prune(to: string, keep: number): Promise<string[]> {
  const names = await listSnapshots(to);
  const old = names.slice(0, Math.max(0, names.length - Math.max(1, keep)));
  if (old.length === 0) return [];
  for (const name of old) {
    // Under a dot first: half a snapshot must not look like one.
    await Deno.rename(`${to}/snapshots/${name}`, `${to}/snapshots/.old-${name}`);
    await Deno.remove(`${to}/snapshots/.old-${name}`, { recursive: true });
  }
  const wanted = new Set<string>();
  for (const name of names.slice(old.length)) {
    for (const digest of (await readBlobList(`${to}/snapshots/${name}`)).keys()) wanted.add(digest);
  }
  for (const { digest, path } of await blobFiles(`${to}/blobs`)) {
    if (!wanted.has(digest)) await Deno.remove(path);
  }
  return old;
}

async function clearUnfinished(snapshots: string): Promise<void> {
  for (const name of await namesIn(snapshots)) {
    if (name.startsWith(".")) await Deno.remove(`${snapshots}/${name}`, { recursive: true });
  }
}

async function writeWhole(path: string, bytes: Uint8Array): Promise<void> {
  using file = await createFile(path);
  await writeAll(file, bytes);
  await file.sync();
}

/** Files of a snapshot, by name. */
async function filesUnder(folder: string): Promise<string[]> {
  const features = (await namesIn(`${folder}/features`)).map((name) => `features/${name}`);
  const own = (await namesIn(folder)).filter((name) => name !== "features");
  return [...own, ...features].sort();
}

async function namesIn(folder: string): Promise<string[]> {
  try {
    return (await Array.fromAsync(Deno.readDir(folder))).map(({ name }) => name).sort();
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return [];
    throw error;
  }
}
