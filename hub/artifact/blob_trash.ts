/**
 * How a blob leaves a folder of blobs while others put, look for and read blobs.
 *
 * It is first moved aside, then looked at once more: who asked for it until then has touched it, and it is put back;
 * who asks from then on finds nothing and brings it again. A process that dies in between leaves it aside, from where
 * the next one puts it back.
 *
 * @module
 */
import { isDigest } from "@aisle/shared/hash";
import { makeFolder } from "./durable_file.ts";

const trash = (folder: string) => `${folder}/trash`;
const place = (folder: string, digest: string) => `${folder}/${digest.slice(0, 2)}/${digest}`;

/** Removes the blob unless somebody touched it at `beforeMs` or later; whether it is gone. */
export async function takeIfUntouched(
  folder: string,
  digest: string,
  beforeMs: number,
): Promise<boolean> {
  await makeFolder(trash(folder));
  const aside = `${trash(folder)}/${digest}`;
  try {
    await Deno.rename(place(folder, digest), aside);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
  const { mtime } = await Deno.stat(aside);
  if ((mtime?.getTime() ?? 0) < beforeMs) {
    await Deno.remove(aside);
    return true;
  }
  await putBack(folder, digest);
  return false;
}

/** Puts back what a process that died had moved aside. */
export async function restoreTrash(folder: string): Promise<void> {
  let names: string[];
  try {
    names = (await Array.fromAsync(Deno.readDir(trash(folder)))).map(({ name }) => name);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return;
    throw error;
  }
  for (const name of names.filter(isDigest)) await putBack(folder, name);
}

/** The same bytes may have come again meanwhile: either copy is as good. */
async function putBack(folder: string, digest: string): Promise<void> {
  try {
    await Deno.rename(`${trash(folder)}/${digest}`, place(folder, digest));
  } catch (error) {
    // Another process has put it back.
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}
