/**
 * An image encoder from a folder to the edge: params, features, fusion, bundle, and a worker without any permission.
 *
 * The encoder is tiny and random, which is enough to tell figures apart that the titles say nothing of.
 */
import assert from "node:assert/strict";
import { unpack, verify } from "@aisle/shared/bundle";
import { rng } from "@aisle/shared/random";
import { startWebWorker } from "../../edge/web_worker.ts";
import { readWorkerBinaries } from "../../edge/worker_binaries.ts";
import { writePictureIndex } from "../../hub/data/picture_index.ts";
import { writeModelFolder } from "../../hub/encoders/testing/model_folders.ts";
import { tinyCnn } from "../../hub/encoders/testing/tiny_networks.ts";
import { packPictures } from "../../hub/images/pack_pictures.ts";
import { openPictureFiles } from "../../hub/images/picture_files.ts";
import { PARAMS, rowsOf, WholeHub } from "../project/whole_hub.ts";
import { syntheticPicture } from "./synthetic_pictures.ts";

const CODES = ["10", "20", "30"], ROWS = 240, DIMS = 64, SIZE = 32;
const random = rng(3);
const word = () => ["une", "chose", "bien", "utile", "pour", "tous"][Math.floor(random() * 6)]!;
const PRODUCTS = rowsOf(Array.from({ length: ROWS }, (_, i) => ({
  designation: `${word()} ${word()} ${word()} ${i}`,
  description: "",
  code: CODES[i % 3]!,
})));

Deno.test("an image encoder out of a folder joins training, bundle, gate and edge", async (t) => {
  const folder = await Deno.makeTempDir({ prefix: "aisle-encoder-" });
  try {
    await writeModelFolder(`${folder}/model`, {
      graph: tinyCnn({
        ends: "hidden",
        channels: DIMS,
        input: { name: "pixel_values", type: "float32", shape: ["batch", 3, "height", "width"] },
      }),
      json: {
        "preprocessor_config.json": {
          size: { height: SIZE, width: SIZE },
          image_mean: [0.5, 0.5, 0.5],
          image_std: [0.25, 0.25, 0.25],
        },
      },
    });
    await Deno.mkdir(`${folder}/images`);
    for (const [i, row] of PRODUCTS.entries()) {
      const name = `image_${row.imageId}_product_${row.productId}.png`;
      await Deno.writeFile(`${folder}/images/${name}`, syntheticPicture(i % 3, i + 1));
    }
    const image = { ...PARAMS.image, encoder: `hf:${folder}/model` };
    await using whole = await WholeHub.open({ ...PARAMS, image });
    using files = await openPictureFiles(`${folder}/images`);
    const index = await packPictures(files, {
      keep: (_digest, bytes) => whole.blobs.put(bytes),
    });
    const { digest: images } = await whole.blobs.put(
      await new Response(writePictureIndex(index)).bytes(),
    );
    const source = { ...await whole.challenge(PRODUCTS), images };
    const first = await whole.pipeline("pipeline", { source });
    const bytes = await whole.blobs.bytes(first.bundle!);

    await t.step("the bundle reads pictures as the folder says, and gains by it", () => {
      const { manifest } = unpack(bytes);
      assert.equal(manifest.kind, "fused");
      const { encoder, recipe, map } = manifest.fused!.image;
      assert.equal(encoder.name, `hf:model@${SIZE}`);
      assert.equal(encoder.dims, DIMS);
      assert.equal(recipe.size, SIZE);
      assert.deepEqual(map, { height: SIZE / 4, width: SIZE / 4 });
      const { textWeightedF1, fusedWeightedF1 } = first.metrics!;
      assert.ok(fusedWeightedF1! > textWeightedF1! + 0.2, JSON.stringify(first.metrics));
    });

    await t.step("asked again nothing runs", async () => {
      assert.deepEqual((await whole.pipeline("pipeline", { source })).ran, []);
    });

    await t.step("a worker without permissions serves it", async () => {
      const worker = startWebWorker(await readWorkerBinaries());
      try {
        const { digest } = verify(bytes, first.bundle!);
        const { classes } = await worker.load(bytes, digest);
        const fresh = Array.from({ length: 30 }, (_, i) => ({
          designation: `${word()} ${word()}`,
          description: "",
          picture: syntheticPicture(i % 3, 5_000 + i),
        }));
        const answers = await worker.predict(fresh);
        const read = answers.filter(({ route }) => route === "fused");
        assert.ok(read.length > 20, `${read.length} of 30 read their picture`);
        const right = answers.filter(({ top }, i) => classes[top[0]!.index] === CODES[i % 3]);
        assert.ok(right.length > 17, `${right.length} of 30 are right`);
      } finally {
        worker.close();
      }
    });
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
