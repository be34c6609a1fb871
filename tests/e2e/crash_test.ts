import assert from "node:assert/strict";
import type { FeedbackAnswer } from "@aisle/shared/contract";
import {
  childrenOf,
  hubJson,
  post,
  runJson,
  type Running,
  scratch,
  startEdge,
  startHub,
  until,
} from "./processes.ts";
import { syntheticProducts, writeChallenge } from "./synthetic_catalogue.ts";

interface Job {
  readonly id: string;
  readonly kind: string;
  readonly state: string;
  readonly attempt: number;
  readonly error: { message: string } | null;
  readonly result: { champion?: string; ran?: string[] };
}
interface Logged {
  readonly items: readonly { type: string; stage?: string; state?: string; message?: string }[];
}

const ROWS = 12_000, CLASSES = 20;

/** A hub with a champion, and a larger data set whose training can be broken off. */
async function prepared(path: string) {
  const dataDir = `${path}/data`;
  await writeChallenge(`${path}/small`, syntheticProducts(300, 4));
  await writeChallenge(`${path}/large`, syntheticProducts(ROWS, CLASSES, 2));
  const files = (
    name: string,
  ) => ["--x", `${path}/${name}/x.csv`, "--y", `${path}/${name}/y.csv`, "--name", "shop"];
  await runJson(dataDir, ["pipeline", ...files("small")]);
  await runJson(dataDir, ["ingest", ...files("large")]);
  return dataDir;
}

/** Starts a pipeline on the hub and waits until it trains. */
async function trainingJob(dataDir: string): Promise<Job> {
  const job = await hubJson<Job>(dataDir, "POST", "/api/v1/catalogues/shop/pipeline", {});
  await until("the training", async () => {
    const { items } = await hubJson<Logged>(dataDir, "GET", `/api/v1/jobs/${job.id}/log`);
    const now = await hubJson<Job>(dataDir, "GET", `/api/v1/jobs/${job.id}`);
    assert.notEqual(now.state, "failed", now.error?.message ?? "");
    assert.notEqual(now.state, "succeeded", "the training was over before it could be broken off");
    return items.some((e) => e.type === "stage" && e.stage === "train" && e.state === "running");
  });
  return job;
}

async function ended(dataDir: string, id: string): Promise<Job> {
  let job!: Job;
  await until("the job's end", async () => {
    job = await hubJson<Job>(dataDir, "GET", `/api/v1/jobs/${id}`);
    return !["queued", "running", "lost"].includes(job.state);
  }, 120_000);
  return job;
}

Deno.test("kill -9 of hub, trainer and edge loses nothing that was acknowledged, and the loop goes on", async (t) => {
  await using folder = await scratch();
  const dataDir = await prepared(folder.path);
  let hub: Running = await startHub(dataDir);
  try {
    await t.step("a killed trainer is started again and its job succeeds", async () => {
      const job = await trainingJob(dataDir);
      const [trainer] = await childrenOf(hub.pid);
      assert.ok(trainer !== undefined, "no stage process runs");
      Deno.kill(trainer, "SIGKILL");
      const { state, error } = await ended(dataDir, job.id);
      assert.equal(state, "succeeded", error?.message ?? "");
      const { items } = await hubJson<Logged>(dataDir, "GET", `/api/v1/jobs/${job.id}/log`);
      assert.ok(items.some((e) => e.type === "log" && /died \(SIGKILL\)/.test(e.message ?? "")));
    });

    const keys: string[] = [];
    await t.step(
      "feedback that the hub acknowledged is there after kill -9 of edge and hub",
      async () => {
        const edge = await startEdge(dataDir, "shop");
        for (const [i, { code, ...product }] of syntheticProducts(20, 4, 9).entries()) {
          const idempotencyKey = `crash-${i}`;
          const { status, body } = await post<FeedbackAnswer>(`${edge.url}/v1/feedback`, {
            product,
            code,
            idempotencyKey,
          });
          if (status === 201 && body.stored) keys.push(idempotencyKey);
        }
        assert.equal(keys.length, 20);
        await edge.kill9();
        await hub.kill9();
        hub = await startHub(dataDir);
        const { items } = await hubJson<{ items: { idempotencyKey: string }[] }>(
          dataDir,
          "GET",
          "/api/v1/catalogues/shop/feedback?limit=100",
        );
        assert.deepEqual(items.map((f) => f.idempotencyKey).sort(), [...keys].sort());
      },
    );

    await t.step(
      "a job that a killed hub left running runs again after the next start",
      async () => {
        await hubJson(dataDir, "POST", "/api/v1/catalogues/shop/pipeline", {});
        const job = await hubJson<Job>(dataDir, "POST", "/api/v1/catalogues/shop/retrain", {
          force: ["train"],
        });
        await until("the retrain to train", async () => {
          const { items } = await hubJson<Logged>(dataDir, "GET", `/api/v1/jobs/${job.id}/log`);
          return items.some((e) =>
            e.type === "stage" && e.stage === "train" && e.state === "running"
          );
        });
        await hub.kill9();
        hub = await startHub(dataDir);
        const { state, attempt, error } = await ended(dataDir, job.id);
        assert.equal(state, "succeeded", error?.message ?? "");
        assert.equal(attempt, 2);
      },
    );

    await t.step("an edge serves from its cache while the hub is gone", async () => {
      const env = { EDGE_CACHE: "keep", EDGE_ID: `crash-${crypto.randomUUID().slice(0, 8)}` };
      const first = await startEdge(dataDir, "shop", env);
      // It serves first and keeps then; the log tells when it has.
      await until(
        "the edge to keep its bundle",
        () => Promise.resolve(first.output().includes("model swapped")),
      );
      await first.kill9();
      await hub.kill9();
      await using edge = await startEdge(dataDir, "shop", env);
      const { code: _code, ...product } = syntheticProducts(1, 4, 9)[0]!;
      assert.equal((await post(`${edge.url}/v1/predict`, product)).status, 200);
      const answer = await post<FeedbackAnswer>(`${edge.url}/v1/feedback`, {
        product,
        code: "1000",
      });
      assert.deepEqual([answer.status, answer.body.stored], [202, false]);
      hub = await startHub(dataDir);
    });
  } finally {
    await hub[Symbol.asyncDispose]();
  }
});
