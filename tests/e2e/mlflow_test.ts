import assert from "node:assert/strict";
import * as npmMlflow from "mlflow";
import { type Running, scratch, startHub } from "./processes.ts";

// What the package exports is the class itself; its types say that it were a member of that.
const MLflow = npmMlflow.default as unknown as typeof npmMlflow.default.default;

/** What a client needs: the hub's address and a token. */
interface Access {
  readonly url: string;
  readonly token: string;
}

async function accessOf(dataDir: string, hub: Running): Promise<Access> {
  const { token } = JSON.parse(await Deno.readTextFile(`${dataDir}/hub.lock`));
  return { url: hub.url, token };
}

/** Sends a call as MLflow's Python client does and returns its status and JSON. */
async function call(
  { url, token }: Access,
  method: string,
  path: string,
  input: Readonly<Record<string, unknown>> = {},
  // deno-lint-ignore no-explicit-any -- tests look into whatever comes
): Promise<{ status: number; body: any }> {
  const address = new URL(`${url}/api/2.0/mlflow/${path}`);
  if (method === "GET") {
    for (const [name, value] of Object.entries(input)) {
      for (const one of Array.isArray(value) ? value : [value]) {
        address.searchParams.append(name, String(one));
      }
    }
  }
  const response = await fetch(address, {
    method,
    headers: {
      authorization: `Bearer ${token}`,
      "user-agent": "mlflow-python-client/3.6.0",
      ...(method === "GET" ? {} : { "content-type": "application/json" }),
    },
    ...(method === "GET" ? {} : { body: JSON.stringify(input) }),
  });
  return { status: response.status, body: await response.json() };
}

/** Sends or fetches a file by the address that a run or model tells. */
async function file(
  { url, token }: Access,
  method: "GET" | "PUT",
  uri: string,
  bytes?: Uint8Array<ArrayBuffer>,
): Promise<Response> {
  const path = uri.replace(/^mlflow-artifacts:\//, "");
  return await fetch(`${url}/api/2.0/mlflow-artifacts/artifacts/${path}`, {
    method,
    headers: { authorization: `Bearer ${token}`, "content-type": "text/plain" },
    ...(bytes === undefined ? {} : { body: bytes }),
  });
}

Deno.test("npm's mlflow client logs to a hub and reads it back", async () => {
  await using folder = await scratch();
  await using hub = await startHub(folder.path);
  const { token } = await accessOf(folder.path, hub);
  const client = new MLflow({ endpoint: hub.url, headers: { authorization: `Bearer ${token}` } });
  // The client writes every body to the terminal.
  const { log } = console;
  console.log = () => {};
  try {
    const { experiment_id } = await client.Experiments.create({
      name: "npm",
      artifact_location: "",
    });
    const now = Date.now();
    const { run } = await client.Runs.create({
      experiment_id,
      user_id: "ann",
      start_time: now,
      tags: [{ key: "from", value: "npm" }],
    });
    const { run_id } = run.info;
    await client.Runs.logParameter({ run_id, key: "c", value: "1" });
    for (let step = 0; step < 3; step++) {
      await client.Runs.logMetric({
        run_id,
        key: "loss",
        value: 1 / (step + 1),
        timestamp: now + step,
        step,
      });
    }
    await client.Runs.logBatch({
      run_id,
      metrics: [{ key: "f1", value: 0.9, timestamp: now, step: 0 }],
      params: [{ key: "depth", value: "3" }],
      tags: [{ key: "gone", value: "x" }],
    });
    await client.Runs.setTag({ run_id, key: "kept", value: "y" });
    await client.Runs.deleteTag({ run_id, key: "gone" });
    await client.Runs.update({ run_id, status: "FINISHED" as never, end_time: now + 1000 });

    const got = await client.Runs.get({ run_id });
    assert.equal(got.run.info.status, "FINISHED");
    const values = Object.fromEntries(got.run.data.metrics!.map(({ key, value }) => [key, value]));
    assert.deepEqual(values, { f1: 0.9, loss: 1 / 3 });
    const params = Object.fromEntries(got.run.data.params!.map(({ key, value }) => [key, value]));
    assert.deepEqual(params, { c: "1", depth: "3" });
    const history = await client.Metrics.getHistory({ run_id, metric_key: "loss" });
    assert.deepEqual(history.metrics.map((metric) => metric.value), [1, 1 / 2, 1 / 3]);
    const found = await client.Runs.search({
      experiment_ids: [experiment_id],
      filter: "metrics.f1 > 0.8 and params.c = '1'",
      order_by: ["metrics.f1 DESC"],
    });
    assert.deepEqual(found.runs.map((one) => one.info.run_id), [run_id]);
    assert.equal(
      (await client.Artifacts.list({ run_id, path: "" })).root_uri,
      run.info.artifact_uri,
    );

    await client.Runs.delete({ run_id });
    await client.Runs.restore({ run_id });
    await client.Experiments.update({ experiment_id, new_name: "renamed" });
    await client.Experiments.delete({ experiment_id });
    await client.Experiments.restore({ experiment_id });
    const { experiment } = await client.Experiments.get({ experiment_id });
    assert.deepEqual([experiment.name, experiment.lifecycle_stage], ["renamed", "active"]);
    await assert.rejects(client.Runs.get({ run_id: "none" }), /RESOURCE_DOES_NOT_EXIST/);
    await assert.rejects(
      client.Experiments.create({ name: "renamed", artifact_location: "" }),
      /RESOURCE_ALREADY_EXISTS/,
    );
    const stranger = new MLflow({ endpoint: hub.url });
    await assert.rejects(stranger.Runs.get({ run_id }), /UNAUTHENTICATED/);
  } finally {
    console.log = log;
  }
});

Deno.test("what MLflow's Python client sends, call by call, also over a hub that is killed", async (t) => {
  await using folder = await scratch();
  let hub = await startHub(folder.path);
  try {
    let access = await accessOf(folder.path, hub);
    const ok = async (method: string, path: string, input: Record<string, unknown> = {}) => {
      const { status, body } = await call(access, method, path, input);
      assert.equal(status, 200, `${method} ${path}: ${JSON.stringify(body)}`);
      return body;
    };
    let run_id = "", artifact_uri = "";

    await t.step("set_experiment() and start_run()", async () => {
      const missing = await call(access, "GET", "experiments/get-by-name", {
        experiment_name: "py",
      });
      assert.deepEqual([missing.status, missing.body.error_code], [404, "RESOURCE_DOES_NOT_EXIST"]);
      const { experiment_id } = await ok("POST", "experiments/create", { name: "py", tags: [] });
      const { run } = await ok("POST", "runs/create", {
        experiment_id,
        user_id: "ann",
        run_name: "likable-cow-1",
        start_time: 1_700_000_000_000,
        tags: [
          { key: "mlflow.user", value: "ann" },
          { key: "mlflow.source.name", value: "train.py" },
          { key: "mlflow.source.type", value: "LOCAL" },
          { key: "mlflow.runName", value: "likable-cow-1" },
        ],
      });
      ({ run_id, artifact_uri } = run.info);
    });

    await t.step("log_params(), log_metrics(), set_tag() and a killed hub", async () => {
      const params = [{ key: "lr", value: "0.1" }, { key: "layers", value: "[64, 64]" }];
      await ok("POST", "runs/log-batch", { run_id, metrics: [], params, tags: [] });
      const metrics = [{ key: "loss", value: "NaN", timestamp: 1_700_000_000_001, step: 0 }];
      await ok("POST", "runs/log-batch", { run_id, metrics, params: [], tags: [] });
      await hub.kill9();
      hub = await startHub(folder.path);
      access = await accessOf(folder.path, hub);
      const again = await ok("GET", "runs/get", { run_id, run_uuid: run_id });
      assert.equal(again.run.info.status, "RUNNING", "a client's run outlives the hub");
      assert.deepEqual(again.run.data.metrics, [
        { key: "loss", value: "NaN", timestamp: 1_700_000_000_001, step: 0 },
      ]);
      await ok("POST", "runs/log-metric", {
        run_uuid: run_id,
        run_id,
        key: "loss",
        value: 0.25,
        timestamp: 1_700_000_000_002,
        step: 1,
      });
    });

    await t.step("log_artifacts(), list_artifacts() and download_artifacts()", async () => {
      const bytes = crypto.getRandomValues(new Uint8Array(60_000));
      for (const name of ["model/MLmodel", "model/weights.bin"]) {
        const response = await file(access, "PUT", `${artifact_uri}/${name}`, bytes);
        assert.deepEqual([response.status, await response.text()], [200, "{}"]);
      }
      const root = await ok("GET", "artifacts/list", { run_id, path: "model" });
      assert.deepEqual(root.files.map((f: { path: string }) => f.path), [
        "model/MLmodel",
        "model/weights.bin",
      ]);
      // MLflow 3 asks for logged models before it downloads a folder.
      assert.deepEqual(await ok("POST", "logged-models/search", { experiment_ids: ["1"] }), {
        models: [],
      });
      const got = await file(access, "GET", `${artifact_uri}/model/weights.bin`);
      assert.deepEqual(new Uint8Array(await got.arrayBuffer()), bytes);
    });

    await t.step("register_model(), aliases, search_registered_models()", async () => {
      await ok("POST", "registered-models/create", { name: "net", tags: [], description: "" });
      const { model_version } = await ok("POST", "model-versions/create", {
        name: "net",
        source: `${artifact_uri}/model`,
        run_id,
        tags: [],
        run_link: "",
        description: "",
      });
      assert.deepEqual([model_version.version, model_version.status], ["1", "READY"]);
      await ok("POST", "registered-models/alias", { name: "net", alias: "champion", version: "1" });
      const aliased = await ok("GET", "registered-models/alias", {
        name: "net",
        alias: "champion",
      });
      const { artifact_uri: uri } = await ok("GET", "model-versions/get-download-uri", {
        name: "net",
        version: aliased.model_version.version,
      });
      assert.equal(uri, `${artifact_uri}/model`);
      const { registered_models } = await ok("GET", "registered-models/search", {
        filter: "name = 'net' AND tag.`mlflow.prompt.is_prompt` != 'true'",
        max_results: 100,
      });
      assert.equal(registered_models[0].aliases[0].alias, "champion");
      await ok("DELETE", "registered-models/alias", { name: "net", alias: "champion" });
      await ok("DELETE", "model-versions/delete", { name: "net", version: "1" });
      await ok("DELETE", "registered-models/delete", { name: "net" });
    });

    await t.step("end_run() and search_runs()", async () => {
      await ok("POST", "runs/update", { run_id, status: "FINISHED", end_time: 1_700_000_100_000 });
      const { runs } = await ok("POST", "runs/search", {
        experiment_ids: ["1"],
        filter: "metrics.loss < 0.5 and tags.mlflow.user = 'ann'",
        run_view_type: "ACTIVE_ONLY",
        max_results: 1000,
        order_by: ["start_time DESC"],
      });
      assert.deepEqual(runs.map((run: { info: { status: string } }) => run.info.status), [
        "FINISHED",
      ]);
      const { status } = await call({ ...access, token: "wrong" }, "GET", "runs/get", { run_id });
      assert.equal(status, 401);
    });
  } finally {
    await hub[Symbol.asyncDispose]();
  }
});
