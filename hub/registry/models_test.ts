import assert from "node:assert/strict";
import { addBundles, digestOf, registryTest } from "./registry_suite.ts";

const A = digestOf("a"), B = digestOf("b");

registryTest("the same bytes packed in two catalogues are two models", async ({ registry }) => {
  await addBundles(registry, "shop", [A, B]);
  await addBundles(registry, "garden", [A]);
  await addBundles(registry, "shop", [A]);
  assert.deepEqual((await registry.models.list({ catalogue: "shop" })).map((m) => m.digest), [
    B,
    A,
  ]);
  assert.equal((await registry.models.list()).length, 3);
  assert.equal((await registry.models.list({ limit: 2 })).length, 2);
  assert.equal((await registry.models.get(A, { catalogue: "shop" }))?.catalogue, "shop");
  assert.deepEqual((await registry.models.get(A))?.manifest, { format: "test" });
  assert.equal(await registry.models.get(B, { catalogue: "garden" }), null);
});

registryTest("evaluations and verdicts are kept once, newest first", async ({ registry }) => {
  await addBundles(registry, "shop", [A]);
  const evaluation = {
    catalogue: "shop",
    bundle: A,
    goldDigest: digestOf(1),
    metrics: { accuracy: 0.9 },
    blob: digestOf(2),
  };
  const first = await registry.models.addEvaluation(evaluation);
  assert.deepEqual(await registry.models.addEvaluation(evaluation), first);
  const second = await registry.models.addEvaluation({
    ...evaluation,
    blob: digestOf(3),
    htmlBlob: digestOf(4),
  });
  assert.deepEqual(await registry.models.evaluations(A), [second, first]);
  assert.deepEqual(await registry.models.evaluations(A, { catalogue: "garden" }), []);
  await assert.rejects(
    registry.models.addEvaluation({ ...evaluation, bundle: B }),
    /Cannot find bundle/,
  );
  const verdict = {
    digest: digestOf(5),
    catalogue: "shop",
    bundle: A,
    against: B,
    accept: false,
    blob: digestOf(5),
    runId: "r",
  };
  const kept = await registry.models.addVerdict(verdict);
  assert.deepEqual(await registry.models.addVerdict(verdict), kept);
  assert.deepEqual(await registry.models.verdicts(A, { catalogue: "shop" }), [kept]);
  assert.deepEqual([kept.accept, kept.htmlBlob, kept.against], [false, null, B]);
});
