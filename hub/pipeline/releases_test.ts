import assert from "node:assert/strict";
import { ReleaseDocument } from "@aisle/shared/contract";
import { seed } from "../testing/seed.ts";
import { openTestHub } from "../testing/test_hub.ts";

Deno.test("a release names the codes that its bundle answers, merged ones by what they count as now", async () => {
  await using hub = await openTestHub();
  const { catalogue, bundles } = await seed(hub.registry, hub.blobs);
  const change = async (path: string, json: unknown) => {
    const response = await hub.send("admin", "POST", `/api/v1/catalogues/${catalogue}/${path}`, {
      json,
    });
    assert.ok(response.ok, await response.text());
  };
  await change("promote", { digest: bundles[0], why: "test" });
  await change("labels", { code: "new", name: "Not known to the model" });
  await change("labels", { code: "gone", name: "Merged before any model knew it" });
  await change("labels/merge", { from: "gone", into: "new" });
  await change("labels/merge", { from: "travel-map", into: "object-tool" });
  const release = await hub.registry.releases.current(catalogue);
  const document = ReleaseDocument.parse(JSON.parse(release!.signed.payload));
  assert.equal(document.digest, bundles[0]);
  assert.deepEqual(Object.fromEntries(document.labels.entries.map((e) => [e.code, e.name])), {
    "animal-bird": "Birds",
    "food-fruit": "Fruit",
    "new": "Not known to the model",
    "object-tool": "Tools",
    "travel-map": "Tools",
  });
});

Deno.test("a label's code says something: no blanks alone, no control characters", async () => {
  await using hub = await openTestHub();
  await hub.registry.catalogues.ensure("demo");
  for (const code of ["", "  ", "a\u0000b", "a\nb"]) {
    const { status } = await hub.send("admin", "POST", "/api/v1/catalogues/demo/labels", {
      json: { code, name: "x" },
    });
    assert.equal(status, 400, JSON.stringify(code));
  }
  assert.deepEqual((await hub.registry.labels.list("demo")).labels, []);
});
