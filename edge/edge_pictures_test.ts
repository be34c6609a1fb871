import assert from "node:assert/strict";
import { BatchAnswer, type Prediction } from "@aisle/shared/contract";
import { sha256 } from "@aisle/shared/hash";
import type { Edge } from "./edge.ts";
import { memoryKeep } from "./keep.ts";
import { FakeHub } from "./testing/fake_hub.ts";
import { fakeBundle } from "./testing/fake_worker.ts";
import { post, runEdge } from "./testing/run_edge.ts";
import { until } from "./testing/waits.ts";

Deno.test("pictures are used, skipped or refused, counted so, and travel with feedback once", async () => {
  await using hub = await FakeHub.start();
  const image = btoa("looks like 20");
  {
    await using edge = await runEdge(hub);
    await hub.release(fakeBundle(["10", "20"], { kind: "fused" }));
    await until(async () => (await edge.app.request("/readyz")).ok, "the release");
    const ask = async (product: object) => {
      const response = await post(edge, "/v1/predict", product);
      return { status: response.status, body: await response.json() };
    };
    const seen = (await ask({ image })).body as Prediction;
    assert.deepEqual([seen.code, seen.route, seen.picture], ["20", "image", "used"]);
    const sure = (await ask({ designation: "a 10", image })).body as Prediction;
    assert.deepEqual([sure.code, sure.route, sure.picture], ["10", "text", "skipped"]);
    const broken = await ask({ designation: "x", image: btoa("broken") });
    assert.deepEqual([broken.status, broken.body.code], [422, "picture-invalid"]);
    assert.match(broken.body.detail, /does not decode/);
    const batch = await post(edge, "/v1/predict/batch", {
      products: [{ image: btoa("broken") }, { image }, { designation: "20" }],
    });
    const { predictions, failed } = BatchAnswer.parse(await batch.json());
    assert.equal(failed, 1);
    assert.deepEqual(predictions.map((p) => "error" in p ? p.error.code : p.picture), [
      "picture-invalid",
      "used",
      "none",
    ]);
    for (const { requestId } of [seen, sure]) {
      assert.equal((await post(edge, "/v1/feedback", { requestId, code: "20" })).status, 201);
    }
    const metrics = await (await edge.app.request("/metrics")).text();
    for (const sample of ['"used"} 2', '"skipped"} 1', '"invalid"} 2']) {
      assert.ok(metrics.includes(`aisle_edge_pictures_total{use=${sample}`), sample);
    }
  }
  const digest = sha256(new TextEncoder().encode("looks like 20"));
  assert.deepEqual([...hub.pictures.keys()], [digest]);
  assert.equal(hub.seen.filter((line) => line.startsWith("PUT ")).length, 1);
  assert.deepEqual([...hub.feedback.values()].map((r) => r.product?.picture), [digest, digest]);
  const windows = [...hub.windows.values()];
  const sum = (use: "used" | "skipped" | "invalid") =>
    windows.reduce((total, w) => total + (w.pictures?.[use] ?? 0), 0);
  assert.deepEqual([sum("used"), sum("skipped"), sum("invalid")], [2, 1, 2]);
});

Deno.test("feedback keeps its picture while the hub is away, over a restart too, and both arrive", async () => {
  await using hub = await FakeHub.start();
  const keep = memoryKeep();
  const bytes = new TextEncoder().encode("looks like 20");
  const ready = (edge: Edge) => async () => (await edge.app.request("/readyz")).ok;
  await hub.release(fakeBundle(["10", "20"], { kind: "fused" }));
  {
    await using edge = await runEdge(hub, { keep });
    await until(ready(edge), "the release");
    await until(async () => await keep.get("release") !== null, "the release to be kept");
    await hub.down();
    const image = bytes.toBase64();
    const { requestId } = await (await post(edge, "/v1/predict", { image })).json();
    const told = await post(edge, "/v1/feedback", { requestId, code: "10" });
    assert.equal(told.status, 202);
    const given = await post(edge, "/v1/feedback", { product: { image }, code: "10" });
    assert.equal(given.status, 202);
  }
  const kept = await keep.names("outbox-picture/");
  assert.deepEqual(kept, [`outbox-picture/${sha256(bytes)}-${bytes.length}`]);
  await using edge = await runEdge(hub, { keep });
  await until(ready(edge), "the kept release");
  hub.up();
  await until(() => hub.feedback.size === 2, "the feedback");
  assert.deepEqual(hub.pictures.get(sha256(bytes)), bytes);
  const named = [...hub.feedback.values()].map((record) => record.product?.picture);
  assert.deepEqual(named, Array(2).fill(sha256(bytes)));
  await until(
    async () => (await keep.names("outbox")).length === 0,
    "the outbox to be empty, pictures too",
  );
});
