/**
 * What a check finds in pictures: files against products by name, contents against each other by digest, and the
 * header of each content.
 *
 * @module
 */
import { AppError } from "@aisle/shared/errors";
import { readPictureHeader } from "@aisle/shared/images";
import type { FindingBook } from "./findings.ts";
import { PictureGroups } from "./group.ts";
import { baseName, type PictureIndex } from "./picture_index.ts";
import type { ProductRow } from "./row.ts";

/** Gives the contents of the named digests, each once; null where one is nowhere. */
export type ReadContents = (
  digests: Iterable<string>,
) => AsyncIterable<{ readonly digest: string; readonly bytes: Uint8Array | null }>;

/** Counts how often pictures are used while rows go by. */
export class PictureUse {
  /** Name of a picture file that belongs to a usable row, to how many. */
  readonly #names = new Set<string>();
  /** Content (or name where the content is not known) to the products that have it. */
  readonly #products = new Map<string, { count: number; readonly name: string }>();
  readonly #groups = new PictureGroups();

  /** One more product. @param group its `contentGroup` */
  add({ image, picture }: Pick<ProductRow, "image" | "picture">, group: string): void {
    if (image === "") return;
    this.#names.add(image);
    const content = picture || image;
    this.#groups.add(content, group);
    const known = this.#products.get(content);
    if (known === undefined) this.#products.set(content, { count: 1, name: image });
    else known.count++;
  }

  /** Tells what only all rows together show. */
  tell(index: PictureIndex, book: FindingBook): void {
    for (const [content, { count, name }] of this.#products) {
      if (this.#groups.isPlaceholder(content)) {
        book.add("shared-picture", `${name}: ${count} products`);
      }
    }
    for (const { path } of index.entries) {
      if (!this.#names.has(baseName(path))) book.add("unused-picture", path);
    }
  }
}

/** Tells what the files are by themselves: unreadable, twice there, not to be decoded. */
export async function checkPictureFiles(
  index: PictureIndex,
  read: ReadContents | null,
  book: FindingBook,
  onProgress: (done: number, total: number) => void,
): Promise<void> {
  const byName = new Map<string, PictureIndex["entries"][number]>();
  const byContent = new Map<string, string>();
  for (const entry of index.entries) {
    const { path, digest, problem } = entry;
    if (problem !== undefined) book.add("unreadable-picture", `${path}: ${problem}`);
    const first = byContent.get(digest);
    const named = byName.get(baseName(path));
    if (named === undefined) byName.set(baseName(path), entry);
    if (digest !== "" && first !== undefined) {
      book.add("duplicate-picture", `${path}: same content as ${first}`);
    } else if (named !== undefined) {
      book.add("duplicate-picture-name", `${path}: ${named.path} counts`);
    }
    if (first === undefined) byContent.set(digest, path);
  }
  if (read === null) return;
  let done = 0;
  for await (const { digest, bytes } of read(index.places.keys())) {
    const problem = bytes === null ? "it is not in its pack" : headerProblem(bytes);
    if (problem !== null) book.add("undecodable-picture", `${byContent.get(digest)}: ${problem}`);
    onProgress(++done, index.places.size);
  }
}

/** Why the header says that a file will not be decoded; null where it says nothing against it. */
function headerProblem(bytes: Uint8Array): string | null {
  try {
    readPictureHeader(bytes);
    return null;
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    return error.message.replace(/^Cannot use the picture: /, "");
  }
}
