/**
 * Garbage collection on a hub that has really worked, with everything past its time: whatever the API names is there
 * afterwards, what only the stage cache named is gone, and the next pipeline makes the same bundle.
 */
import assert from "node:assert/strict";
import { pngFile } from "@aisle/shared/bundle";
import { rng } from "@aisle/shared/random";
import { openDatabase } from "../../hub/db/database.ts";
import type { ProductRow } from "../../hub/data/row.ts";
import type { SplitOutput } from "../../hub/pipeline/stage_values.ts";
import { collectGarbage } from "../../hub/upkeep/collect_garbage.ts";
import { syntheticProducts } from "./synthetic_catalogue.ts";
import { rowsOf, WholeHub } from "../project/whole_hub.ts";

const CLASSES = 4, SIDE = 24, DAY = 86_400_000;

function picture(row: ProductRow): Uint8Array<ArrayBuffer> {
  const random = rng(Number(row.id) + 1), k = Number(row.code) / 10 % CLASSES;
  const colour = [k & 1 ? 200 : 40, k & 2 ? 200 : 40, 120];
  return pngFile(
    Uint8Array.from(
      { length: SIDE * SIDE * 3 },
      (_, i) => colour[i % 3]! + Math.floor(random() * 50),
    ),
    { width: SIDE, height: SIDE },
  );
}

/** Answers of every list of the hub and of what the lists name, by path. */
async function walk(whole: WholeHub): Promise<Map<string, string>> {
  const answers = new Map<string, string>();
  const get = async (path: string) => {
    const response = await whole.hub.app.request(`/api/v1${path}`, {
      headers: { authorization: `Bearer ${whole.hub.localToken}` },
    });
    const text = await response.text();
    assert.equal(response.status, 200, `${path}: ${text}`);
    answers.set(path, text);
    return JSON.parse(text) as { items: { id: string; digest: string }[] };
  };
  for (const path of ["", "/aliases", "/aliases/history", "/releases", "/labels", "/splits"]) {
    await get(`/catalogues/shop${path}`);
  }
  await get("/catalogues/shop/feedback");
  for (const { digest } of (await get("/catalogues/shop/datasets")).items) {
    await get(`/catalogues/shop/datasets/${digest}`);
  }
  for (const { digest } of (await get("/models?catalogue=shop")).items) {
    await get(`/models/${digest}?catalogue=shop`);
    await get(`/models/${digest}/card?catalogue=shop`);
  }
  for (const { id } of (await get("/runs")).items) {
    await get(`/runs/${id}`);
    await get(`/runs/${id}/artifacts`);
  }
  for (const { id } of (await get("/jobs")).items) await get(`/jobs/${id}`);
  return answers;
}

Deno.test("after a garbage collection with everything past its time, all that the API names is there", async () => {
  await using whole = await WholeHub.open();
  const products = rowsOf(syntheticProducts(160, CLASSES));
  const name = (row: ProductRow) => `image_${row.imageId}_product_${row.productId}.png`;
  const images = await whole.pictures(
    Object.fromEntries(products.map((row) => [name(row), picture(row)])),
  );
  const source = await whole.challenge(products, products, images);
  const first = await whole.pipeline("pipeline", { source });
  const token = await whole.edgeToken();
  const shown = await whole.blobs.put(
    pngFile(new Uint8Array(SIDE * SIDE * 3), { width: SIDE, height: SIDE }),
  );
  await whole.feedback(token, "f-1", { ...products[0]!, picture: shown.digest }, products[1]!.code);
  const stray = await whole.blobs.put(new TextEncoder().encode("sent, and never used"));

  const before = await walk(whole);
  const named = new Set<string>([images]);
  for (const text of before.values()) {
    for (const [digest] of text.matchAll(/[0-9a-f]{64}/g)) {
      if (await whole.blobs.has(digest)) named.add(digest);
    }
  }
  assert.ok(named.size > 20, `${named.size} blobs are named`);
  assert.ok(named.has(shown.digest) && named.has(first.bundle!));

  await using database = await openDatabase({ url: `file:${whole.dataDir}/aisle.db` });
  const report = await collectGarbage({
    database,
    dataDir: whole.dataDir,
    retention: { graceHours: 1, stageCacheDays: 1, jobLogDays: 1, jobDays: 365, deletedRunDays: 1 },
    nowMs: Date.now() + 40 * DAY,
  });
  assert.ok(report.rows["stage_outputs"]! > 5 && report.blobs.removed.count > 0);
  assert.equal(report.blobs.young.count, 0);
  assert.equal(await whole.blobs.has(stray.digest), false);

  const lost: string[] = [];
  for (const digest of named) if (!await whole.blobs.has(digest)) lost.push(digest);
  assert.deepEqual(lost, []);
  assert.deepEqual(await walk(whole), before);
  const { split } = await whole.hub.registry.catalogues.settings("shop") as { split: SplitOutput };
  for (const row of await whole.rows(split.sets.gold.blob)) {
    const answer = await whole.hub.app.request(
      `/api/v1/catalogues/shop/pictures/${row.picture}`,
      { headers: { authorization: `Bearer ${whole.hub.localToken}` } },
    );
    assert.deepEqual(new Uint8Array(await answer.arrayBuffer()), picture(row));
  }

  const again = await whole.pipeline("pipeline", { source, force: [] });
  assert.ok(again.ran.includes("train") && again.ran.includes("pictures"), `${again.ran}`);
  assert.equal(again.bundle, first.bundle);
});
