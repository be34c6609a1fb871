import assert from "node:assert/strict";
import { syntheticProducts } from "../e2e/synthetic_catalogue.ts";
import { rowsOf, WholeHub } from "./whole_hub.ts";

Deno.test("a run is done again from its data version, byte by byte, and nothing of now changes", async () => {
  await using whole = await WholeHub.open();
  const { registry } = whole.hub;
  const products = rowsOf(syntheticProducts(200, 4));
  const first = await whole.pipeline("pipeline", {
    source: await whole.challenge(products.slice(0, 140)),
  });
  const second = await whole.pipeline("pipeline", { source: await whole.challenge(products) });
  assert.notEqual(second.bundle, first.bundle);
  const now = async () => ({
    dataset: (await registry.datasets.head("shop"))?.digest,
    split: await registry.splits.head("shop"),
    settings: await registry.catalogues.settings("shop"),
    aliases: await registry.aliases.get("shop"),
  });
  const before = await now();

  const again = await whole.pipeline("train", {
    dataset: first.dataset,
    force: ["split", "features", "train", "export"],
  });
  assert.deepEqual(again.ran, ["split", "features", "train", "export"]);
  assert.deepEqual([again.bundle, again.dataset], [first.bundle, first.dataset]);
  assert.deepEqual(await now(), before);

  const unknown = await whole.job("train", { dataset: "0".repeat(64) });
  assert.equal(unknown.error?.code, "not-found");
  const path = "/api/v1/catalogues/shop/pipeline";
  const refused = await whole.send(whole.hub.localToken, "POST", path, { dataset: first.dataset });
  assert.equal(refused.status, 400, "only a training takes one: what is judged is the newest");
});
