/**
 * The one file in which a stage keeps where it stands.
 *
 * @module
 */

/** The bytes in `file`; null where there is none. */
export async function readCheckpoint(file: string): Promise<Uint8Array | null> {
  try {
    return await Deno.readFile(file);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return null;
    throw error;
  }
}

/** Written beside and renamed: a kill in between leaves the checkpoint before. */
export async function writeCheckpoint(file: string, bytes: Uint8Array): Promise<void> {
  await Deno.writeFile(`${file}.new`, bytes);
  await Deno.rename(`${file}.new`, file);
}

/** Takes `file` away if it is there. */
export async function removeCheckpoint(file: string): Promise<void> {
  try {
    await Deno.remove(file);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}
