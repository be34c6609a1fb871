/**
 * Product rows for tests.
 *
 * @module
 */
import type { ProductRow } from "../row.ts";

/** A row; what is not given is plain. */
export function productRow(members: Partial<ProductRow> & { readonly id: string }): ProductRow {
  return {
    designation: "Teapot",
    description: "",
    code: "10",
    productId: "100",
    imageId: "900",
    image: "",
    picture: "",
    origin: "raw",
    ...members,
  };
}
