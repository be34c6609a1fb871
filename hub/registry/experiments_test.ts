import assert from "node:assert/strict";
import { AppError } from "@aisle/shared/errors";
import { parseQuery } from "./query/parse.ts";
import { registryTest } from "./registry_suite.ts";

const conflict = (error: unknown) => error instanceof AppError && error.code === "conflict";

registryTest(
  "experiments are made, found, renamed, tagged, deleted and restored",
  async ({ registry }) => {
    const { experiments } = registry;
    const made = await experiments.create({ name: "vision", tags: { team: "blue" } });
    assert.deepEqual([made.id, made.catalogue, made.deletedAt], [1, null, null]);
    await assert.rejects(experiments.create({ name: "vision" }), conflict);
    assert.equal((await experiments.rename(1, "sight")).name, "sight");
    await experiments.setTags(1, { team: null, size: "2" });
    assert.deepEqual((await experiments.getByName("sight"))?.tags, { size: "2" });
    await experiments.delete(1);
    await assert.rejects(experiments.rename(1, "x"), conflict);
    await assert.rejects(experiments.create({ name: "sight" }), /though it is deleted/);
    await assert.rejects(registry.clientRuns.create({ experiment: 1 }), conflict);
    await experiments.restore(1);
    assert.equal((await experiments.get(1))?.deletedAt, null);
    assert.equal((await experiments.get(0))?.name, "Default");
    await assert.rejects(experiments.delete(0), conflict);
    assert.equal(await experiments.get(7), null);
  },
);

registryTest(
  "each catalogue has its own experiment, which clients cannot rename or delete",
  async ({ registry }) => {
    await registry.experiments.create({ name: "garden" });
    const run = await registry.runs.create({ catalogue: "shop", kind: "train", params: {} });
    const same = await registry.runs.create({ catalogue: "shop", kind: "train", params: {} });
    const other = await registry.runs.create({ catalogue: "garden", kind: "train", params: {} });
    assert.equal(run.experiment, same.experiment);
    const shop = await registry.experiments.get(run.experiment);
    assert.deepEqual([shop?.name, shop?.catalogue], ["shop", "shop"]);
    assert.equal((await registry.experiments.get(other.experiment))?.name, "catalogue/garden");
    await assert.rejects(registry.experiments.delete(run.experiment), conflict);
    await assert.rejects(registry.experiments.rename(run.experiment, "x"), conflict);
    const mine = await registry.clientRuns.create({ experiment: run.experiment });
    assert.equal(mine.catalogue, "shop");
  },
);

registryTest(
  "search() finds experiments by name, tag and lifecycle, in pages",
  async ({ registry }) => {
    for (const name of ["a1", "a2", "b1"]) {
      await registry.experiments.create({ name, tags: { first: name[0]! } });
    }
    await registry.experiments.delete(1);
    const names = async (text: string, lifecycle?: "active" | "deleted" | "all") =>
      (await registry.experiments.search({ query: parseQuery(text), lifecycle })).items.map((e) =>
        e.name
      );
    assert.deepEqual(await names(""), ["b1", "a2", "Default"]);
    assert.deepEqual(await names("name like 'a%'", "all"), ["a2", "a1"]);
    assert.deepEqual(await names("tags.first = 'a'", "deleted"), ["a1"]);
    assert.deepEqual(await names("order by name"), ["Default", "a2", "b1"]);
    await assert.rejects(names("metrics.x = 1"), /experiments have attributes and tags only/);
    const first = await registry.experiments.search({ limit: 2 });
    const second = await registry.experiments.search({ limit: 2, cursor: first.next! });
    assert.deepEqual([first.items.length, second.items.map((e) => e.name), second.next], [2, [
      "Default",
    ], null]);
  },
);
