/**
 * Brings a data folder back from a snapshot.
 *
 * Everything is compared with its digest on the way in. The database comes last and by one rename: until then a
 * mark says that a restore is under way, no hub opens the folder, and the same restore may be started again.
 *
 * Edges refuse releases older than what they took, and after the snapshot more may have been released. So each
 * champion is released anew, with a sequence that goes on from the seconds since 1970: above all that any hub of this
 * catalogue gave before, restored or not, as long as it released less than once a second.
 *
 * @module
 */
import { pathToFileURL } from "node:url";
import { importPrivateKey, type SigningKey } from "@aisle/shared/bundle";
import { AppError } from "@aisle/shared/errors";
import { createFile, makeFolder, settle, syncFolder, writeAll } from "../artifact/durable_file.ts";
import { openDatabase } from "../db/database.ts";
import { checkDatabase } from "../db/snapshot.ts";
import { createSigner, Releaser } from "../pipeline/releases.ts";
import { createRegistry } from "../registry/create_registry.ts";
import {
  blobPath,
  chooseSnapshot,
  KEY_FILES,
  type Manifest,
  readBlobList,
  readManifest,
} from "./backup_layout.ts";
import { keepBlob } from "./blob_files.ts";
import { RESTORE_MARK } from "./restore_mark.ts";
import { openSealedKey } from "./sealed_key.ts";
import { fileProblems } from "./verify_backup.ts";

/** What to restore, and where to. */
export interface RestoreOptions {
  readonly from: string;
  /** Which snapshot; the newest when absent. */
  readonly snapshot?: string | undefined;
  readonly dataDir: string;
  readonly nowMs: number;
  /** Opens a sealed key. */
  readonly passphrase?: string | undefined;
  /** The release key as it was kept elsewhere, PKCS #8. */
  readonly key?: Uint8Array<ArrayBuffer> | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((done: number, total: number) => void) | undefined;
}

/** What a restore did. */
export interface RestoreResult {
  readonly snapshot: string;
  readonly createdAt: string;
  readonly blobs: number;
  /** Champions that were released anew. */
  readonly releases: readonly { readonly catalogue: string; readonly sequence: number }[];
}

/**
 * Restores; the caller holds the lock of `dataDir`.
 *
 * @throws {AppError} `conflict` where a hub's data is there already; `usage` without the release key; `data-invalid`
 *   where the backup is damaged; `cancelled`
 */
export async function restore(options: RestoreOptions): Promise<RestoreResult> {
  const { from, dataDir } = options;
  const snapshot = await chooseSnapshot(from, options.snapshot);
  const name = snapshot.slice(snapshot.lastIndexOf("/") + 1);
  const manifest = await readManifest(snapshot);
  const problems = await fileProblems(snapshot, manifest);
  if (problems.length > 0) {
    throw new AppError("data-invalid", `Cannot restore ${name}: ${problems.join("; ")}`, {
      details: problems,
    });
  }
  const key = await findKey(options, snapshot, manifest);
  await claimFolder(dataDir, name);
  const blobs = await readBlobList(snapshot);
  let done = 0;
  for (const digest of blobs.keys()) {
    if (options.signal?.aborted) throw new AppError("cancelled", "The restore was stopped");
    await keepBlob(blobPath(from, digest), blobPath(dataDir, digest), digest, { verify: true });
    options.onProgress?.(++done, blobs.size);
  }
  for (const { name } of manifest.files.filter((file) => file.name.startsWith("features/"))) {
    await putFile(`${dataDir}/${name}`, await Deno.readFile(`${snapshot}/${name}`));
  }
  await putFile(`${dataDir}/keys/release.pkcs8`, key.bytes);

  const incoming = `${dataDir}/aisle.db.restoring`;
  await removeDatabase(incoming);
  await Deno.copyFile(`${snapshot}/database.db`, incoming);
  const releases = await reopen(incoming, key.signing, name, options.nowMs);
  const damage = await checkDatabase(pathToFileURL(incoming).href);
  if (damage.length > 0) {
    throw new AppError("data-invalid", `Cannot restore ${name}: ${damage.join("; ")}`);
  }
  {
    using file = await Deno.open(incoming, { read: true, write: true });
    await file.sync();
  }
  for (const behind of ["-wal", "-shm"]) await removeIfThere(incoming + behind);
  await settle(incoming, `${dataDir}/aisle.db`);
  await Deno.remove(`${dataDir}/${RESTORE_MARK}`);
  await syncFolder(dataDir);
  return { snapshot: name, createdAt: manifest.createdAt, blobs: blobs.size, releases };
}

/** The release key that the backup was made under. */
async function findKey(
  options: RestoreOptions,
  snapshot: string,
  { key: { publicKey, form } }: Manifest,
): Promise<{ bytes: Uint8Array<ArrayBuffer>; signing: SigningKey }> {
  let bytes = options.key;
  if (bytes === undefined && form === "plain") {
    bytes = await Deno.readFile(`${snapshot}/${KEY_FILES.plain}`);
  }
  if (bytes === undefined && form === "sealed" && options.passphrase !== undefined) {
    const sealed = await Deno.readFile(`${snapshot}/${KEY_FILES.sealed}`);
    bytes = await openSealedKey(sealed, options.passphrase);
  }
  if (bytes === undefined) {
    throw new AppError(
      "usage",
      form === "sealed"
        ? "Cannot restore: the release key is sealed. Give its passphrase with --passphrase-file"
        : "Cannot restore: the release key is not in this backup. Give it with --key FILE (keys/release.pkcs8 of the old data folder)",
    );
  }
  const signing = await importPrivateKey(bytes);
  if (signing.publicKey !== publicKey) {
    throw new AppError(
      "usage",
      "Cannot restore: this release key is not the one that the edges of this backup trust",
    );
  }
  return { bytes, signing };
}

/** Marks `dataDir` as being restored from `name`. @throws {AppError} `conflict` where it holds something else */
async function claimFolder(dataDir: string, name: string): Promise<void> {
  await makeFolder(dataDir);
  const mark = `${dataDir}/${RESTORE_MARK}`;
  if (await isThere(`${dataDir}/aisle.db`) && !await isThere(mark)) {
    throw new AppError(
      "conflict",
      `Cannot restore into ${dataDir}: a hub's database is there. Move it away, or set AISLE_DATA to another folder`,
    );
  }
  if (await isThere(mark)) {
    const begun = (await Deno.readTextFile(mark)).trim();
    if (begun !== name) {
      throw new AppError(
        "conflict",
        `Cannot restore ${name} into ${dataDir}: the restore of ${begun} was begun there and not ended. ` +
          "End that one, or empty the folder",
      );
    }
    await removeIfThere(`${dataDir}/aisle.db`);
    return;
  }
  if (await isThere(`${dataDir}/keys/release.pkcs8`)) {
    throw new AppError(
      "conflict",
      `Cannot restore into ${dataDir}: a hub's release key is there. Move it away, or set AISLE_DATA to another folder`,
    );
  }
  await putFile(mark, new TextEncoder().encode(`${name}\n`));
}

/** Brings the copied database to this version's schema and releases its champions anew. */
async function reopen(file: string, key: SigningKey, snapshot: string, nowMs: number) {
  await using database = await openDatabase({ url: pathToFileURL(file).href });
  const registry = createRegistry(database, {
    now: () => nowMs,
    newId: () => crypto.randomUUID(),
  });
  const releaser = new Releaser(registry, createSigner(key));
  const releases: { catalogue: string; sequence: number }[] = [];
  for (const { name: catalogue } of await registry.catalogues.list()) {
    const release = await releaser.relabel({
      catalogue,
      by: "restore",
      why: `restored from the backup ${snapshot}`,
      sequenceFrom: Math.floor(nowMs / 1000),
    });
    if (release !== null) releases.push({ catalogue, sequence: release.sequence });
  }
  await registry.audit.add({
    actor: "restore",
    action: "restore",
    target: snapshot,
    details: { releases },
  });
  return releases;
}

/** Writes `bytes` under `path` whole, whatever was there. */
async function putFile(path: string, bytes: Uint8Array): Promise<void> {
  await makeFolder(path.slice(0, path.lastIndexOf("/")));
  const incoming = `${path}.${crypto.randomUUID()}`;
  {
    using file = await createFile(incoming);
    await writeAll(file, bytes);
    await file.sync();
  }
  await settle(incoming, path);
}

async function removeDatabase(file: string): Promise<void> {
  for (const end of ["", "-wal", "-shm"]) await removeIfThere(file + end);
}

async function removeIfThere(path: string): Promise<void> {
  await Deno.remove(path).catch((error) => {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  });
}

async function isThere(path: string): Promise<boolean> {
  try {
    await Deno.stat(path);
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}
