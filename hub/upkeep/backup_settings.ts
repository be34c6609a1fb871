/**
 * The passphrase of backups, as people keep it: in a file.
 *
 * @module
 */
import { AppError, messageOf } from "@aisle/shared/errors";

/** The first line of `file`. @throws {AppError} `usage` */
export async function readPassphrase(file: string): Promise<string> {
  let text: string;
  try {
    text = await Deno.readTextFile(file);
  } catch (error) {
    throw new AppError("usage", `Cannot read the passphrase: ${messageOf(error)}`, {
      cause: error,
    });
  }
  const line = text.split(/\r?\n/, 1)[0]!;
  if (line.length < 12) {
    throw new AppError("usage", `Cannot use the passphrase in ${file}: it needs 12 characters`);
  }
  return line;
}
