import assert from "node:assert/strict";
import { AppError } from "@aisle/shared/errors";
import { digestOf, registryTest } from "./registry_suite.ts";

const RUN = {
  catalogue: "shop",
  kind: "train",
  params: { c: 1, warm: true, name: "é", none: null },
};

registryTest(
  "a run keeps its params, tags, digests and the moves of its lifecycle",
  async ({ registry, clock }) => {
    const run = await registry.runs.create({ ...RUN, jobId: "j", tags: { by: "ann" } });
    assert.deepEqual([run.state, run.params, run.tags], ["running", RUN.params, { by: "ann" }]);
    await registry.runs.setTags(run.id, { note: "x" });
    clock.nowMs += 1000;
    const updated = await registry.runs.update(run.id, {
      state: "succeeded",
      datasetDigest: digestOf(1),
      device: "cpu",
    });
    assert.equal(updated.endedAt, "2026-01-01T00:00:01.000Z");
    assert.deepEqual(await registry.runs.get(run.id), updated);
    assert.deepEqual(updated.tags, { by: "ann", note: "x" });
    await assert.rejects(
      registry.runs.update(run.id, { state: "failed" }),
      (error) => error instanceof AppError && error.code === "conflict",
    );
    assert.equal((await registry.runs.update(run.id, { error: "late" })).error, "late");
    assert.equal((await registry.runs.update(run.id, {})).state, "succeeded");
    await assert.rejects(registry.runs.update("none", {}), /run none: it does not exist/);
  },
);

registryTest(
  "logMetrics() takes thousands of points, keeps the later value of a step and every kind of number",
  async ({ registry }) => {
    const { id } = await registry.runs.create(RUN);
    const points = Array.from({ length: 6000 }, (_, i) => ({
      name: i % 2 === 0 ? "loss" : 'f1 "weighted"',
      step: i >> 1,
      value: 1 / (i + 1),
    }));
    await registry.runs.logMetrics(id, points);
    await registry.runs.logMetrics(id, [
      { name: "loss", step: 2999, value: NaN },
      { name: "loss", step: 0, value: Infinity },
      { name: "loss", step: 1, value: -Infinity },
      { name: "loss", step: 2, value: -0.1 },
    ]);
    const series = new Map((await registry.runs.metrics(id)).map((s) => [s.name, s.points]));
    const loss = series.get("loss")!;
    assert.deepEqual(loss.map((p) => p.step), Array.from({ length: 3000 }, (_, i) => i));
    assert.deepEqual(loss.slice(0, 3).map((p) => p.value), [Infinity, -Infinity, -0.1]);
    assert.ok(Number.isNaN(loss.at(-1)!.value));
    assert.equal(series.get('f1 "weighted"')![7]!.value, 1 / 16, "not a bit is lost");
    const run = await registry.runs.get(id);
    assert.deepEqual(run?.metrics, { 'f1 "weighted"': 1 / 6000, loss: NaN });
  },
);

registryTest(
  "the metrics shown on a run are those of the highest step, in whatever order they came",
  async ({ registry }) => {
    const { id } = await registry.runs.create(RUN);
    await registry.runs.logMetrics(id, [
      { name: "f1", step: 5, value: 0.5 },
      { name: "f1", step: 9, value: 0.9 },
      { name: "f1", step: 7, value: 0.7 },
    ]);
    await registry.runs.logMetrics(id, [{ name: "f1", step: 8, value: 0.8 }]);
    assert.deepEqual((await registry.runs.get(id))?.metrics, { f1: 0.9 });
    assert.deepEqual((await registry.runs.list()).items[0]?.metrics, { f1: 0.9 });
    await registry.runs.logMetrics(id, []);
    await assert.rejects(
      registry.runs.logMetrics("none", [{ name: "f1", step: 1, value: 1 }]),
      (error) => error instanceof AppError && error.code === "not-found",
    );
  },
);

registryTest("markLost() ends what was left running and nothing else", async ({ registry }) => {
  const done = await registry.runs.create(RUN), left = await registry.runs.create(RUN);
  await registry.runs.update(done.id, { state: "succeeded" });
  assert.deepEqual(await registry.runs.markLost(), [left.id]);
  assert.equal((await registry.runs.get(left.id))?.state, "lost");
  assert.equal((await registry.runs.get(done.id))?.state, "succeeded");
  assert.deepEqual(await registry.runs.markLost(), []);
});

registryTest("list() narrows by catalogue, kind and state, newest first", async ({ registry }) => {
  const a = await registry.runs.create(RUN);
  const b = await registry.runs.create({ ...RUN, kind: "evaluate" });
  const c = await registry.runs.create({ ...RUN, catalogue: "garden" });
  await registry.runs.update(b.id, { state: "failed" });
  const ids = async (query: Parameters<typeof registry.runs.list>[0]) =>
    (await registry.runs.list(query)).items.map((run) => run.id);
  assert.deepEqual(await ids({}), [c.id, b.id, a.id]);
  assert.deepEqual(await ids({ catalogue: "shop" }), [b.id, a.id]);
  assert.deepEqual(await ids({ state: "failed" }), [b.id]);
  assert.deepEqual(await ids({ kind: "train", catalogue: "shop" }), [a.id]);
});

registryTest("an artifact's name is unique in its run", async ({ registry }) => {
  const { id } = await registry.runs.create(RUN);
  const artifact = {
    name: "report.html",
    digest: digestOf(1),
    sizeBytes: 9,
    contentType: "text/html",
  };
  await registry.runs.addArtifact(id, artifact);
  await registry.runs.addArtifact(id, { ...artifact, digest: digestOf(2) });
  const listed = await registry.runs.artifacts(id);
  assert.deepEqual(listed.map((a) => [a.runId, a.name, a.digest]), [[
    id,
    "report.html",
    digestOf(2),
  ]]);
  await assert.rejects(registry.runs.addArtifact("none", artifact), /run none/);
});
