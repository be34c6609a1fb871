/**
 * A hub whose database is a libSQL server: trained, served, corrected, killed, started again.
 */
import assert from "node:assert/strict";
import type { FeedbackAnswer, Prediction } from "@aisle/shared/contract";
import { NO_SERVER, startServer } from "../../hub/db/testing/libsql_server.ts";
import {
  hubJson,
  post,
  runJson,
  runTask,
  scratch,
  startEdge,
  startHub,
  until,
} from "./processes.ts";
import { syntheticProducts, writeChallenge } from "./synthetic_catalogue.ts";

interface Job {
  readonly id: string;
  readonly state: string;
  readonly error: { readonly message: string } | null;
}

Deno.test({
  name: `a hub over a libSQL server learns, serves and survives kill -9${NO_SERVER}`,
  ignore: NO_SERVER !== "",
  fn: async () => {
    await using server = await startServer();
    await using folder = await scratch();
    const dataDir = `${folder.path}/data`, env = { HUB_DATABASE_URL: server.url };
    await writeChallenge(folder.path, syntheticProducts(300, 4));
    const { x, y } = { x: `${folder.path}/x.csv`, y: `${folder.path}/y.csv` };
    const first = await startHub(dataDir, env);
    assert.match(first.output(), /Admin token +\S+/);
    const made = await runJson<{ bundle: string }>(
      dataDir,
      ["pipeline", "--x", x, "--y", y, "--name", "shop"],
      env,
    );
    const edge = await startEdge(dataDir, "shop");
    try {
      const asked = await post<Prediction>(`${edge.url}/v1/predict`, {
        designation: syntheticProducts(300, 4)[0]!.designation,
      });
      assert.deepEqual([asked.status, asked.body.digest], [200, made.bundle]);
      const told = await post<FeedbackAnswer>(`${edge.url}/v1/feedback`, {
        requestId: asked.body.requestId,
        code: asked.body.code,
      });
      assert.deepEqual([told.status, told.body.stored], [201, true]);
    } finally {
      await edge[Symbol.asyncDispose]();
    }
    await first.kill9();

    await using second = await startHub(dataDir, env);
    assert.doesNotMatch(second.output(), /Admin token/);
    const { items } = await hubJson<{ items: { digest: string }[] }>(
      dataDir,
      "GET",
      "/api/v1/models?catalogue=shop",
    );
    assert.deepEqual(items.map(({ digest }) => digest), [made.bundle]);
    const feedback = await hubJson<{ items: unknown[] }>(
      dataDir,
      "GET",
      "/api/v1/catalogues/shop/feedback",
    );
    assert.equal(feedback.items.length, 1);
    const gc = await hubJson<Job>(dataDir, "POST", "/api/v1/maintenance/gc", {});
    await until("the garbage collection", async () => {
      const job = await hubJson<Job>(dataDir, "GET", `/api/v1/jobs/${gc.id}`);
      assert.notEqual(job.state, "failed", job.error?.message ?? "");
      return job.state === "succeeded";
    });
    const backup = await runTask(dataDir, ["backup", "--to", `${folder.path}/backup`], env);
    assert.equal(backup.code, 2, backup.stderr);
    assert.match(backup.stderr, /libSQL server/);
    // Nothing of the database lies in the data folder.
    const names = (await Array.fromAsync(Deno.readDir(dataDir))).map(({ name }) => name);
    assert.deepEqual(names.filter((name) => name.endsWith(".db")), []);
  },
});
