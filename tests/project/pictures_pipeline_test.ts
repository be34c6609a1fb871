/**
 * Products with pictures through the whole hub: text and picture are joined, gold pictures never train, nothing depends
 * on chance, and a picture is decoded once.
 */
import assert from "node:assert/strict";
import { pngFile, unpack, verify } from "@aisle/shared/bundle";
import { rng } from "@aisle/shared/random";
import type { ProductRow } from "../../hub/data/row.ts";
import { Evaluation } from "../../hub/evaluation/evaluation.ts";
import type { SplitOutput } from "../../hub/pipeline/stage_values.ts";
import { syntheticProducts } from "../e2e/synthetic_catalogue.ts";
import { rowsOf, WholeHub } from "./whole_hub.ts";

const CLASSES = 4, SIDE = 24;

/** Grain in a colour that tells the class of most products. */
function picture(row: ProductRow, seed: number): Uint8Array<ArrayBuffer> {
  const random = rng(seed);
  const k = random() < 0.1 ? Math.floor(random() * CLASSES) : Number(row.code) / 10 % CLASSES;
  const colour = [k & 1 ? 200 : 40, k & 2 ? 200 : 40, 120];
  const pixels = Uint8Array.from(
    { length: SIDE * SIDE * 3 },
    (_, i) => colour[i % 3]! + Math.floor(random() * 50),
  );
  return pngFile(pixels, { width: SIDE, height: SIDE });
}
const nameOf = (row: ProductRow) => `image_${row.imageId}_product_${row.productId}.png`;

Deno.test("products with pictures from the files to the champion", async (t) => {
  await using whole = await WholeHub.open();
  const products = rowsOf(syntheticProducts(200, CLASSES));
  // Every tenth product has no picture, one has a broken one
  const files = Object.fromEntries(
    products.filter((_, i) => i % 10 !== 9).map((
      row,
    ) => [nameOf(row), picture(row, Number(row.id))]),
  );
  files[nameOf(products[3]!)] = files[nameOf(products[3]!)]!.slice(0, 200);
  const source = await whole.challenge(products, products, await whole.pictures(files));
  const first = await whole.pipeline("pipeline", { source });
  const bundle = first.bundle!;

  await t.step(
    "the bundle reads pictures, and its evaluation says what they are worth",
    async () => {
      const open = verify(await whole.blobs.bytes(bundle), bundle);
      assert.equal(open.manifest.kind, "fused");
      assert.ok(open.manifest.fused!.image.map !== null);
      const { metrics, labelErrors } = first;
      assert.ok(metrics!["fusedWeightedF1"]! > metrics!["textWeightedF1"]!);
      const [evaluated] = await whole.hub.registry.models.evaluations(bundle);
      const evaluation = Evaluation.parse(await whole.json(evaluated!.blob));
      const { agreement, rows } = evaluation.pictures!;
      assert.ok(rows > 0 && agreement!.rows > 0 && agreement!.maxDifference < 0.01);
      const page = new TextDecoder().decode(await whole.blobs.bytes(labelErrors!.html));
      if (labelErrors!.count > 0) assert.match(page, /src="data:image\/webp;base64,/);
    },
  );

  await t.step("asking again runs nothing, and running again gives the same bytes", async () => {
    const again = await whole.pipeline("pipeline", { source });
    assert.deepEqual([again.bundle, again.ran], [bundle, []]);
    const forced = await whole.pipeline("pipeline", {
      source,
      force: ["pictures", "features", "train", "export"],
    });
    assert.ok(forced.ran.includes("train") && forced.ran.includes("export"));
    assert.equal(forced.bundle, bundle);
  });

  await t.step("other pictures of gold products change nothing that was learned", async () => {
    const settings = await whole.hub.registry.catalogues.settings("shop") as { split: SplitOutput };
    const gold = await whole.rows(settings.split.sets.gold.blob);
    assert.ok(gold.length > 0);
    const poisoned = { ...files };
    for (const row of gold) {
      const other = products.find((product) => product.code !== row.code)!;
      if (files[nameOf(row)] !== undefined) {
        poisoned[nameOf(row)] = picture(other, 9000 + Number(row.id));
      }
    }
    const images = await whole.pictures(poisoned);
    const result = await whole.pipeline("pipeline", {
      source: await whole.challenge(products, products, images),
    });
    assert.notEqual(result.bundle, bundle, "the data's name is in the bundle");
    const before = unpack(await whole.blobs.bytes(bundle));
    const after = unpack(await whole.blobs.bytes(result.bundle!));
    assert.deepEqual(after.manifest.files, before.manifest.files);
    const { data: _before, ...provenance } = before.manifest.provenance;
    const { data: _after, ...same } = after.manifest.provenance;
    assert.deepEqual(same, provenance);
    assert.deepEqual(after.manifest.fused, before.manifest.fused);
    assert.deepEqual(after.manifest.thresholds, before.manifest.thresholds);
  });
});

Deno.test("pictures that only feedback brings are trained on and judged, once there are enough", async (t) => {
  await using whole = await WholeHub.open();
  const token = await whole.edgeToken();
  const products = rowsOf(syntheticProducts(200, CLASSES));
  await whole.pipeline("pipeline", { source: await whole.challenge(products), unseenShare: 0.8 });
  const { split } = await whole.hub.registry.catalogues.settings("shop") as { split: SplitOutput };
  const unseen = await whole.rows(split.sets.unseen.blob);
  const say = async (rows: readonly ProductRow[]) => {
    for (const row of rows) {
      const shown = (await whole.blobs.put(picture(row, Number(row.id)))).digest;
      const answer = await whole.feedback(token, row.id, { ...row, picture: shown }, row.code);
      assert.equal(answer.status, 200);
    }
    return await whole.pipeline("retrain");
  };

  await t.step("a few cost no encoder", async () => {
    const { ran } = await say(unseen.slice(0, 8));
    assert.ok(ran.includes("train") && !ran.includes("pictures"));
  });

  await t.step("many are", async () => {
    const { ran, bundle } = await say(unseen.slice(8));
    assert.ok(ran.includes("pictures"));
    assert.equal(verify(await whole.blobs.bytes(bundle!), bundle!).manifest.kind, "fused");
    const [evaluated] = await whole.hub.registry.models.evaluations(bundle!);
    const evaluation = Evaluation.parse(await whole.json(evaluated!.blob));
    assert.ok(evaluation.pictures!.rows > 0);
    assert.equal(evaluation.leaks!.rows, 0);
  });
});
