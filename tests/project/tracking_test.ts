import assert from "node:assert/strict";
import { syntheticProducts } from "../e2e/synthetic_catalogue.ts";
import { parseParams } from "../../hub/params.ts";
import { PARAMS, rowsOf, WholeHub } from "./whole_hub.ts";

Deno.test("a pipeline is seen by MLflow's clients, has a card, and is traced to its data and on from feedback", async (t) => {
  await using whole = await WholeHub.open();
  const admin = whole.hub.localToken;
  const products = rowsOf(syntheticProducts(240, 4));
  const source = await whole.challenge(products);
  const result = await whole.pipeline("pipeline", { source, unseenShare: 0.3 });
  assert.equal(result.promoted, true);
  const { bundle, dataset, runId } = result;
  // deno-lint-ignore no-explicit-any -- tests look into whatever comes
  const get = async (path: string): Promise<any> => {
    const { status, body } = await whole.send(admin, "GET", path);
    assert.equal(status, 200, `${path}: ${JSON.stringify(body)}`);
    return body;
  };
  const mlflow = "/api/2.0/mlflow";

  await t.step("as a run with figures and files", async () => {
    const { experiment } = await get(`${mlflow}/experiments/get-by-name?experiment_name=shop`);
    const { status, body } = await whole.send(admin, "POST", `${mlflow}/runs/search`, {
      experiment_ids: [experiment.experiment_id],
      filter: "metrics.`gold.weightedF1` > 0.3 and attributes.status = 'FINISHED'",
    });
    assert.equal(status, 200, JSON.stringify(body));
    // deno-lint-ignore no-explicit-any
    const [run] = body["runs"] as any[];
    assert.equal(run.info.run_id, runId);
    assert.ok(run.data.params.length > 10);
    const { files } = await get(`${mlflow}/artifacts/list?run_id=${runId}`);
    assert.ok(files.length > 0);
    const path = `/api/2.0/mlflow-artifacts/artifacts/${
      run.info.artifact_uri.slice("mlflow-artifacts:/".length)
    }/${files[0].path}`;
    const response = await whole.hub.app.request(path, {
      headers: { authorization: `Bearer ${admin}` },
    });
    assert.equal((await response.arrayBuffer()).byteLength, files[0].file_size);
  });

  await t.step("by a query of its own language, as people write it", async () => {
    const query =
      'metrics.f1_weighted > 0.8 and params.text.ngrams = "2-5" order by metrics.f1_weighted desc';
    const found = async (text: string) =>
      (await get(`/api/v1/search/runs?query=${encodeURIComponent(text)}`)).items
        .map((run: { id: string }) => run.id);
    const weightedF1 = result.metrics!["weightedF1"]!;
    assert.deepEqual(await found(query), weightedF1 > 0.8 ? [runId] : []);
    assert.deepEqual(await found(query.replace("0.8", "0.3")), [runId]);
    assert.deepEqual(await found(query.replace("2-5", "2-4")), []);
  });

  await t.step("with what it ran on and what it used while it ran", async () => {
    const run = await get(`/api/v1/runs/${runId}`);
    assert.equal(run.tags["env.deno"], Deno.version.deno);
    assert.equal(run.tags["env.onnxruntime"], "1.30.0");
    const { items } = await get(
      `/api/v1/search/runs?query=${encodeURIComponent(`tags.env.deno = '${Deno.version.deno}'`)}`,
    );
    assert.deepEqual(items.map((found: { id: string }) => found.id), [runId]);
    const { items: files } = await get(`/api/v1/runs/${runId}/artifacts`);
    const { digest } = files.find((a: { name: string }) => a.name === "environment.json");
    const environment = JSON.parse(new TextDecoder().decode(await whole.blobs.bytes(digest)));
    assert.equal(environment.paramsDigest, run.tags["params.digest"]);
    assert.match(environment.codeVersion, /^[0-9a-f]{64}$/);
    assert.ok(environment.cores >= 1 && environment.memoryBytes > 0);
    const kept = files.find((a: { name: string }) => a.name === "params.json").digest;
    const text = new TextDecoder().decode(await whole.blobs.bytes(kept));
    assert.deepEqual(parseParams(text), PARAMS);
    assert.ok(run.metrics["stage_seconds.train"] > 0);
    const { items: series } = await get(`/api/v1/runs/${runId}/metrics`);
    const system = series.filter((s: { name: string }) => s.name.startsWith("system/"));
    assert.deepEqual(system.map((s: { name: string }) => s.name), [
      "system/machine_load",
      "system/machine_memory_used",
      "system/stage_cpu_cores",
      "system/stage_memory_bytes",
    ]);
    for (const { name, points } of system) {
      assert.ok(points.every((point: { value: number }) => point.value >= 0), name);
    }
  });

  await t.step("as a model whose champion is the bundle itself", async () => {
    const { model_version } = await get(
      `${mlflow}/registered-models/alias?name=shop&alias=champion`,
    );
    assert.deepEqual([model_version.version, model_version.run_id], ["1", runId]);
    const path = `${model_version.source.slice("mlflow-artifacts:/".length)}/bundle.aisle`;
    const response = await whole.hub.app.request(`/api/2.0/mlflow-artifacts/artifacts/${path}`, {
      headers: { authorization: `Bearer ${admin}` },
    });
    const bytes = new Uint8Array(await response.arrayBuffer());
    assert.deepEqual(bytes, await whole.blobs.bytes(bundle!));
  });

  await t.step("with a card that tells its data, its classes and its limits", async () => {
    const card = await get(`/api/v1/models/${bundle}/card`);
    assert.deepEqual([card.model.version, card.model.aliases], [1, ["champion"]]);
    assert.deepEqual([card.data.digest, card.data.feedback], [dataset, 0]);
    assert.equal(card.classes.length, 4);
    assert.ok(card.metrics.goldRows > 0 && card.limits.length > 0);
    assert.equal(card.verdict.accept, true);
    assert.notEqual(card.signature.example, null);
  });

  await t.step("traced from a user's correction to the model that learned it", async () => {
    const token = await whole.edgeToken();
    const fresh = rowsOf(syntheticProducts(40, 4, 77));
    for (const [i, row] of fresh.entries()) {
      assert.equal((await whole.feedback(token, `k${i}`, row, row.code)).status, 200);
    }
    const again = await whole.pipeline("retrain");
    assert.notEqual(again.bundle, bundle);
    const { items } = await get("/api/v1/catalogues/shop/feedback?state=merged&limit=1");
    const key = items[0].idempotencyKey;
    const { effects } = await get(`/api/v1/catalogues/shop/lineage?feedback=${key}`);
    assert.deepEqual(effects.bundles.map((b: { digest: string }) => b.digest), [again.bundle]);
    const { origins } = await get(`/api/v1/catalogues/shop/lineage?bundle=${again.bundle}`);
    assert.deepEqual(origins.runs.map((run: { id: string }) => run.id), [again.runId]);
    assert.equal(origins.datasets.at(-1).digest, dataset);
    // Rows of the newest data version that users gave are those that lineage names.
    const { split } = await whole.hub.registry.catalogues.settings("shop") as {
      split: { sets: Record<string, { blob: string }> };
    };
    const rows = [];
    for (const set of Object.values(split.sets)) rows.push(...await whole.rows(set.blob));
    const given = rows.filter((row) => row.origin === "feedback").map((row) => row.id);
    const traced = new Set(origins.feedback.items.map((item: { row: string }) => item.row));
    assert.ok(given.length > 0);
    assert.deepEqual(given.filter((id) => !traced.has(id)), []);
  });
});
