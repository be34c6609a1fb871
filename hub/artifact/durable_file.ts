/**
 * Files that are there whole or not at all, also after the power failed.
 *
 * @module
 */

/** A new file at `path` for its owner alone; it must not exist. */
export function createFile(path: string): Promise<Deno.FsFile> {
  return Deno.open(path, { write: true, createNew: true, mode: 0o600 });
}

/** Writes all of `piece`; a single write may take only part of it. */
export async function writeAll(file: Deno.FsFile, piece: Uint8Array): Promise<void> {
  for (let n = 0; n < piece.length;) n += await file.write(piece.subarray(n));
}

/** Gives the synced file `from` its name `to`; when this resolves the name is on the disk, too. */
export async function settle(from: string, to: string): Promise<void> {
  await Deno.rename(from, to);
  await syncFolder(folderOf(to));
}

/** Makes `folder` and the folders above it; what was made is on the disk when this resolves. */
export async function makeFolder(folder: string): Promise<void> {
  try {
    await Deno.mkdir(folder);
  } catch (error) {
    if (error instanceof Deno.errors.AlreadyExists) return;
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    await makeFolder(folderOf(folder));
    return await makeFolder(folder);
  }
  await syncFolder(folderOf(folder));
}

/** The folder that holds `path`. */
function folderOf(path: string): string {
  const slash = path.lastIndexOf("/");
  return slash < 0 ? "." : path.slice(0, slash) || "/";
}

/** Names made or taken away in `folder` are on the disk when this resolves. */
export async function syncFolder(folder: string): Promise<void> {
  // A folder cannot be opened, nor need it be synced, there.
  if (Deno.build.os === "windows") return;
  using file = await Deno.open(folder);
  await file.sync();
}
