import assert from "node:assert/strict";
import { addBundles, digestOf, fakeSign } from "../registry/registry_suite.ts";
import { openTestHub } from "../testing/test_hub.ts";
import { asRecord, mlflowClient } from "../testing/mlflow_client.ts";

Deno.test("registered models and versions: create, tags, aliases, stages, search, rename, delete", async () => {
  await using hub = await openTestHub();
  const call = mlflowClient(hub);
  const made = await call("POST", "/registered-models/create", {
    name: "net",
    description: "d",
    tags: [{ key: "a", value: "1" }],
  });
  assert.equal(made.body.registered_model.name, "net");
  const twice = await call("POST", "/registered-models/create", { name: "net" });
  assert.deepEqual([twice.status, twice.body.error_code], [400, "RESOURCE_ALREADY_EXISTS"]);
  const bad = await call("POST", "/registered-models/create", { name: "a/b" });
  assert.deepEqual([bad.status, bad.body.error_code], [400, "INVALID_PARAMETER_VALUE"]);
  for (const run_id of ["r1", "r2"]) {
    const { body } = await call("POST", "/model-versions/create", {
      name: "net",
      source: `mlflow-artifacts:/0/${run_id}/artifacts/model`,
      run_id,
      tags: [{ key: "t", value: run_id }],
    });
    assert.deepEqual([body.model_version.status, body.model_version.run_id], ["READY", run_id]);
  }
  const orphan = await call("POST", "/model-versions/create", { name: "none", source: "s3://s" });
  assert.deepEqual([orphan.status, orphan.body.error_code], [404, "RESOURCE_DOES_NOT_EXIST"]);

  await call("POST", "/registered-models/alias", { name: "net", alias: "best", version: "1" });
  const byAlias = await call("GET", "/registered-models/alias", { name: "net", alias: "best" });
  assert.deepEqual([byAlias.body.model_version.version, byAlias.body.model_version.aliases], ["1", [
    "best",
  ]]);
  await call("DELETE", "/registered-models/alias", { name: "net", alias: "best" });
  const gone = await call("GET", "/registered-models/alias", { name: "net", alias: "best" });
  assert.deepEqual([gone.status, gone.body.error_code], [400, "INVALID_PARAMETER_VALUE"]);
  for (const alias of ["latest", "v3", "a b"]) {
    const { status } = await call("POST", "/registered-models/alias", {
      name: "net",
      alias,
      version: 1,
    });
    assert.equal(status, 400, alias);
  }

  await call("POST", "/registered-models/set-tag", { name: "net", key: "b", value: "2" });
  await call("DELETE", "/registered-models/delete-tag", { name: "net", key: "a" });
  await call("POST", "/model-versions/set-tag", {
    name: "net",
    version: "2",
    key: "u",
    value: "9",
  });
  await call("DELETE", "/model-versions/delete-tag", { name: "net", version: "2", key: "t" });
  const moved = await call("POST", "/model-versions/transition-stage", {
    name: "net",
    version: "2",
    stage: "production",
    archive_existing_versions: "true",
  });
  assert.equal(moved.body.model_version.current_stage, "Production");
  const described = await call("PATCH", "/model-versions/update", {
    name: "net",
    version: "2",
    description: "x",
  });
  assert.deepEqual(
    [described.body.model_version.description, asRecord(described.body.model_version.tags)],
    ["x", { u: "9" }],
  );
  const { registered_model } = (await call("GET", "/registered-models/get", { name: "net" })).body;
  assert.deepEqual(asRecord(registered_model.tags), { b: "2" });
  assert.deepEqual(
    registered_model.latest_versions.map((v: { version: string }) => v.version).sort(),
    ["1", "2"],
  );
  const latest = await call("GET", "/registered-models/get-latest-versions", {
    name: "net",
    stages: ["Production"],
  });
  assert.deepEqual(latest.body.model_versions.map((v: { version: string }) => v.version), ["2"]);
  const uri = await call("GET", "/model-versions/get-download-uri", { name: "net", version: "1" });
  assert.equal(uri.body.artifact_uri, "mlflow-artifacts:/0/r1/artifacts/model");

  const versions = await call("GET", "/model-versions/search", {
    filter: "name='net' and run_id = 'r2'",
  });
  assert.deepEqual(versions.body.model_versions.map((v: { version: string }) => v.version), ["2"]);
  const first = await call("GET", "/model-versions/search", {
    max_results: 1,
    order_by: ["version_number ASC"],
  });
  const second = await call("GET", "/model-versions/search", {
    max_results: 1,
    order_by: ["version_number ASC"],
    page_token: first.body.next_page_token,
  });
  assert.deepEqual(second.body.model_versions.map((v: { version: string }) => v.version), ["2"]);

  await call("POST", "/registered-models/rename", { name: "net", new_name: "network" });
  await call("PATCH", "/registered-models/update", { name: "network", description: "e" });
  await call("DELETE", "/model-versions/delete", { name: "network", version: "1" });
  const dead = await call("GET", "/model-versions/get", { name: "network", version: "1" });
  assert.deepEqual([dead.status, dead.body.error_code], [404, "RESOURCE_DOES_NOT_EXIST"]);
  await call("DELETE", "/registered-models/delete", { name: "network" });
  const none = await call("GET", "/registered-models/get", { name: "network" });
  assert.deepEqual([none.status, none.body.error_code], [404, "RESOURCE_DOES_NOT_EXIST"]);
});

Deno.test("the filter that MLflow 3 adds to every search of models holds for models without the tag", async () => {
  await using hub = await openTestHub();
  const call = mlflowClient(hub);
  await call("POST", "/registered-models/create", { name: "net" });
  const tags = [{ key: "mlflow.prompt.is_prompt", value: "true" }];
  await call("POST", "/registered-models/create", { name: "prompt", tags });
  const filter = "name ILIKE '%n%' AND tag.`mlflow.prompt.is_prompt` != 'true'";
  const { body } = await call("GET", "/registered-models/search", { filter, max_results: 100 });
  assert.deepEqual(body.registered_models.map((m: { name: string }) => m.name), ["net"]);
});

Deno.test("a catalogue is a model with champion, challenger and previous, which MLflow's clients cannot move", async () => {
  await using hub = await openTestHub();
  const call = mlflowClient(hub, "admin");
  await addBundles(hub.registry, "shop", [digestOf("a"), digestOf("b")]);
  for (const [i, digest] of [digestOf("a"), digestOf("b")].entries()) {
    const request = { catalogue: "shop", digest, expectedRevision: i, by: "ann", why: "w" };
    await hub.registry.aliases.promote({ ...request, sign: fakeSign });
  }
  const { body } = await call("GET", "/registered-models/get", { name: "shop" });
  assert.deepEqual(body.registered_model.aliases, [
    { alias: "champion", version: "2" },
    { alias: "previous", version: "1" },
  ]);
  const champion = await call("GET", "/registered-models/alias", {
    name: "shop",
    alias: "champion",
  });
  assert.equal(asRecord(champion.body.model_version.tags)["aisle.digest"], digestOf("b"));
  const calls: [string, string, Record<string, unknown>][] = [
    ["POST", "/registered-models/alias", { alias: "champion", version: "1" }],
    ["DELETE", "/registered-models/alias", { alias: "champion" }],
    ["DELETE", "/registered-models/delete", {}],
    ["POST", "/registered-models/rename", { new_name: "x" }],
    ["POST", "/registered-models/set-tag", { key: "a", value: "b" }],
    ["POST", "/model-versions/create", { source: "s3://s" }],
    ["DELETE", "/model-versions/delete", { version: "1" }],
    ["POST", "/model-versions/transition-stage", { version: "1", stage: "Production" }],
  ];
  for (const [method, path, input] of calls) {
    const { status, body } = await call(method, path, { name: "shop", ...input });
    assert.deepEqual([status, body.error_code], [400, "INVALID_PARAMETER_VALUE"], path);
  }
  assert.equal((await hub.registry.aliases.get("shop")).champion, digestOf("b"));
});

Deno.test("models logged by themselves have params, tags, files and a life, and are no runs", async () => {
  await using hub = await openTestHub();
  const call = mlflowClient(hub);
  const made = await call("POST", "/logged-models", {
    experiment_id: "0",
    name: "net",
    model_type: "sklearn",
    source_run_id: "r1",
    params: [{ key: "c", value: "1" }],
    tags: [{ key: "t", value: "x" }],
  });
  const { model_id, status, artifact_uri } = made.body.model.info;
  assert.equal(status, "LOGGED_MODEL_PENDING");
  assert.equal(artifact_uri, `mlflow-artifacts:/0/models/${model_id}/artifacts`);
  const path = `/api/2.0/mlflow-artifacts/artifacts/${
    artifact_uri.slice("mlflow-artifacts:/".length)
  }/MLmodel`;
  assert.equal((await hub.send("operator", "PUT", path)).status, 200);
  await call("PATCH", `/logged-models/${model_id}/tags`, { tags: [{ key: "u", value: "y" }] });
  const ready = await call("PATCH", `/logged-models/${model_id}`, {
    model_id,
    status: "LOGGED_MODEL_READY",
  });
  assert.equal(ready.body.model.info.status, "LOGGED_MODEL_READY");
  const got = await call("GET", `/logged-models/${model_id}`);
  assert.deepEqual(asRecord(got.body.model.info.tags), { t: "x", u: "y" });
  assert.deepEqual([got.body.model.info.model_type, got.body.model.info.source_run_id], [
    "sklearn",
    "r1",
  ]);
  const files = await call("GET", `/logged-models/${model_id}/artifacts/directories`);
  assert.deepEqual(files.body.files, [{ path: "MLmodel", is_dir: false, file_size: 0 }]);
  const found = await call("POST", "/logged-models/search", {
    experiment_ids: ["0"],
    filter: "name = 'net'",
  });
  assert.equal(found.body.models.length, 1);
  assert.deepEqual((await call("POST", "/runs/search", { experiment_ids: ["0"] })).body.runs, []);
  assert.deepEqual((await hub.registry.runs.list()).items, []);

  await call("POST", "/registered-models/create", { name: "net" });
  await call("POST", "/model-versions/create", { name: "net", source: `models:/${model_id}` });
  const uri = await call("GET", "/model-versions/get-download-uri", { name: "net", version: "1" });
  assert.equal(uri.body.artifact_uri, artifact_uri);
  assert.deepEqual((await call("POST", "/logged-models/search", { experiment_ids: ["7"] })).body, {
    models: [],
  });
});

Deno.test("versions are ordered as MLflow's server does: the newest first, else between equals by name, then number", async () => {
  await using hub = await openTestHub();
  const call = mlflowClient(hub);
  for (const name of ["a", "b", "c"]) await call("POST", "/registered-models/create", { name });
  for (const name of ["a", "b", "c", "a"]) {
    await call("POST", "/model-versions/create", { name, source: "runs:/r/model" });
  }
  const order = async (order_by: string[]) => {
    const { body } = await call("GET", "/model-versions/search", { order_by });
    return body.model_versions.map((v: { name: string; version: string }) => v.name + v.version)
      .join(" ");
  };
  assert.equal(await order([]), "a2 c1 b1 a1");
  assert.equal(await order(["name DESC"]), "c1 b1 a2 a1");
  assert.equal(await order(["version_number DESC"]), "a2 a1 b1 c1");
});

Deno.test("a version's source never leads its readers to files of their own machine", async () => {
  await using hub = await openTestHub();
  const call = mlflowClient(hub);
  await call("POST", "/registered-models/create", { name: "net" });
  const hostile = [
    "/etc/passwd",
    "file:///etc/passwd",
    "FILE:/etc",
    "C:\\windows",
    "../x",
    "mlflow-artifacts:/0/r/../../x",
    "s3://bucket/%2e%2e/x",
    "https://host/a/%252e%252e/b",
    "mlflow-artifacts:/0/r/..%2fx",
    "models:/net/..",
    "s3://bucket%2f..%2fx",
    "s3://bucket/x%00",
  ];
  for (const source of hostile) {
    const { status, body } = await call("POST", "/model-versions/create", { name: "net", source });
    assert.deepEqual([status, body.error_code], [400, "INVALID_PARAMETER_VALUE"], source);
  }
  for (
    const source of [
      "runs:/r/model",
      "s3://b/a..b/c",
      "s3://b/..../c",
      "mlflow-artifacts:/models/foo///bar",
      "models:/m-1",
      "dbfs:/x",
    ]
  ) {
    const { status } = await call("POST", "/model-versions/create", { name: "net", source });
    assert.equal(status, 200, source);
  }
});
