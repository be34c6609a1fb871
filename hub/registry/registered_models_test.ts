import assert from "node:assert/strict";
import { AppError } from "@aisle/shared/errors";
import { parseQuery } from "./query/parse.ts";
import { addBundles, digestOf, fakeSign, registryTest } from "./registry_suite.ts";

const conflict = (error: unknown) => error instanceof AppError && error.code === "conflict";
const missing = (error: unknown) => error instanceof AppError && error.code === "not-found";

registryTest(
  "a client's model has versions, tags and aliases; numbers are never given twice",
  async ({ registry }) => {
    const { registeredModels: models, modelVersions: versions } = registry;
    await models.create({ name: "net", description: "d", tags: { a: "1" } });
    await assert.rejects(models.create({ name: "net" }), conflict);
    for (const source of ["s3://x/1", "s3://x/2"]) {
      await versions.create({ model: "net", source, by: "ann" });
    }
    await models.update("net", { aliases: { best: 2 }, tags: { a: null, b: "2" } });
    assert.deepEqual((await versions.get("net", 2))?.aliases, ["best"]);
    await versions.delete("net", 2);
    const { version } = await versions.create({ model: "net", source: "s3://x/3", by: "ann" });
    assert.equal(version, 3);
    const model = await models.get("net");
    assert.deepEqual([model?.own, model?.aliases, model?.tags, model?.description], [false, {}, {
      b: "2",
    }, "d"]);
    await models.update("net", { newName: "network", description: "e" });
    assert.equal((await versions.get("network", 1))?.source, "s3://x/1");
    await assert.rejects(versions.update("network", 2, { description: "x" }), missing);
    await models.delete("network");
    assert.equal(await versions.get("network", 1), null);
    await assert.rejects(models.delete("network"), missing);
  },
);

registryTest(
  "stages of old are kept, and the latest version of each is found",
  async ({ registry }) => {
    const { registeredModels, modelVersions } = registry;
    await registeredModels.create({ name: "net" });
    for (let i = 0; i < 3; i++) {
      await modelVersions.create({
        model: "net",
        source: "s",
        by: "ann",
      });
    }
    await modelVersions.update("net", 1, { stage: "Production" });
    await modelVersions.update("net", 2, {
      stage: "Production",
      archiveOthers: true,
      tags: { t: "x" },
    });
    const latest = await modelVersions.latest("net");
    assert.deepEqual(latest.map((v) => [v.stage, v.version]).sort(), [
      ["Archived", 1],
      ["None", 3],
      ["Production", 2],
    ]);
    assert.equal((await modelVersions.latest("net", ["Production"]))[0]?.tags["t"], "x");
  },
);

registryTest(
  "a catalogue is a model whose bundles are versions and whose aliases are those released",
  async ({ registry }) => {
    await registry.registeredModels.create({ name: "garden", description: "the client's" });
    await addBundles(registry, "shop", [digestOf("a"), digestOf("b"), digestOf("c")]);
    const promote = async (digest: string) => {
      const { revision } = await registry.aliases.get("shop");
      const request = {
        catalogue: "shop",
        digest,
        expectedRevision: revision,
        by: "ann",
        why: "w",
      };
      await registry.aliases.promote({ ...request, sign: fakeSign });
    };
    await promote(digestOf("a"));
    await promote(digestOf("b"));
    await registry.aliases.setChallenger({
      catalogue: "shop",
      digest: digestOf("c"),
      by: "ann",
      why: "w",
    });
    const model = await registry.registeredModels.get("shop");
    assert.deepEqual([model?.own, model?.aliases], [true, {
      champion: 2,
      challenger: 3,
      previous: 1,
    }]);
    const champion = await registry.modelVersions.get("shop", 2);
    assert.deepEqual(
      [champion?.digest, champion?.aliases, champion?.source],
      [digestOf("b"), ["champion"], `mlflow-artifacts:/aisle/shop/${digestOf("b")}`],
    );
    await assert.rejects(registry.registeredModels.create({ name: "shop" }), conflict);
    await assert.rejects(
      registry.registeredModels.update("shop", { aliases: { champion: 1 } }),
      conflict,
    );
    await assert.rejects(
      registry.modelVersions.create({ model: "shop", source: "s", by: "eve" }),
      conflict,
    );
    await assert.rejects(registry.modelVersions.delete("shop", 1), conflict);
    await assert.rejects(registry.registeredModels.delete("shop"), conflict);

    // A client that took the name before there was such a catalogue cannot pass its model off as the champion.
    await addBundles(registry, "garden", [digestOf("d")]);
    assert.equal((await registry.registeredModels.get("garden"))?.own, true);
  },
);

registryTest(
  "models and versions are searched together, whoever made them; a tag that is absent differs",
  async ({ registry }) => {
    await addBundles(registry, "shop", [digestOf("a"), digestOf("b")]);
    await registry.registeredModels.create({
      name: "net",
      tags: { "mlflow.prompt.is_prompt": "true" },
    });
    await registry.registeredModels.create({ name: "tree" });
    await registry.modelVersions.create({
      model: "tree",
      source: "s3://t",
      by: "ann",
      runId: "r1",
    });
    const names = async (text: string) =>
      (await registry.registeredModels.search({ query: parseQuery(text) })).items.map((m) =>
        m.name
      );
    assert.deepEqual(await names(""), ["net", "shop", "tree"]);
    assert.deepEqual(await names("tag.`mlflow.prompt.is_prompt` != 'true'"), ["shop", "tree"]);
    assert.deepEqual(await names("name ilike '%E%' order by name desc"), ["tree", "net"]);
    assert.deepEqual(await names("tags.`aisle.catalogue` = 'shop'"), ["shop"]);
    const versions = async (text: string) =>
      (await registry.modelVersions.search({ query: parseQuery(text) })).items
        .map((v) => `${v.model} ${v.version}`);
    assert.deepEqual(await versions("name = 'shop'"), ["shop 2", "shop 1"]);
    assert.deepEqual(await versions("run_id = 'r1'"), ["tree 1"]);
    assert.deepEqual(await versions(`digest = '${digestOf("a")}'`), ["shop 1"]);
    const first = await registry.modelVersions.search({ limit: 2 });
    const second = await registry.modelVersions.search({ limit: 2, cursor: first.next! });
    assert.equal(
      new Set([...first.items, ...second.items].map((v) => `${v.model} ${v.version}`)).size,
      3,
    );
    await assert.rejects(names("metrics.f1 > 1"), /models have attributes and tags only/);
  },
);

registryTest(
  "a client's run has files in folders, by name; the hub's own keep theirs",
  async ({ registry }) => {
    const { id } = await registry.clientRuns.create({ experiment: 0 });
    const file = (name: string) => ({
      name,
      digest: digestOf(1),
      sizeBytes: 1,
      contentType: "text/plain",
    });
    for (const name of ["a/b.txt", "a/c/d.txt", "ab.txt"]) {
      await registry.clientRuns.addArtifact(
        id,
        file(name),
      );
    }
    assert.equal(await registry.clientRuns.removeArtifacts(id, "a"), 2);
    assert.deepEqual((await registry.runs.artifacts(id)).map((a) => a.name), ["ab.txt"]);
    const own = await registry.runs.create({ catalogue: "shop", kind: "train", params: {} });
    await assert.rejects(registry.clientRuns.addArtifact(own.id, file("x")), conflict);
    await assert.rejects(registry.clientRuns.removeArtifacts(own.id, "x"), conflict);
  },
);
