import assert from "node:assert/strict";
import { openTestHub } from "../testing/test_hub.ts";
import { asRecord, mlflowClient } from "../testing/mlflow_client.ts";

Deno.test("experiments: create, get, get-by-name, search, update, tags, delete, restore", async () => {
  await using hub = await openTestHub();
  const call = mlflowClient(hub);
  const made = await call("POST", "/experiments/create", {
    name: "vision",
    tags: [{ key: "team", value: "blue" }],
    artifact_location: null,
  });
  assert.deepEqual(made, { status: 200, body: { experiment_id: "1" } });
  const got = await call("GET", "/experiments/get", { experiment_id: "1" });
  const { creation_time, last_update_time, ...rest } = got.body.experiment;
  assert.ok(Number.isInteger(creation_time) && Number.isInteger(last_update_time));
  assert.deepEqual(rest, {
    experiment_id: "1",
    name: "vision",
    artifact_location: "mlflow-artifacts:/1",
    lifecycle_stage: "active",
    tags: [{ key: "team", value: "blue" }],
  });
  const byName = await call("GET", "/experiments/get-by-name", { experiment_name: "vision" });
  assert.deepEqual(byName.body, got.body);
  const twice = await call("POST", "/experiments/create", { name: "vision" });
  assert.deepEqual([twice.status, twice.body.error_code], [400, "RESOURCE_ALREADY_EXISTS"]);
  const none = await call("GET", "/experiments/get", { experiment_id: "99" });
  assert.deepEqual([none.status, none.body.error_code], [404, "RESOURCE_DOES_NOT_EXIST"]);
  const noName = await call("GET", "/experiments/get-by-name", { experiment_name: "nothing" });
  assert.deepEqual([noName.status, noName.body.error_code], [404, "RESOURCE_DOES_NOT_EXIST"]);
  const missing = await call("POST", "/experiments/create", {});
  assert.deepEqual(
    [missing.status, missing.body.error_code, missing.body.message],
    [400, "INVALID_PARAMETER_VALUE", "Missing value for required parameter 'name'"],
  );
  const elsewhere = await call("POST", "/experiments/create", {
    name: "s3",
    artifact_location: "s3://b",
  });
  assert.match(elsewhere.body.message, /Leave artifact_location away/);

  await call("POST", "/experiments/update", { experiment_id: "1", new_name: "sight" });
  await call("POST", "/experiments/set-experiment-tag", {
    experiment_id: "1",
    key: "a.b",
    value: "1",
  });
  await call("POST", "/experiments/delete", { experiment_id: "1" });
  const search = async (view_type: string, filter?: string) => {
    const { body } = await call("POST", "/experiments/search", {
      view_type,
      filter,
      max_results: 10,
    });
    return body.experiments.map((e: { name: string }) => e.name);
  };
  assert.deepEqual(await search("ACTIVE_ONLY"), ["Default"]);
  assert.deepEqual(await search("DELETED_ONLY", "tags.`a.b` = '1'"), ["sight"]);
  const refused = await call("POST", "/runs/create", { experiment_id: "1", start_time: 1 });
  assert.deepEqual([refused.status, refused.body.error_code], [400, "INVALID_PARAMETER_VALUE"]);
  await call("POST", "/experiments/restore", { experiment_id: "1" });
  assert.deepEqual(await search("ALL"), ["sight", "Default"]);
  const bad = await call("POST", "/experiments/search", { max_results: 50_001 });
  assert.deepEqual([bad.status, bad.body.error_code], [400, "INVALID_PARAMETER_VALUE"]);
});

Deno.test("a run's life: create, log, batch, tags, update, get, delete, restore", async () => {
  await using hub = await openTestHub();
  const call = mlflowClient(hub);
  const made = await call("POST", "/runs/create", {
    experiment_id: "0",
    user_id: "ann",
    run_name: "first",
    start_time: 1_700_000_000_000,
    tags: [{ key: "mlflow.source.name", value: "train.py" }],
  });
  const { info, data } = made.body.run;
  const run_id = info.run_id;
  assert.deepEqual(info, {
    run_id,
    run_uuid: run_id,
    run_name: "first",
    experiment_id: "0",
    user_id: "ann",
    status: "RUNNING",
    start_time: 1_700_000_000_000,
    artifact_uri: `mlflow-artifacts:/0/${run_id}/artifacts`,
    lifecycle_stage: "active",
  });
  assert.equal(asRecord(data.tags)["mlflow.runName"], "first");

  const ok = async (path: string, input: Record<string, unknown>) =>
    assert.deepEqual(
      await call("POST", path, { run_id, ...input }),
      { status: 200, body: {} },
      path,
    );
  await ok("/runs/log-metric", { key: "loss", value: 0.5, timestamp: 1_700_000_000_001, step: 0 });
  await ok("/runs/log-metric", {
    key: "loss",
    value: "NaN",
    timestamp: 1_700_000_000_002,
    step: "1",
  });
  await ok("/runs/log-metric", { key: "gain", value: "-Infinity", timestamp: 3 });
  await ok("/runs/log-parameter", { key: "c", value: "1.0" });
  await ok("/runs/log-parameter", { key: "c", value: "1.0" });
  await ok("/runs/set-tag", { key: "mlflow.runName", value: "renamed" });
  await ok("/runs/set-tag", { key: "mlflow.note.content", value: "good" });
  await ok("/runs/log-batch", {
    metrics: [{ key: "f1", value: 0.9, timestamp: 4, step: 7 }, {
      key: "f1",
      value: 0.8,
      timestamp: 4,
      step: 3,
    }],
    params: [{ key: "depth", value: "3" }],
    tags: [{ key: "gone", value: "x" }],
  });
  await ok("/runs/delete-tag", { key: "gone" });
  await ok("/runs/log-inputs", { datasets: [{ dataset: { name: "d", digest: "1" }, tags: [] }] });
  await ok("/runs/outputs", { models: [{ model_id: "m-1", step: 0 }] });

  const other = await call("POST", "/runs/log-parameter", { run_id, key: "c", value: "2" });
  assert.deepEqual([other.status, other.body.error_code], [400, "INVALID_PARAMETER_VALUE"]);
  const noTag = await call("POST", "/runs/delete-tag", { run_id, key: "gone" });
  assert.deepEqual([noTag.status, noTag.body.error_code], [404, "RESOURCE_DOES_NOT_EXIST"]);

  const ended = await call("POST", "/runs/update", {
    run_id,
    status: "FINISHED",
    end_time: 1_700_000_009_000,
  });
  assert.deepEqual(
    [ended.body.run_info.status, ended.body.run_info.end_time, ended.body.run_info.run_name],
    ["FINISHED", 1_700_000_009_000, "renamed"],
  );
  const { run } = (await call("GET", "/runs/get", { run_id })).body;
  assert.deepEqual(run.data.metrics, [
    { key: "f1", value: 0.9, timestamp: 4, step: 7 },
    { key: "gain", value: "-Infinity", timestamp: 3, step: 0 },
    { key: "loss", value: "NaN", timestamp: 1_700_000_000_002, step: 1 },
  ]);
  assert.deepEqual(asRecord(run.data.params), { c: "1.0", depth: "3" });
  assert.equal(asRecord(run.data.tags)["mlflow.runName"], "renamed");
  assert.equal(run.inputs.dataset_inputs[0].dataset.name, "d");
  assert.equal(run.outputs.model_outputs[0].model_id, "m-1");

  await ok("/runs/delete", {});
  const dead = await call("POST", "/runs/set-tag", { run_id, key: "a", value: "b" });
  assert.deepEqual([dead.status, dead.body.error_code], [400, "INVALID_PARAMETER_VALUE"]);
  assert.equal(
    (await call("GET", "/runs/get", { run_id })).body.run.info.lifecycle_stage,
    "deleted",
  );
  await ok("/runs/restore", {});
  const nobody = await call("GET", "/runs/get", { run_id: "nobody" });
  assert.deepEqual([nobody.status, nobody.body.error_code], [404, "RESOURCE_DOES_NOT_EXIST"]);
});

Deno.test("batches, names and values out of bounds are INVALID_PARAMETER_VALUE and leave nothing", async () => {
  await using hub = await openTestHub();
  const call = mlflowClient(hub);
  const { run_id } = (await call("POST", "/runs/create", { experiment_id: "0" })).body.run.info;
  const metric = (i: number) => ({ key: "m", value: i, timestamp: i, step: i });
  const metrics = (n: number) => Array.from({ length: n }, (_, i) => metric(i));
  const pair = (i: number) => ({ key: `k${i}`, value: "v" });
  const cases: Record<string, Record<string, unknown>> = {
    "1,001 metrics": { metrics: metrics(1001) },
    "101 params": { params: Array.from({ length: 101 }, (_, i) => pair(i)) },
    "101 tags": { tags: Array.from({ length: 101 }, (_, i) => pair(i)) },
    "1,001 in all": { metrics: metrics(1000), tags: [pair(1)] },
    "two values of a param": { params: [{ key: "p", value: "1" }, { key: "p", value: "2" }] },
    "no timestamp": { metrics: [{ key: "m", value: 1 }] },
    "a value that is no number": { metrics: [{ key: "m", value: "high", timestamp: 1 }] },
    "a name like a path up": { metrics: [{ key: "../m", value: 1, timestamp: 1 }] },
    "an absolute name": { params: [{ key: "/etc", value: "1" }] },
    "a name with a quote": { tags: [{ key: 'a"b', value: "1" }] },
    "a name of 251": { params: [{ key: "a".repeat(251), value: "1" }] },
    "a param of 6,001": { params: [{ key: "p", value: "a".repeat(6001) }] },
  };
  for (const [name, input] of Object.entries(cases)) {
    const { status, body } = await call("POST", "/runs/log-batch", { run_id, ...input });
    assert.deepEqual([status, body.error_code], [400, "INVALID_PARAMETER_VALUE"], name);
  }
  const { data } = (await call("GET", "/runs/get", { run_id })).body.run;
  assert.deepEqual([data.metrics, data.params], [[], []]);
  const full = await call("POST", "/runs/log-batch", { run_id, metrics: metrics(1000) });
  assert.equal(full.status, 200);
  const notJson = await hub.app.request("/api/2.0/mlflow/runs/log-batch", {
    method: "POST",
    headers: {
      authorization: `Bearer ${hub.tokens.operator}`,
      "content-type": "application/json",
    },
    body: "{",
  });
  assert.deepEqual(
    [notJson.status, (await notJson.json()).error_code],
    [400, "INVALID_PARAMETER_VALUE"],
  );
  const nameless = await call("POST", "/runs/log-batch", {});
  assert.deepEqual(
    [nameless.status, nameless.body.message],
    [400, "Missing value for required parameter 'run_id'"],
  );
});

Deno.test("runs are searched by MLflow's filters and orders, in pages; histories too", async () => {
  await using hub = await openTestHub();
  const call = mlflowClient(hub);
  const viewer = mlflowClient(hub, "viewer");
  for (let i = 0; i < 5; i++) {
    const { body } = await call("POST", "/runs/create", {
      experiment_id: "0",
      run_name: `r${i}`,
      start_time: 1000 + i,
    });
    await call("POST", "/runs/log-batch", {
      run_id: body.run.info.run_id,
      metrics: Array.from(
        { length: 4 },
        (_, step) => ({ key: "acc", value: i / 10 + step / 100, timestamp: step, step }),
      ),
      params: [{ key: "lr", value: String(i % 2) }],
    });
  }
  const search = async (input: Record<string, unknown>) => {
    const { status, body } = await viewer("POST", "/runs/search", {
      experiment_ids: ["0"],
      ...input,
    });
    assert.equal(status, 200, JSON.stringify(body));
    const names = body.runs.map((run: { info: { run_name: string } }) => run.info.run_name);
    return { names: names.join(" "), token: body.next_page_token };
  };
  assert.equal((await search({})).names, "r4 r3 r2 r1 r0");
  assert.equal((await search({ filter: "metrics.acc > 0.2 AND params.lr = '0'" })).names, "r4 r2");
  assert.equal((await search({ filter: "attributes.run_name IN ('r1', 'r2')" })).names, "r2 r1");
  assert.equal(
    (await search({ filter: "attributes.status = 'RUNNING' and start_time > 1003" })).names,
    "r4",
  );
  assert.equal(
    (await search({ order_by: ["params.lr ASC", "metrics.`acc` DESC"] })).names,
    "r4 r2 r0 r3 r1",
  );
  const first = await search({ max_results: 2, order_by: ["metrics.acc DESC"] });
  const second = await search({
    max_results: 3,
    order_by: ["metrics.acc DESC"],
    page_token: first.token,
  });
  assert.deepEqual([first.names, second.names, second.token], ["r4 r3", "r2 r1 r0", undefined]);
  assert.equal((await search({ experiment_ids: [] })).names, "");
  for (
    const wrong of [
      { filter: "metrics.acc >" },
      { filter: "acc = 1" },
      { filter: "metrics.acc = 'x'" },
      { order_by: ["metrics.acc UP"] },
      { page_token: "nonsense" },
      { max_results: 50_001 },
      { run_view_type: "SOME" },
    ]
  ) {
    const { status, body } = await viewer("POST", "/runs/search", {
      experiment_ids: ["0"],
      ...wrong,
    });
    assert.deepEqual(
      [status, body.error_code],
      [400, "INVALID_PARAMETER_VALUE"],
      JSON.stringify(wrong),
    );
  }

  const { body } = await viewer("POST", "/runs/search", { experiment_ids: ["0"], max_results: 1 });
  const { run_id } = body.runs[0].info;
  const history = await viewer("GET", "/metrics/get-history", {
    run_id,
    metric_key: "acc",
    max_results: 3,
  });
  assert.deepEqual(history.body.metrics.map((m: { step: number }) => m.step), [0, 1, 2]);
  assert.deepEqual(history.body.metrics[0], { key: "acc", value: 0.4, timestamp: 0, step: 0 });
  const page_token = history.body.next_page_token;
  const last = await viewer("GET", "/metrics/get-history", {
    run_id,
    metric_key: "acc",
    page_token,
  });
  assert.deepEqual(last.body.metrics.map((m: { step: number }) => m.step), [3]);
  assert.equal(last.body.next_page_token, undefined);
  const nothing = await viewer("GET", "/metrics/get-history", { run_id, metric_key: "none" });
  assert.deepEqual(nothing.body, { metrics: [] });
  const interval = async (input: Record<string, unknown>) =>
    await viewer("GET", "/metrics/get-history-bulk-interval", {
      run_ids: [run_id],
      metric_key: "acc",
      ...input,
    });
  const bulk = await interval({ start_step: 1, end_step: 2 });
  assert.deepEqual(bulk.body.metrics.map((m: { step: number }) => m.step), [1, 2]);
  assert.equal((await interval({ start_step: 1 })).status, 400);
  assert.equal((await interval({ start_step: 2, end_step: 1 })).status, 400);
  assert.equal((await interval({ max_results: 0 })).status, 400);
});
