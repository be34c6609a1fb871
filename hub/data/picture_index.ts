/**
 * The index of a set of pictures: which file has which content, and where that content lies.
 *
 * Pictures are kept in packs (a few megabytes of files one behind the other), never one blob each: 85,000 small
 * blobs are slow to store, list and send. Contents that occur twice are kept once.
 *
 * @module
 */
import { AppError } from "@aisle/shared/errors";
import { isDigest } from "@aisle/shared/hash";
import { readJsonLines, writeJsonLines } from "./json_lines.ts";

/** One picture file. */
export interface PictureEntry {
  /** Inside the folder or zip, parted by `/`. */
  readonly path: string;
  readonly sizeBytes: number;
  /** SHA-256 of the content; empty where it was not kept, and `problem` says why. */
  readonly digest: string;
  readonly problem?: string | undefined;
}

/** Where a content lies: in `packs[pack]`, from byte `offset` on. */
export interface PicturePlace {
  readonly pack: number;
  readonly offset: number;
  readonly sizeBytes: number;
}

/** See the module's note. */
export interface PictureIndex {
  /** Digests of the packs' blobs. */
  readonly packs: readonly string[];
  /** Sorted by path. */
  readonly entries: readonly PictureEntry[];
  /** Digest to place, in the order of the packs. */
  readonly places: ReadonlyMap<string, PicturePlace>;
}

/** File name of a path: folders count for nothing. */
export function baseName(path: string): string {
  return path.slice(Math.max(path.lastIndexOf("/"), path.lastIndexOf("\\")) + 1);
}

const VERSION = 1;

/** `index` as it is kept: gzipped JSON lines; equal indexes give equal bytes. */
export function writePictureIndex(index: PictureIndex): ReadableStream<Uint8Array<ArrayBuffer>> {
  function* lines(): Generator<unknown> {
    yield { version: VERSION, packs: index.packs };
    for (const { path, sizeBytes, digest, problem } of index.entries) {
      const place = index.places.get(digest);
      yield place === undefined
        ? { path, sizeBytes, problem }
        : { path, sizeBytes, digest, pack: place.pack, offset: place.offset };
    }
  }
  return writeJsonLines(lines());
}

/**
 * Reads an index, or a bare JSON list of file names (a set whose contents are not known).
 *
 * @throws {AppError} `data-invalid` where it is neither
 */
export async function readPictureIndex(
  stream: ReadableStream<Uint8Array>,
): Promise<PictureIndex> {
  const [first, whole] = await peek(stream);
  if (first === "[".charCodeAt(0)) return bareNames(await new Response(whole).text());
  const packs: string[] = [];
  const entries: PictureEntry[] = [];
  const places = new Map<string, PicturePlace>();
  try {
    for await (const line of readJsonLines<Record<string, unknown>>(whole)) {
      if (packs.length === 0 && entries.length === 0 && Array.isArray(line["packs"])) {
        if (line["version"] !== VERSION) throw new Error(`version ${line["version"]}`);
        packs.push(...line["packs"].filter((d) => typeof d === "string" && isDigest(d)));
        if (packs.length !== line["packs"].length) throw new Error("a pack has no digest");
        continue;
      }
      const entry = readEntry(line, packs.length);
      entries.push(entry.entry);
      if (entry.place !== null && !places.has(entry.entry.digest)) {
        places.set(entry.entry.digest, entry.place);
      }
    }
  } catch (cause) {
    throw new AppError("data-invalid", "Cannot read the index of pictures: it is damaged", {
      cause,
    });
  }
  return { packs, entries, places };
}

function readEntry(
  line: Record<string, unknown>,
  packs: number,
): { entry: PictureEntry; place: PicturePlace | null } {
  const { path, sizeBytes, digest, pack, offset, problem } = line;
  const natural = (value: unknown): value is number =>
    Number.isSafeInteger(value) && (value as number) >= 0;
  if (typeof path !== "string" || !natural(sizeBytes)) throw new Error("a line is no picture");
  if (typeof digest !== "string") {
    const why = typeof problem === "string" ? problem : undefined;
    return { entry: { path, sizeBytes, digest: "", problem: why }, place: null };
  }
  if (!isDigest(digest) || !natural(pack) || !natural(offset) || pack >= packs) {
    throw new Error("a picture lies in no pack");
  }
  return { entry: { path, sizeBytes, digest }, place: { pack, offset, sizeBytes } };
}

function bareNames(text: string): PictureIndex {
  const wrong = (cause?: unknown) =>
    new AppError(
      "data-invalid",
      "Cannot read the list of pictures: it must be a list of file names",
      { cause },
    );
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw wrong(cause);
  }
  if (!Array.isArray(value) || !value.every((name) => typeof name === "string")) throw wrong();
  const entries = value.map((path) => ({ path, sizeBytes: 0, digest: "" }));
  return { packs: [], entries, places: new Map() };
}

/** The first byte of a stream, and the stream with it still in. */
async function peek(
  stream: ReadableStream<Uint8Array>,
): Promise<[number | undefined, ReadableStream<Uint8Array<ArrayBuffer>>]> {
  const [one, other] = (stream as ReadableStream<Uint8Array<ArrayBuffer>>).tee();
  const reader = one.getReader();
  const { value } = await reader.read();
  reader.cancel().catch(() => {/* the other branch tells what is wrong */});
  return [value?.[0], other];
}

/** Bytes that a pack has on the average, and at most before it ends. */
const PACK_BYTES = 4 << 20, MAX_PACK_BYTES = 16 << 20;

/**
 * Whether a pack ends behind a picture. The picture's own digest decides, larger ones more often: so one picture
 * more or less changes the pack it lies in, and those behind it stay as they are.
 *
 * @param packBytes bytes of the pack, this picture among them
 */
export function endsPack(digest: string, sizeBytes: number, packBytes: number): boolean {
  const drawn = parseInt(digest.slice(0, 8), 16) / 2 ** 32;
  return packBytes >= MAX_PACK_BYTES || drawn < sizeBytes / PACK_BYTES;
}
