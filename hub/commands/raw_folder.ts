/**
 * What a user dropped into `data/raw/`: the challenge's two files, there or in one folder below, and pictures.
 *
 * @module
 */
import { AppError } from "@aisle/shared/errors";
import type { SourceFiles } from "./upload.ts";

/** Names under which the two files are known; the challenge's own have a prefix and a suffix. */
const X = /^x([_-].*)?\.csv$/i, Y = /^y([_-].*)?\.csv$/i;
const PICTURES = /^images?([_-].*)?(\.zip)?$/i;
/** The challenge's download holds products without codes beside the others: they are for prediction. */
const FOR_PREDICTION = /^x[_-]test/i;

/** Files found, and the name of their data set. */
export interface DroppedFiles {
  readonly name: string;
  readonly files: SourceFiles;
}

/**
 * Looks into `folder` and the folders directly below it.
 *
 * @throws {AppError} `usage` where nothing, or more than one data set, is found
 */
export async function droppedFiles(folder: string): Promise<DroppedFiles> {
  const found: DroppedFiles[] = [];
  const here = await lookInto(folder, "catalogue");
  if (here !== null) found.push(here);
  for (const name of (await names(folder)).filter((entry) => entry.isDirectory)) {
    const there = await lookInto(`${folder}/${name.name}`, name.name);
    if (there !== null) found.push(there);
  }
  if (found.length === 1) return found[0]!;
  throw new AppError(
    "usage",
    found.length === 0
      ? `Cannot find files: ${folder} holds no x.csv and y.csv. Put them there, or name them with --x and --y`
      : `Cannot tell which files: ${folder} holds ${
        found.map((f) => f.name).join(", ")
      }. Name one with --x and --y`,
  );
}

async function lookInto(folder: string, name: string): Promise<DroppedFiles | null> {
  const entries = await names(folder);
  const one = (pattern: RegExp) => {
    const fits = entries.map((entry) => entry.name)
      .filter((name) => pattern.test(name) && !FOR_PREDICTION.test(name));
    if (fits.length < 2) return fits[0];
    throw new AppError(
      "usage",
      `Cannot tell which file of ${folder} is meant: ${
        fits.join(" or ")
      }. Name it with --x and --y`,
    );
  };
  const [x, y, images] = [one(X), one(Y), one(PICTURES)];
  if (x === undefined || y === undefined) return null;
  const at = (file: string) => `${folder}/${file}`;
  return {
    name,
    files: {
      kind: "challenge",
      files: { x: at(x), y: at(y), csv: undefined },
      images: images === undefined ? undefined : at(images),
      columns: { text: [], label: null, id: null, image: null },
    },
  };
}

async function names(folder: string): Promise<Deno.DirEntry[]> {
  try {
    return (await Array.fromAsync(Deno.readDir(folder))).sort((a, b) => a.name < b.name ? -1 : 1);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return [];
    throw error;
  }
}
