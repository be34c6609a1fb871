/**
 * What a load is made of: a bundle trained on a case's train rows, its test products as requests, what peers need.
 *
 * @module
 */
import { BUNDLE_FILES, type OpenBundle, pack, unpack, verify } from "@aisle/shared/bundle";
import { recipeOf } from "../../../shared/features/spec.ts";
import { readProducts } from "../../../hub/data/products.ts";
import { aisle, blobFile } from "../commands.ts";

/** One product of the test rows. */
export interface TestProduct {
  readonly designation: string;
  readonly description: string;
  readonly code: string;
  readonly picture: Uint8Array<ArrayBuffer> | null;
}

/** A bundle as it is served, and the same with every picture looked at. */
export interface Bundles {
  readonly cascade: Uint8Array<ArrayBuffer>;
  readonly always: Uint8Array<ArrayBuffer>;
  readonly opened: OpenBundle;
  /** The rows that it was trained on, for peers that train themselves. */
  readonly trainCsv: string;
}

/** Trains on `folder`/train in `data`; what is there already is not done again. */
export async function trainBundles(data: string, folder: string): Promise<Bundles> {
  const name = "load", train = `${folder}/train`;
  const { json } = await aisle(
    data,
    "pipeline",
    ...["--x", `${train}/x.csv`, "--y", `${train}/y.csv`, "--images", `${train}/images`],
    ...["--name", name],
  );
  const digest = String(json["bundle"]);
  const cascade = await Deno.readFile(blobFile(data, digest));
  const { manifest, files } = unpack(cascade), { fused } = manifest;
  if (fused === undefined) throw new Error("training kept the text alone: no picture is looked at");
  const { files: _files, ...content } = manifest;
  const always = pack(
    { ...content, fused: { ...fused, cascade: { ...fused.cascade, confidence: null } } },
    Object.fromEntries(files),
  );
  const trainCsv = `${data}/processed/${name}/train.csv`;
  return { cascade, always, opened: verify(cascade, digest), trainCsv };
}

/** The products of `folder`/test. */
export async function testProducts(folder: string): Promise<TestProduct[]> {
  const part = `${folder}/test`;
  const source = {
    kind: "challenge",
    x: `${part}/x.csv`,
    y: `${part}/y.csv`,
    images: null,
  } as const;
  const products: TestProduct[] = [];
  for await (const read of readProducts(source, async (key) => (await Deno.open(key)).readable)) {
    if (!read.ok) throw new Error(`a test row of ${part} cannot be read`);
    const { designation, description, code, imageId, productId } = read.row;
    const file = `${part}/images/image_${imageId}_product_${productId}.jpg`;
    const picture = await Deno.readFile(file).catch(() => null);
    products.push({ designation, description, code, picture });
  }
  return products;
}

/** Writes what `picture_peer.py` reads of `bundle`. */
export async function writePeerFiles(folder: string, bundle: OpenBundle): Promise<void> {
  const { manifest, spec, rowOfBucket } = bundle, { image } = manifest.fused!;
  const bytes = (array: Float32Array | Int32Array) =>
    new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
  await Deno.mkdir(folder, { recursive: true });
  await Deno.writeFile(`${folder}/${BUNDLE_FILES.model}`, bundle.model);
  await Deno.writeFile(`${folder}/${BUNDLE_FILES.full}`, bundle.full!);
  await Deno.writeFile(`${folder}/idf.f32`, bytes(spec.idf));
  await Deno.writeFile(`${folder}/rows.i32`, bytes(rowOfBucket));
  await Deno.writeTextFile(
    `${folder}/spec.json`,
    JSON.stringify({
      ...recipeOf(spec),
      classes: manifest.classes,
      size: image.recipe.size,
      handmade: image.handmade !== null,
    }),
  );
}

/** Writes one whole request a product to `folder`; without a picture as JSON, with one as a form. */
export async function writeRequests(
  folder: string,
  products: readonly TestProduct[],
  pictures: boolean,
): Promise<void> {
  await Deno.mkdir(folder, { recursive: true });
  await Promise.all(products.map(async ({ designation, description, picture }, i) => {
    let request: Request;
    if (pictures && picture !== null) {
      const form = new FormData();
      form.set("designation", designation);
      form.set("description", description);
      form.set("image", new File([picture], "picture.jpg", { type: "image/jpeg" }));
      request = new Request("http://edge/", { method: "POST", body: form });
    } else {
      const body = JSON.stringify({ designation, description });
      const headers = { "content-type": "application/json" };
      request = new Request("http://edge/", { method: "POST", body, headers });
    }
    const body = await request.bytes();
    const head = `POST /v1/predict HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-type: ${
      request.headers.get("content-type")
    }\r\ncontent-length: ${body.length}\r\n\r\n`;
    const bytes = await new Blob([head, body]).bytes();
    await Deno.writeFile(`${folder}/${i}`, bytes);
  }));
}
