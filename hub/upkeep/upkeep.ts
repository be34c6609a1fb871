/**
 * The upkeep of a hub's data folder as its jobs and its command line ask for it.
 *
 * @module
 */
import { AppError } from "@aisle/shared/errors";
import type { Database } from "../db/database.ts";
import { backUp, type BackupResult } from "./backup.ts";
import { readPassphrase } from "./backup_settings.ts";
import { collectGarbage, type GarbageReport, type Retention } from "./collect_garbage.ts";

/** What {@linkcode createUpkeep} works with. */
export interface UpkeepDeps {
  readonly database: Database;
  readonly dataDir: string;
  readonly databaseUrl: string;
  /** Version of Aisle. */
  readonly version: string;
  /** Where backups go; none are made when absent. */
  readonly backupDir: string | undefined;
  readonly passphraseFile: string | undefined;
  /** Snapshots to keep. */
  readonly keep: number;
  readonly retention: Retention;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

/** How a job follows the work. */
export interface UpkeepWork {
  readonly signal: AbortSignal;
  readonly onProgress: (done: number, total: number) => void;
}

/** Looks after a data folder. */
export interface Upkeep {
  /** A snapshot in the folder that the environment names. @throws {AppError} `usage` without one */
  backUp(work: UpkeepWork): Promise<BackupResult>;
  collectGarbage(work: UpkeepWork & { readonly dryRun: boolean }): Promise<GarbageReport>;
}

/** The upkeep of `deps.dataDir`. */
export function createUpkeep(deps: UpkeepDeps): Upkeep {
  const { database, dataDir, backupDir, passphraseFile, now } = deps;
  return {
    async backUp(work) {
      if (backupDir === undefined) {
        throw new AppError(
          "usage",
          "Cannot back up: no folder is set. Set HUB_BACKUP_DIR, or run deno task backup --to FOLDER",
        );
      }
      return await backUp({
        ...work,
        dataDir,
        databaseUrl: deps.databaseUrl,
        to: backupDir,
        version: deps.version,
        nowMs: now(),
        keep: deps.keep,
        key: passphraseFile === undefined
          ? "absent"
          : { passphrase: await readPassphrase(passphraseFile) },
      });
    },
    collectGarbage: (work) =>
      collectGarbage({ ...work, database, dataDir, retention: deps.retention, nowMs: now() }),
  };
}
