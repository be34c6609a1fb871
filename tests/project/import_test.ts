import assert from "node:assert/strict";
import { AppError } from "../../shared/errors.ts";
import { openForeignFile } from "../../hub/db/foreign_file.ts";
import { MlflowFile } from "../../hub/imports/mlflow_file.ts";
import { DONE_TAG, importMlflow, type MlflowTarget } from "../../hub/imports/mlflow_target.ts";
import { OLD_RUNS, writeMlflowDatabase } from "../../hub/testing/mlflow_database.ts";
import { mlflowClient } from "../../hub/testing/mlflow_client.ts";
import { openTestHub, type TestHub } from "../../hub/testing/test_hub.ts";

/** Sends to `hub`; the call number `dieAt` is the last one. */
function targetOf(hub: TestHub, dieAt = Infinity): MlflowTarget {
  let calls = 0;
  const send = async (method: string, path: string, init: RequestInit) => {
    if (++calls > dieAt) throw new Error("killed");
    const response = await hub.app.request(path, {
      method,
      ...init,
      headers: { authorization: `Bearer ${hub.tokens.operator}`, ...init.headers },
    });
    if (!response.ok) throw new Error(`${method} ${path}: ${await response.text()}`);
    return response;
  };
  return {
    json: async (method, path, body) =>
      await (await send(
        method,
        path,
        body === undefined
          ? {}
          : { body: JSON.stringify(body), headers: { "content-type": "application/json" } },
      )).json(),
    async put(path, body) {
      await (await send("PUT", path, { body })).body?.cancel();
    },
  };
}

async function importInto(hub: TestHub, database: string, dieAt?: number) {
  await using file = await openForeignFile(database);
  return await importMlflow(new MlflowFile(file), targetOf(hub, dieAt), {
    filesOf: (run) =>
      Promise.resolve(
        run.id === OLD_RUNS[0]
          ? [{
            name: "model/MLmodel é",
            open: () => Promise.resolve(new Blob(["flavors:"]).stream()),
          }]
          : [],
      ),
    progress: () => {},
    catalogues: new Set(),
  });
}

async function withDatabase(work: (database: string, folder: string) => Promise<void>) {
  const folder = await Deno.makeTempDir({ prefix: "aisle-import-" });
  try {
    await writeMlflowDatabase(`${folder}/mlflow.db`);
    await work(`${folder}/mlflow.db`, folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("an MLflow database comes in whole, once, and its file is not touched", async () => {
  await withDatabase(async (database, folder) => {
    await using hub = await openTestHub();
    const before = await Deno.readFile(database);
    const report = await importInto(hub, database);
    const { notes, ...counts } = report;
    assert.deepEqual(counts, {
      experiments: 2,
      runs: 3,
      runsBefore: 0,
      points: 2_503,
      files: 1,
      models: 1,
      versions: 2,
    });
    assert.match(notes.join("\n"), /vocabulary .* cut at 6000.*\n.*1 rows of datasets/);
    const call = mlflowClient(hub);
    const experiment = (await call("GET", "/experiments/get-by-name", { experiment_name: "lstm" }))
      .body.experiment;
    assert.deepEqual(experiment.tags, [{ key: "team", value: "catalogue" }]);
    const { runs } = (await call("POST", "/runs/search", {
      experiment_ids: [experiment.experiment_id],
      filter: "params.`text.ngrams` = '(1, 2)' and metrics.f1 > 0.8",
      run_view_type: "ALL",
    })).body;
    assert.equal(runs.length, 1);
    const [{ info, data }] = runs;
    assert.deepEqual(
      [info.run_name, info.status, info.start_time, info.end_time],
      ["run 0", "FINISHED", 1_700_000_000_000, 1_700_000_060_000],
    );
    assert.ok(data.tags.some((t: { key: string }) => t.key === DONE_TAG));
    const history = (await call("GET", "/metrics/get-history", {
      run_id: info.run_id,
      metric_key: "odd",
    })).body.metrics;
    assert.deepEqual(history.map((p: { value: unknown }) => p.value), ["NaN", "Infinity"]);
    const files = (await call("GET", "/artifacts/list", { run_id: info.run_id, path: "model" }))
      .body.files;
    assert.deepEqual(files.map((f: { path: string }) => f.path), ["model/MLmodel é"]);
    const version = async (n: number) =>
      (await call("GET", "/model-versions/get", { name: "rakuten-lstm", version: `${n}` })).body;
    const third = (await version(3)).model_version;
    assert.equal(third.source, `runs:/${info.run_id}/model`);
    assert.deepEqual([third.current_stage, third.aliases], ["Production", ["champion"]]);
    assert.equal((await version(2)).error_code, "RESOURCE_DOES_NOT_EXIST");

    const again = await importInto(hub, database);
    assert.deepEqual(
      [again.runs, again.runsBefore, again.points, again.experiments, again.versions],
      [0, 3, 0, 0, 0],
    );
    assert.deepEqual(await Deno.readFile(database), before);
    const left = Array.from(Deno.readDirSync(folder), (entry) => entry.name);
    assert.deepEqual(left, ["mlflow.db"]);
  });
});

Deno.test("an import that is killed at any call and run again comes to the same", async () => {
  await withDatabase(async (database) => {
    const whole = async (hub: TestHub) => {
      const runs = (await hub.registry.runs.search({ lifecycle: "all" })).items;
      const told = await Promise.all(runs.map(async (run) => ({
        name: run.name,
        state: run.state,
        params: run.params,
        metrics: run.metrics,
        points: (await hub.registry.runs.metrics(run.id)).map((s) => [s.name, s.points.length]),
        tags: Object.keys(run.tags).sort(),
        deleted: run.deletedAt !== null,
      })));
      return told.sort((a, b) => a.name < b.name ? -1 : 1);
    };
    await using straight = await openTestHub();
    await importInto(straight, database);
    const expected = await whole(straight);
    await using hub = await openTestHub();
    for (let dieAt = 1; dieAt <= 40; dieAt += 3) {
      await importInto(hub, database, dieAt).catch((error: Error) => {
        assert.equal(error.message, "killed");
      });
    }
    await importInto(hub, database);
    assert.deepEqual(await whole(hub), expected);
  });
});

Deno.test("a file that is no database of MLflow is refused in words", async () => {
  const folder = await Deno.makeTempDir({ prefix: "aisle-import-" });
  try {
    await Deno.writeTextFile(`${folder}/text.db`, "hello, this is no database ".repeat(100));
    await assert.rejects(openForeignFile(`${folder}/text.db`), { code: "data-invalid" });
    await assert.rejects(openForeignFile(`${folder}/none.db`), { code: "usage" });
    await Deno.writeFile(`${folder}/empty.db`, new Uint8Array());
    await using file = await openForeignFile(`${folder}/empty.db`);
    assert.throws(
      () => new MlflowFile(file),
      (e) => e instanceof AppError && /lacks the tables/.test(e.message),
    );
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
