import assert from "node:assert/strict";
import { openTestHub } from "../testing/test_hub.ts";
import { asRecord, mlflowClient } from "../testing/mlflow_client.ts";
import { sampledSteps } from "./logging_routes.ts";

Deno.test("the pipeline's runs are read like others, and their figures cannot be changed", async () => {
  await using hub = await openTestHub();
  const call = mlflowClient(hub);
  const run = await hub.registry.runs.create({
    catalogue: "shop",
    kind: "train",
    params: { c: 1, warm: true },
    tags: { by: "ann" },
  });
  await hub.registry.runs.logMetrics(run.id, [{ name: "gold.f1", step: 0, value: 0.9 }]);
  const { body } = await call("GET", "/experiments/get-by-name", { experiment_name: "shop" });
  const { experiment_id } = body.experiment;
  const found = await call("POST", "/runs/search", {
    experiment_ids: [experiment_id],
    filter: "metrics.`gold.f1` > 0.5 and params.warm = 'true'",
  });
  const [shown] = found.body.runs;
  assert.deepEqual([shown.info.run_id, shown.info.user_id], [run.id, "ann"]);
  assert.equal(asRecord(shown.data.tags)["aisle.catalogue"], "shop");
  const log = { run_id: run.id, key: "gold.f1", value: 1, timestamp: 1 };
  const refused = await call("POST", "/runs/log-metric", log);
  assert.deepEqual([refused.status, refused.body.error_code], [400, "INVALID_PARAMETER_VALUE"]);
  const noted = await call("POST", "/runs/set-tag", {
    run_id: run.id,
    key: "mlflow.note.content",
    value: "x",
  });
  assert.equal(noted.status, 200);
});

Deno.test("without a token 401, with a weak one 403, on a path that is none ENDPOINT_NOT_FOUND, all in MLflow's words", async () => {
  await using hub = await openTestHub();
  const send = async (...args: Parameters<typeof hub.send>) => {
    const response = await hub.send(...args);
    return [response.status, (await response.json()).error_code];
  };
  const base = "/api/2.0/mlflow";
  assert.deepEqual(await send(null, "GET", `${base}/experiments/get?experiment_id=0`), [
    401,
    "UNAUTHENTICATED",
  ]);
  assert.deepEqual(await send("viewer", "POST", `${base}/runs/create`, { json: {} }), [
    403,
    "PERMISSION_DENIED",
  ]);
  assert.deepEqual(await send("edge", "GET", `${base}/experiments/get?experiment_id=0`), [
    403,
    "PERMISSION_DENIED",
  ]);
  assert.deepEqual(await send("admin", "GET", `${base}/no/such`), [404, "ENDPOINT_NOT_FOUND"]);
  assert.deepEqual(await send("admin", "GET", `${base}/runs/create`), [404, "ENDPOINT_NOT_FOUND"]);
});

Deno.test("changes are audited, what runs log is not", async () => {
  await using hub = await openTestHub();
  const call = mlflowClient(hub);
  await call("POST", "/experiments/create", { name: "e" });
  const { run_id } = (await call("POST", "/runs/create", { experiment_id: "1" })).body.run.info;
  await call("POST", "/runs/log-metric", { run_id, key: "m", value: 1, timestamp: 1 });
  await call("POST", "/runs/search", { experiment_ids: ["1"] });
  await call("POST", "/runs/delete", { run_id });
  const entries = (await hub.registry.audit.list()).items.map((e) => [e.action, e.target, e.actor]);
  assert.deepEqual(entries, [
    ["mlflow/runs/delete", run_id, "the operator"],
    ["mlflow/experiments/create", "e", "the operator"],
  ]);
});

Deno.test("sampledSteps() takes steps evenly, with the first and last of each run, as MLflow's server does", () => {
  const upTo = (n: number) => Array.from({ length: n }, (_, i) => i);
  assert.deepEqual([...sampledSteps([upTo(10)], 5)], [0, 2, 4, 6, 8, 9]);
  assert.deepEqual([...sampledSteps([[4, 5, 6, 7, 8]], 5)], [4, 5, 6, 7, 8]);
  assert.deepEqual(
    [...sampledSteps([upTo(10), upTo(20)], 5)].sort((a, b) => a - b),
    [0, 4, 8, 9, 12, 16, 19],
  );
  assert.deepEqual([...sampledSteps([[]], 5)], []);
});

Deno.test("what MLflow's own tests of its server ask of it: words of errors, order of equals, empty values", async () => {
  await using hub = await openTestHub();
  const call = mlflowClient(hub);
  const { run_id } =
    (await call("POST", "/runs/create", { experiment_id: "0", start_time: 1 })).body.run.info;
  const refused = async (path: string, input: Record<string, unknown>, words: string) => {
    const { status, body } = await call("POST", path, input);
    assert.deepEqual([status, body.error_code], [400, "INVALID_PARAMETER_VALUE"], path);
    assert.ok(body.message.includes(words), `${body.message} lacks ${words}`);
  };
  const metric = { run_id, key: "m", value: 31, timestamp: 59, step: 26 };
  await refused("/experiments/create", { name: 123 }, "Invalid value 123 for parameter 'name'");
  await refused(
    "/experiments/create",
    { name: "x", tags: "5" },
    "Invalid value \"5\" for parameter 'tags'",
  );
  await refused(
    "/runs/log-metric",
    { ...metric, run_id: 31 },
    "Invalid value 31 for parameter 'run_id' supplied",
  );
  await refused(
    "/runs/log-metric",
    { ...metric, key: 31 },
    "Invalid value 31 for parameter 'key' supplied",
  );
  await refused(
    "/runs/log-metric",
    { ...metric, step: "foo" },
    "Invalid value \"foo\" for parameter 'step' supplied",
  );
  await refused(
    "/runs/log-metric",
    { ...metric, run_id: null },
    "Missing value for required parameter 'run_id'",
  );
  await refused(
    "/runs/log-metric",
    { ...metric, key: null },
    "Missing value for required parameter 'key'",
  );
  await refused(
    "/runs/set-tag",
    { run_id, key: "t", value: 41 },
    "Invalid value 41 for parameter 'value' supplied",
  );
  await refused(
    "/runs/log-batch",
    { run_id, params: "foo" },
    "Invalid value \"foo\" for parameter 'params' supplied",
  );
  await refused(
    "/runs/log-batch",
    { run_id, metrics: [{ key: "mae", value: 2.5 }] },
    'Invalid value [{"key":"mae","value":2.5}] for parameter \'metrics\' supplied',
  );
  await refused(
    "/runs/search",
    { experiment_ids: ["0"], max_results: 123456789 },
    "Invalid value 123456789 for parameter 'max_results' supplied",
  );
  assert.match(
    (await call("POST", "/runs/delete-tag", { run_id: "fake", key: "t" })).body.message,
    /Run .+ not found/,
  );
  assert.match(
    (await call("POST", "/runs/delete-tag", { run_id, key: "fake" })).body.message,
    /No tag with name: fake/,
  );

  await call("POST", "/runs/log-batch", {
    run_id,
    params: [{ key: "p", value: "" }],
    tags: [{ key: "t", value: "" }],
  });
  const { data } = (await call("GET", "/runs/get", { run_id })).body.run;
  assert.deepEqual([data.params, asRecord(data.tags)["t"]], [[{ key: "p", value: "" }], ""]);
  for (const value of [11, 12]) await call("POST", "/runs/log-metric", { ...metric, value });
  const { metrics } = (await call("GET", "/metrics/get-history", { run_id, metric_key: "m" })).body;
  assert.deepEqual(metrics.map((m: { value: number }) => m.value), [11, 12]);
  const whole = await call("GET", "/artifacts/list", { run_id, path: "." });
  assert.deepEqual([whole.status, whole.body.files], [200, []]);

  for (let i = 0; i < 9; i++) {
    await call("POST", "/runs/create", { experiment_id: "0", start_time: 1 });
  }
  const ids: string[] = [];
  let page_token: string | undefined;
  do {
    const { body } = await call("POST", "/runs/search", {
      experiment_ids: ["0"],
      max_results: 4,
      page_token,
    });
    ids.push(...body.runs.map((run: { info: { run_id: string } }) => run.info.run_id));
    page_token = body.next_page_token;
  } while (page_token !== undefined);
  assert.deepEqual([ids.length, ids], [10, ids.toSorted()], "runs that began together go by id");
});

Deno.test("a change that breaks off halfway is told in the audit; one that is refused is not", async () => {
  await using hub = await openTestHub();
  const call = mlflowClient(hub);
  const { experiments } = hub.registry as unknown as {
    experiments: { create: (...args: unknown[]) => Promise<unknown> };
  };
  const create = experiments.create.bind(experiments);
  experiments.create = async (...args) => {
    await create(...args);
    throw new Error("the disk is full");
  };
  assert.equal((await call("POST", "/experiments/create", { name: "e" })).status, 500);
  experiments.create = create;
  assert.equal((await call("POST", "/experiments/create", { name: "e" })).status, 400);
  const { items } = await hub.registry.audit.list();
  assert.deepEqual(items.map(({ action, target }) => [action, target]), [
    ["mlflow/experiments/create", "e"],
  ]);
  assert.match(JSON.stringify(items[0]!.details), /broke down halfway/);
});
