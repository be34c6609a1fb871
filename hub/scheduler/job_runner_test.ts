import assert from "node:assert/strict";
import { AppError } from "@aisle/shared/errors";
import { openDatabase } from "../db/database.ts";
import { noLog } from "../log.ts";
import { createRegistry } from "../registry/create_registry.ts";
import type { JobEvent } from "../registry/jobs.ts";
import type { Registry } from "../registry/registry.ts";
import { type JobHandler, JobRunner } from "./job_runner.ts";

/** A runner with `handlers` over a database that is gone afterwards. */
async function withRunner(
  handlers: Record<string, JobHandler>,
  work: (parts: { registry: Registry; jobs: JobRunner }) => Promise<void>,
  options: { takesQueue: boolean } = { takesQueue: true },
): Promise<void> {
  const folder = await Deno.makeTempDir();
  const database = await openDatabase({ url: `file:${folder}/test.db` });
  try {
    const registry = createRegistry(database, { now: Date.now, newId: () => crypto.randomUUID() });
    await registry.catalogues.ensure("shop");
    await using jobs = new JobRunner({ registry, handlers, log: noLog, ...options });
    await work({ registry, jobs });
  } finally {
    await database.close();
    await Deno.remove(folder, { recursive: true });
  }
}

const order = (kind: string) => ({ kind, catalogue: "shop", input: { n: 1 }, by: "test" });

/** Resolves when the job has told that it ended. */
function ended(jobs: JobRunner, id: string): Promise<JobEvent[]> {
  const seen: JobEvent[] = [];
  return new Promise((resolve) => {
    const stop = jobs.subscribe(id, (event) => {
      seen.push(event);
      if (event.type !== "state" || event["state"] === "running") return;
      stop();
      resolve(seen);
    });
  });
}

Deno.test("a job's result, log and events are kept and told", async () => {
  await withRunner({
    work: ({ job, emit }) => {
      emit({ type: "log", message: "halfway" });
      emit({ type: "progress", done: 1, total: 2, what: "rows" });
      return Promise.resolve({ got: job.input });
    },
  }, async ({ registry, jobs }) => {
    const job = await jobs.start(order("work"));
    await jobs.idle();
    const done = await registry.jobs.get(job.id);
    assert.deepEqual([done?.state, done?.result], ["succeeded", { got: { n: 1 } }]);
    const types = (await registry.jobs.logs(job.id)).map((line) => line.type);
    assert.ok(types.includes("log"));
    assert.ok(!types.includes("progress"), "progress is for those who watch");
  });
});

Deno.test("a job that throws fails with the code and message, and the next one runs", async () => {
  await withRunner({
    bad: () => Promise.reject(new AppError("data-invalid", "one class only")),
    good: () => Promise.resolve("fine"),
  }, async ({ registry, jobs }) => {
    const bad = await jobs.start(order("bad"));
    const good = await jobs.start(order("good"));
    await jobs.idle();
    assert.deepEqual((await registry.jobs.get(bad.id))?.error, {
      code: "data-invalid",
      message: "one class only",
    });
    assert.equal((await registry.jobs.get(good.id))?.result, "fine");
  });
});

Deno.test("cancel() reaches the handler's signal and the job ends cancelled", async () => {
  await withRunner({
    wait: ({ signal }) =>
      new Promise((_, reject) =>
        signal.addEventListener("abort", () => reject(new AppError("cancelled", "stopped")))
      ),
  }, async ({ registry, jobs }) => {
    const job = await jobs.start(order("wait"));
    const end = ended(jobs, job.id);
    while ((await registry.jobs.get(job.id))?.state !== "running");
    await jobs.cancel(job.id);
    assert.equal((await end).at(-1)?.["state"], "cancelled");
    assert.equal((await registry.jobs.get(job.id))?.state, "cancelled");
  });
});

Deno.test("without the queue a runner leaves the jobs of others alone", async () => {
  await withRunner({ work: () => Promise.resolve(null) }, async ({ registry, jobs }) => {
    const foreign = await registry.jobs.enqueue(order("work"));
    const own = await jobs.start({ ...order("work") });
    await jobs.idle();
    assert.equal((await registry.jobs.get(foreign.id))?.state, "queued");
    assert.equal((await registry.jobs.get(own.id))?.state, "succeeded");
  }, { takesQueue: false });
});

Deno.test("recover() runs what a dead hub left running", async () => {
  let runs = 0;
  await withRunner({ work: () => Promise.resolve(++runs) }, async ({ registry, jobs }) => {
    const { id } = await registry.jobs.enqueue(order("work"));
    await registry.jobs.claim();
    await jobs.recover();
    await jobs.idle();
    const job = await registry.jobs.get(id);
    assert.deepEqual([job?.state, job?.attempt, runs], ["succeeded", 2, 1]);
  });
});

Deno.test("start() refuses a kind that nobody handles", async () => {
  await withRunner({}, async ({ jobs }) => {
    await assert.rejects(jobs.start(order("dance")), { code: "input-invalid" });
  });
});
