/**
 * Picture files that a user named: in a folder or in a zip, read one at a time.
 *
 * @module
 */
import { AppError } from "@aisle/shared/errors";
import { PICTURE_LIMITS } from "@aisle/shared/images";
import { isPictureFile } from "./is_picture_file.ts";
import { openZipPictures } from "./zip_pictures.ts";

/** One file: its bytes, or why there are none. A file that cannot be read is no error: its products go on without. */
export interface PictureFile {
  /** Inside the folder or zip, parted by `/`. */
  readonly path: string;
  readonly sizeBytes: number;
  read(): Promise<{ readonly bytes: Uint8Array<ArrayBuffer> } | { readonly problem: string }>;
}

/** All of them, sorted by path. */
export interface PictureFiles extends Iterable<PictureFile>, Disposable {
  readonly count: number;
}

/**
 * The pictures in the folder or zip at `path`; `using` closes it.
 *
 * @throws {AppError} `usage` where there is no such folder or zip
 */
export async function openPictureFiles(path: string): Promise<PictureFiles> {
  let info: Deno.FileInfo;
  try {
    info = await Deno.stat(path);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    throw new AppError("usage", `Cannot read --images ${path}: there is no such folder or zip`);
  }
  return info.isDirectory ? await openFolder(path) : await openZipPictures(path);
}

async function openFolder(folder: string): Promise<PictureFiles> {
  const paths: string[] = [];
  await list(folder, "", paths);
  paths.sort();
  return {
    count: paths.length,
    *[Symbol.iterator]() {
      for (const path of paths) yield fileAt(`${folder}/${path}`, path);
    },
    [Symbol.dispose]: () => {},
  };
}

async function list(folder: string, inside: string, paths: string[]): Promise<void> {
  for await (const entry of Deno.readDir(`${folder}/${inside}`)) {
    const path = inside + entry.name;
    if (entry.isDirectory) await list(folder, `${path}/`, paths);
    else if (isPictureFile(path)) paths.push(path);
  }
}

function fileAt(file: string, path: string): PictureFile {
  return {
    path,
    // Asked of what cannot be read too: a link to nowhere, a file that is gone.
    get sizeBytes() {
      try {
        return Deno.statSync(file).size;
      } catch {
        return 0;
      }
    },
    async read() {
      try {
        const { size, isFile } = await Deno.stat(file);
        if (!isFile) return { problem: "it is no file" };
        if (size > PICTURE_LIMITS.bytes) {
          return { problem: `it has more than ${PICTURE_LIMITS.bytes} bytes` };
        }
        return { bytes: await Deno.readFile(file) };
      } catch (error) {
        if (error instanceof Deno.errors.NotFound) return { problem: "it is gone" };
        if (error instanceof Deno.errors.PermissionDenied) {
          return { problem: "it may not be read" };
        }
        if (error instanceof Deno.errors.FilesystemLoop) {
          return { problem: "it is a link that leads to itself" };
        }
        throw error;
      }
    },
  };
}
