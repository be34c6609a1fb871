/**
 * One process at a time owns a data folder: an advisory file lock that the system frees when the process
 * ends, however it ends. A serving hub writes its address beside it, so that commands go through it.
 *
 * @module
 */
import { AppError, messageOf } from "@aisle/shared/errors";

/** What a serving hub tells commands on the same machine; the file is readable by its owner alone. */
export interface LockHolder {
  readonly pid: number;
  /** Address of the API; absent for a one-shot command. */
  readonly url?: string;
  /** Admin token of this start of the hub. */
  readonly token: string;
}

/** A held lock. */
export interface HubLock extends Disposable {
  /** Writes who holds the lock. */
  announce(holder: LockHolder): void;
}

/**
 * Takes the lock of `dataDir`, which is made when absent, or null when another process has it.
 *
 * @throws {AppError} `usage` where nothing can be written there
 */
export function acquireLock(dataDir: string): HubLock | null {
  const file = openLockFile(dataDir);
  if (!file.tryLockSync(true)) {
    file.close();
    return null;
  }
  const announce = (holder: LockHolder | null) => {
    file.truncateSync(0);
    file.seekSync(0, Deno.SeekMode.Start);
    if (holder !== null) file.writeSync(new TextEncoder().encode(JSON.stringify(holder)));
  };
  announce({ pid: Deno.pid, token: "" });
  return {
    announce,
    [Symbol.dispose]() {
      announce(null);
      file.close();
    },
  };
}

/** Who holds the lock of `dataDir`, if that can be read. */
export async function readLock(dataDir: string): Promise<LockHolder | null> {
  try {
    return JSON.parse(await Deno.readTextFile(`${dataDir}/hub.lock`)) as LockHolder;
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof Deno.errors.NotFound) return null;
    throw error;
  }
}

function openLockFile(dataDir: string): Deno.FsFile {
  try {
    Deno.mkdirSync(dataDir, { recursive: true, mode: 0o700 });
    return Deno.openSync(`${dataDir}/hub.lock`, {
      create: true,
      read: true,
      write: true,
      mode: 0o600,
    });
  } catch (error) {
    throw new AppError(
      "usage",
      `Cannot use ${dataDir} as the data folder: ${messageOf(error)}. ` +
        "Make it a folder that you may write to, or set AISLE_DATA to another one",
      { cause: error },
    );
  }
}
