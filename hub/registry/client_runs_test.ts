import assert from "node:assert/strict";
import { AppError } from "@aisle/shared/errors";
import { registryTest } from "./registry_suite.ts";

const conflict = (error: unknown) => error instanceof AppError && error.code === "conflict";
const missing = (error: unknown) => error instanceof AppError && error.code === "not-found";

registryTest(
  "a client's run begins when it says, ends, and may go on again",
  async ({ registry, clock }) => {
    const run = await registry.clientRuns.create({ experiment: 0, startedAtMs: 1_700_000_000_000 });
    assert.deepEqual(
      [run.kind, run.state, run.startedAt, run.experiment, run.catalogue, run.name],
      ["client", "running", "2023-11-14T22:13:20.000Z", 0, "", `run-${run.id.slice(0, 8)}`],
    );
    clock.nowMs += 1000;
    const ended = await registry.clientRuns.update(run.id, { state: "succeeded", name: "best" });
    assert.deepEqual([ended.state, ended.endedAt, ended.name], [
      "succeeded",
      "2026-01-01T00:00:01.000Z",
      "best",
    ]);
    const again = await registry.clientRuns.update(run.id, { state: "running" });
    assert.deepEqual([again.state, again.endedAt], ["running", null]);
    const killed = await registry.clientRuns.update(run.id, { state: "cancelled", endedAtMs: 5 });
    assert.equal(killed.endedAt, "1970-01-01T00:00:00.005Z");
    await assert.rejects(registry.clientRuns.create({ experiment: 99 }), missing);
  },
);

registryTest("log() keeps all or nothing: a param keeps its first value", async ({ registry }) => {
  const { id } = await registry.clientRuns.create({ experiment: 0, tags: { a: "1" } });
  const point = { name: "m", step: 0, value: 1, atMs: 10 };
  await registry.clientRuns.log(id, {
    params: { p: "1" },
    metrics: [point],
    tags: { b: "2", a: null },
  });
  await registry.clientRuns.log(id, { params: { p: "1", q: "x" } });
  await assert.rejects(
    registry.clientRuns.log(id, {
      params: { p: "2" },
      metrics: [{ ...point, step: 1 }],
      tags: { c: "3" },
    }),
    conflict,
  );
  const run = await registry.runs.get(id);
  assert.deepEqual([run?.params, run?.tags, run?.metrics], [{ p: "1", q: "x" }, { b: "2" }, {
    m: 1,
  }]);
  assert.equal((await registry.runs.metrics(id))[0]?.points.length, 1);
  await assert.rejects(registry.clientRuns.log("none", {}), missing);
});

registryTest(
  "points of one step differ by time and value; the same point again changes nothing",
  async ({ registry }) => {
    const { id } = await registry.clientRuns.create({ experiment: 0 });
    const points = [
      { name: "m", step: 0, value: 3, atMs: 30 },
      { name: "m", step: 0, value: 1, atMs: 10 },
      { name: "m", step: 0, value: 2, atMs: 10 },
      { name: "m", step: -1, value: 9, atMs: 99 },
      { name: "n", step: 0, value: NaN, atMs: 1 },
    ];
    await registry.clientRuns.log(id, { metrics: points });
    await registry.clientRuns.log(id, { metrics: points });
    const [m, n] = await registry.runs.metrics(id);
    assert.deepEqual(m!.points.map((p) => [p.step, p.value]), [[-1, 9], [0, 1], [0, 2], [0, 3]]);
    assert.deepEqual(n!.points.map((p) => p.value), [NaN]);
    assert.deepEqual((await registry.runs.get(id))?.metrics, { m: 3, n: NaN });
    assert.deepEqual((await registry.runs.metrics(id, "n")).map((s) => s.name), ["n"]);
  },
);

registryTest(
  "the hub's own runs take tags and links from clients, no figures",
  async ({ registry }) => {
    const { id } = await registry.runs.create({ catalogue: "shop", kind: "train", params: {} });
    await registry.clientRuns.log(id, { tags: { "mlflow.note.content": "good one" } });
    await registry.clientRuns.link(id, "inputs", { datasets: [{ name: "d" }] });
    await registry.clientRuns.link(id, "inputs", { datasets: [{ name: "d" }, { name: "e" }] });
    const run = await registry.runs.get(id);
    assert.deepEqual(run?.inputs, { datasets: [{ name: "d" }, { name: "e" }], models: [] });
    const point = { name: "m", step: 0, value: 1, atMs: 10 };
    await assert.rejects(registry.clientRuns.log(id, { metrics: [point] }), conflict);
    await assert.rejects(registry.clientRuns.log(id, { params: { p: "1" } }), conflict);
    await assert.rejects(registry.clientRuns.update(id, { state: "succeeded" }), conflict);
  },
);

registryTest("a deleted run takes nothing until it is restored", async ({ registry }) => {
  const { id } = await registry.clientRuns.create({ experiment: 0 });
  await registry.clientRuns.delete(id);
  await registry.clientRuns.delete(id);
  await assert.rejects(registry.clientRuns.log(id, { tags: { a: "1" } }), conflict);
  await assert.rejects(registry.clientRuns.update(id, { name: "x" }), conflict);
  await registry.clientRuns.restore(id);
  await registry.clientRuns.log(id, { tags: { a: "1" } });
  await assert.rejects(registry.clientRuns.delete("none"), missing);
});

registryTest("a hub that starts leaves clients' runs running", async ({ registry }) => {
  const { id } = await registry.clientRuns.create({ experiment: 0 });
  assert.deepEqual(await registry.runs.markLost(), []);
  assert.equal((await registry.runs.get(id))?.state, "running");
});

registryTest(
  "compare() tells which params differ and lays thinned curves over each other",
  async ({ registry }) => {
    const ids: string[] = [];
    for (const c of ["1", "2"]) {
      const { id } = await registry.clientRuns.create({ experiment: 0 });
      await registry.clientRuns.log(id, {
        params: { c, same: "s", ...(c === "2" ? { extra: "e" } : {}) },
        metrics: Array.from(
          { length: 1001 },
          (_, step) => ({ name: "loss", step, value: 1 / (step + 1), atMs: step }),
        ),
      });
      ids.push(id);
    }
    const compared = await registry.runs.compare(ids, { maxPoints: 100 });
    assert.deepEqual(compared.params, [
      { name: "c", differs: true, values: ["1", "2"] },
      { name: "extra", differs: true, values: [null, "e"] },
      { name: "same", differs: false, values: ["s", "s"] },
    ]);
    const [loss] = compared.metrics;
    assert.equal(loss!.curves.length, 2);
    const steps = loss!.curves[0]!.points.map((p) => p.step);
    assert.ok(steps.length <= 101 && steps[0] === 0 && steps.at(-1) === 1000, String(steps.length));
    const whole = await registry.runs.compare([ids[0]!], {
      metrics: ["loss", "none"],
      maxPoints: 5000,
    });
    assert.deepEqual(whole.metrics.map((m) => m.curves.map((c) => c.points.length)), [[1001], []]);
    await assert.rejects(registry.runs.compare(["none"]), missing);
    await assert.rejects(registry.runs.compare([]), /give 1 to 20 ids/);
  },
);
