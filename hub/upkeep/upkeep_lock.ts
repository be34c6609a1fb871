/**
 * One at a time: backup and garbage collection of a data folder, also of two processes. A file lock, which the system
 * frees when the process ends, however it ends.
 *
 * @module
 */
import { AppError } from "@aisle/shared/errors";

/** Runs `work` alone. @throws {AppError} `locked` while another one holds the lock */
export async function withUpkeepLock<T>(dataDir: string, work: () => Promise<T>): Promise<T> {
  using file = await Deno.open(`${dataDir}/upkeep.lock`, {
    create: true,
    write: true,
    mode: 0o600,
  });
  if (!file.tryLockSync(true)) {
    throw new AppError(
      "locked",
      `Cannot look after ${dataDir}: a backup or a garbage collection of it is under way. Wait for it to end`,
    );
  }
  return await work();
}
