/**
 * Decodes the pictures of a case once and keeps pixels and classes as plain files, for the scripts of this folder:
 * `train_S.u8` and `test_S.u8` ([rows,S,S,3]), `train.i32` and `test.i32` (class by row, classes sorted).
 *
 *   deno run -A tests/parity/fashion_pixels.ts CASE FOLDER [SIZE]
 *
 * @module
 */
import { pictureReader } from "@aisle/shared/images";
import { readProducts } from "../../hub/data/products.ts";
import type { ProductRow } from "../../hub/data/row.ts";
import { sharpDecoder } from "@aisle/shared/images_native";

const [folder, out, side = "64"] = Deno.args;
if (folder === undefined || out === undefined) {
  throw new Error("Name a case and a folder: fashion_pixels.ts CASE FOLDER");
}
const size = Number(side), read = pictureReader(sharpDecoder());
await Deno.mkdir(out, { recursive: true });
let classes: string[] = [];
for (const part of ["train", "test"]) {
  const source = {
    kind: "challenge",
    x: `${folder}/${part}/x.csv`,
    y: `${folder}/${part}/y.csv`,
    images: null,
  } as const;
  const rows: ProductRow[] = [];
  const open = async (key: string) => (await Deno.open(key)).readable;
  for await (const product of readProducts(source, open)) if (product.ok) rows.push(product.row);
  if (part === "train") classes = [...new Set(rows.map(({ code }) => code))].sort();
  const pixels = new Uint8Array(rows.length * size * size * 3);
  for (const [i, { imageId, productId }] of rows.entries()) {
    const file = `${folder}/${part}/images/image_${imageId}_product_${productId}.jpg`;
    const recipe = { version: 1, size, fit: "stretch" } as const;
    pixels.set(await read(await Deno.readFile(file), recipe), i * size * size * 3);
  }
  const labels = Int32Array.from(rows, ({ code }) => classes.indexOf(code));
  await Deno.writeFile(`${out}/${part}_${size}.u8`, pixels);
  await Deno.writeFile(`${out}/${part}.i32`, new Uint8Array(labels.buffer));
  console.log(`${part}: ${rows.length} pictures, ${classes.length} classes`);
}
