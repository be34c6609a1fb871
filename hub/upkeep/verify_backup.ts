/**
 * Whether a snapshot is whole: every file and every blob read and compared, the database checked by SQLite itself.
 *
 * @module
 */
import { pathToFileURL } from "node:url";
import { checkDatabase } from "../db/snapshot.ts";
import {
  blobPath,
  chooseSnapshot,
  fileInfo,
  type Manifest,
  readBlobList,
  readManifest,
} from "./backup_layout.ts";

/** What a look at a snapshot found. */
export interface Verified {
  readonly snapshot: string;
  readonly manifest: Manifest;
  readonly blobs: number;
  /** What is wrong, all of it; empty where nothing is. */
  readonly problems: readonly string[];
}

/** Reads all of a snapshot of `folder`: the one of that name, or the newest. @throws {AppError} `not-found`, `data-invalid` */
export async function verifyBackup(folder: string, name?: string): Promise<Verified> {
  const snapshot = await chooseSnapshot(folder, name);
  const manifest = await readManifest(snapshot);
  const problems = await fileProblems(snapshot, manifest);
  let blobs = 0;
  if (problems.length === 0) {
    for (const [digest, sizeBytes] of await readBlobList(snapshot)) {
      const info = await fileInfo(blobPath(folder, digest));
      if (info === null) problems.push(`blob ${digest} is missing`);
      else if (info.digest !== digest || info.sizeBytes !== sizeBytes) {
        problems.push(`blob ${digest} is damaged`);
      }
      blobs++;
    }
    problems.push(...await checkDatabase(pathToFileURL(`${snapshot}/database.db`).href));
  }
  return { snapshot: snapshot.slice(snapshot.lastIndexOf("/") + 1), manifest, blobs, problems };
}

/** Files of `snapshot` that are not as its manifest says. */
export async function fileProblems(snapshot: string, manifest: Manifest): Promise<string[]> {
  const problems: string[] = [];
  for (const { name, digest, sizeBytes } of manifest.files) {
    const info = await fileInfo(`${snapshot}/${name}`);
    if (info === null) problems.push(`${name} is missing`);
    else if (info.digest !== digest || info.sizeBytes !== sizeBytes) {
      problems.push(`${name} is damaged`);
    }
  }
  for (const needed of ["database.db", "blobs.txt"]) {
    if (!manifest.files.some(({ name }) => name === needed)) problems.push(`${needed} is missing`);
  }
  return problems;
}
