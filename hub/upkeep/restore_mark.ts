/**
 * The mark of a restore that has begun and not ended: half of a hub's data must not be opened as a hub's.
 *
 * @module
 */
import { AppError } from "@aisle/shared/errors";

/** File in the data folder; holds the snapshot's name. */
export const RESTORE_MARK = "restoring";

/** Refuses `dataDir` while a restore of it has not ended. @throws {AppError} `conflict` */
export async function refuseHalfRestored(dataDir: string): Promise<void> {
  let snapshot: string;
  try {
    snapshot = (await Deno.readTextFile(`${dataDir}/${RESTORE_MARK}`)).trim();
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return;
    throw error;
  }
  throw new AppError(
    "conflict",
    `Cannot open ${dataDir}: a restore of ${snapshot} was begun there and not ended. ` +
      "Run the same deno task restore again",
  );
}
