/**
 * Addresses of files as MLflow's clients write them, taken apart.
 *
 * They look like paths and are none: an address names a run and, in the run, a name in a table beside the digest of
 * a blob. Nothing here ever becomes a path of the file system.
 *
 * @module
 */
import { AppError } from "@aisle/shared/errors";
import { isDigest } from "@aisle/shared/hash";

/** Longest name of a file in a run. */
const MAX_NAME = 500;

/** What an address names. `name` is the file or folder in it, empty for everything. */
export type FileAddress =
  | { readonly kind: "run"; readonly run: string; readonly name: string }
  | { readonly kind: "model"; readonly model: string; readonly name: string }
  | {
    readonly kind: "bundle";
    readonly catalogue: string;
    readonly digest: string;
    readonly name: string;
  };

/**
 * Takes apart `EXPERIMENT/RUN/artifacts/NAME`, `EXPERIMENT/models/MODEL/artifacts/NAME` and
 * `aisle/CATALOGUE/DIGEST/NAME`; percent escapes are decoded already.
 *
 * @throws {AppError} `input-invalid` for names that a path would change; `not-found` for other addresses
 */
export function parseAddress(path: string): FileAddress {
  const parts = fileName(path).split("/");
  const rest = (from: number) => parts.slice(from).join("/");
  if (parts[0] === "aisle" && parts.length >= 3 && isDigest(parts[2]!)) {
    return { kind: "bundle", catalogue: parts[1]!, digest: parts[2]!, name: rest(3) };
  }
  if (/^\d+$/.test(parts[0]!)) {
    if (parts[1] === "models" && parts.length >= 4 && parts[3] === "artifacts") {
      return { kind: "model", model: parts[2]!, name: rest(4) };
    }
    if (parts.length >= 3 && parts[2] === "artifacts") {
      return { kind: "run", run: parts[1]!, name: rest(3) };
    }
  }
  throw new AppError(
    "not-found",
    `Cannot find ${path.slice(0, 200)}: files lie under EXPERIMENT/RUN/artifacts/`,
  );
}

/**
 * `name` without a slash at its end and without parts that are a single dot, which clients put for the whole folder.
 *
 * @throws {AppError} `input-invalid` for a name that a path would change
 */
export function fileName(name: string): string {
  const parts = name.replace(/\/+$/, "").split("/").filter((part) => part !== ".");
  const plain = parts.join("/");
  const bad = parts.some((part) => part === "" || part === "..");
  if (plain === "" || (!bad && plain.length <= MAX_NAME && !/[\\]|\p{Cc}/u.test(plain))) {
    return plain;
  }
  throw new AppError(
    "input-invalid",
    `Invalid path: names of files have up to ${MAX_NAME} characters, no .. and no backslash: ` +
      `current value is ${JSON.stringify(name.slice(0, 100))}`,
  );
}

/** A file or folder right below a folder. */
export interface Entry {
  /** Its whole name. */
  readonly name: string;
  /** Null for a folder. */
  readonly sizeBytes: number | null;
}

/** What lies right below `folder` (everything for the empty name), by name. */
export function entriesBelow(
  files: readonly { readonly name: string; readonly sizeBytes: number }[],
  folder: string,
): Entry[] {
  const prefix = folder === "" ? "" : `${folder}/`;
  const entries = new Map<string, Entry>();
  for (const { name, sizeBytes } of files) {
    if (!name.startsWith(prefix)) continue;
    const slash = name.indexOf("/", prefix.length);
    const entry = slash < 0 ? { name, sizeBytes } : { name: name.slice(0, slash), sizeBytes: null };
    if (!entries.has(entry.name)) entries.set(entry.name, entry);
  }
  return [...entries.values()].sort((a, b) => a.name < b.name ? -1 : 1);
}
