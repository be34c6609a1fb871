/**
 * Where raw products come from: which files, in which layout. Values only; opening them is the shell's.
 *
 * @module
 */

/** The challenge's two files, or one table whose columns the user names. */
export type Source =
  | {
    readonly kind: "challenge";
    /** Key of the products: index, designation, description, productid, imageid. */
    readonly x: string;
    /** Key of the codes: index, prdtypecode; null where there are none (prediction). */
    readonly y: string | null;
    /** Key of the pictures' index (`picture_index.ts`); null where no pictures were given. */
    readonly images: string | null;
  }
  | {
    readonly kind: "table";
    readonly csv: string;
    /** Columns of text: the first is the designation, the others together are the description. */
    readonly text: readonly string[];
    readonly label: string | null;
    /** Column of the id; null: the row's position, from 0. */
    readonly id: string | null;
    /** Column of the picture's file name. */
    readonly image: string | null;
    readonly images: string | null;
  };

/** Opens what a key of a {@linkcode Source} names; may be called more than once for a key. */
export type Open = (key: string) => Promise<ReadableStream<Uint8Array>>;

/** Which file of a source something is about. */
export type SourceFile = "x" | "y" | "table";

/** What files are called in messages. */
export const FILE_NAMES: Readonly<Record<SourceFile, string>> = {
  x: "the products file (x)",
  y: "the codes file (y)",
  table: "the table",
};
