import assert from "node:assert/strict";
import { goldenPictureFile } from "@aisle/shared/bundle";
import { openTestHub, type TestHub } from "../testing/test_hub.ts";

/** Makes a small real bundle the only one of the catalogue `demo`. */
async function withBundle(hub: TestHub): Promise<string> {
  const bytes = await Deno.readFile(
    new URL("../../tests/golden/tiny_int8.bundle", import.meta.url),
  );
  const { digest, sizeBytes } = await hub.blobs.put(bytes);
  await hub.registry.catalogues.ensure("demo", { title: "Demo" });
  const model = { digest, catalogue: "demo", runId: null, dataset: null, sizeBytes, manifest: {} };
  await hub.registry.models.add(model);
  return digest;
}

Deno.test("a product is tried against a bundle by name, by whoever may read, and leaves no trace in the audit", async () => {
  await using hub = await openTestHub();
  const bundle = await withBundle(hub);
  const path = "/api/v1/catalogues/demo/try";
  const before = (await hub.registry.audit.list()).items.length;
  const response = await hub.send("viewer", "POST", path, {
    json: { designation: "red kettle", bundle },
  });
  assert.equal(response.status, 200);
  const answer = await response.json();
  assert.equal(answer.digest, bundle);
  assert.equal(answer.top[0].confidence, answer.confidence);
  assert.deepEqual([answer.picture, answer.pictureProblem, answer.heatmap], ["none", null, null]);
  const words = answer.words.map((word: { word: string }) => word.word).sort();
  assert.deepEqual(words, ["kettle", "red"]);
  // A bundle of texts leaves every picture unread.
  const image = goldenPictureFile({ seed: 1, width: 300, height: 300 }).toBase64();
  const pictured = await hub.send("viewer", "POST", path, { json: { image, bundle } });
  assert.equal((await pictured.json()).picture, "skipped");
  assert.equal((await hub.registry.audit.list()).items.length, before);
});

Deno.test("what cannot be tried is refused with the reason", async () => {
  await using hub = await openTestHub();
  await withBundle(hub);
  const status = async (json: unknown, catalogue = "demo") => {
    const path = `/api/v1/catalogues/${catalogue}/try`;
    const response = await hub.send("viewer", "POST", path, { json });
    return [response.status, (await response.json()).code];
  };
  assert.deepEqual(await status({ designation: "kettle" }), [404, "not-found"]);
  assert.deepEqual(await status({ designation: "kettle" }, "other"), [404, "not-found"]);
  assert.deepEqual(await status({ designation: " " }), [400, "input-invalid"]);
  assert.deepEqual(await status({ image: "§", bundle: "0".repeat(64) }), [400, "input-invalid"]);
  const unknown = { designation: "kettle", bundle: "0".repeat(64) };
  assert.deepEqual(await status(unknown), [404, "not-found"]);
});
