/**
 * One product as the hub keeps it, and what it is named by.
 *
 * @module
 */
import { hashJson } from "@aisle/shared/hash";

/** One labelled product; texts and code are the source's, byte for byte. */
export interface ProductRow {
  /** Unique inside a data set: the source's index or id; `f:<feedback id>` for a row that users gave. */
  readonly id: string;
  readonly designation: string;
  readonly description: string;
  /** Label code, a string byte for byte (`"0060"` is not `"60"`). */
  readonly code: string;
  readonly productId: string;
  readonly imageId: string;
  /** Picture file name inside the source's picture folder or zip; empty where there is none. */
  readonly image: string;
  /** SHA-256 of the picture file's bytes; empty where there is none. */
  readonly picture: string;
  readonly origin: "raw" | "feedback";
  /** Who said so, as `sourceKey` writes it; absent for raw rows and for feedback from before sources were kept. */
  readonly source?: string | undefined;
}

/**
 * Name of a row's content: everything but its id. A row without a picture or a source is named as it was before rows
 * could have one.
 */
export function contentHash(row: ProductRow): string {
  const { id: _id, picture, source, ...content } = row;
  return hashJson({
    ...content,
    ...(picture === "" ? {} : { picture }),
    ...(source === undefined ? {} : { source }),
  });
}
