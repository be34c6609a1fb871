import assert from "node:assert/strict";
import { AppError } from "@aisle/shared/errors";
import { openDatabase } from "../db/database.ts";
import { noLog } from "../log.ts";
import { createRegistry } from "../registry/create_registry.ts";
import type { JobEvent } from "../registry/jobs.ts";
import type { Registry } from "../registry/registry.ts";
import { type JobHandler, JobRunner, type JobRunnerDeps } from "./job_runner.ts";

/** A runner with `handlers` over a database that is gone afterwards. */
async function withRunner(
  handlers: Record<string, JobHandler>,
  work: (parts: { registry: Registry; jobs: JobRunner }) => Promise<void>,
  options: Partial<JobRunnerDeps> = {},
): Promise<void> {
  const folder = await Deno.makeTempDir();
  const database = await openDatabase({ url: `file:${folder}/test.db` });
  try {
    const registry = createRegistry(database, { now: Date.now, newId: () => crypto.randomUUID() });
    await registry.catalogues.ensure("shop");
    await using jobs = new JobRunner({
      registry,
      handlers,
      log: noLog,
      takesQueue: true,
      alone: true,
      random: () => 0,
      ...options,
    });
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

const RETRY = { attempts: 3, backoffMs: 20, maxBackoffMs: 1_000, jitter: 0 };

/** Resolves when the job has ended, whatever it told. */
async function settled(registry: Registry, id: string) {
  for (;;) {
    const job = await registry.jobs.get(id);
    if (job!.endedAt !== null) return job!;
    await new Promise((done) => setTimeout(done, 5));
  }
}

Deno.test("a job that fails for a reason that may pass is tried again after its wait, and tells so", async () => {
  const attempts: number[] = [];
  await withRunner({
    flaky: ({ job }) => {
      attempts.push(job.attempt);
      if (job.attempt < 3) throw new AppError("training-failed", "the process died");
      return Promise.resolve("at last");
    },
  }, async ({ registry, jobs }) => {
    const { id } = await jobs.start({ ...order("flaky"), retry: RETRY });
    const done = await settled(registry, id);
    assert.deepEqual([done.state, done.result, attempts], ["succeeded", "at last", [1, 2, 3]]);
    assert.equal(done.error, null);
    const told = (await registry.jobs.logs(id)).map((line) => line["message"]).filter(Boolean);
    assert.match(
      String(told[0]),
      /attempt 1 of 3 failed: the process died; the next one begins in/,
    );
    assert.deepEqual((await registry.alerts.list()).items, [], "nobody is called for what passed");
  });
});

Deno.test("a job that fails for good is not tried again; of one that nobody asked for an alert tells until it succeeds", async () => {
  let data = "bad", runs = 0;
  await withRunner({
    work: () => {
      runs++;
      return data === "bad"
        ? Promise.reject(new AppError("data-invalid", "one class only"))
        : Promise.resolve(null);
    },
  }, async ({ registry, jobs }) => {
    const automatic = { ...order("work"), retry: RETRY, by: "inspection job-1" };
    const { id } = await jobs.start(automatic);
    assert.equal((await settled(registry, id)).state, "failed");
    assert.equal(runs, 1);
    await jobs.idle();
    const [alert] = (await registry.alerts.list({ state: "unresolved" })).items;
    assert.deepEqual([alert?.kind, alert?.key], ["job-failed", "job work"]);
    assert.match(alert!.message, /one class only/);
    data = "good";
    await settled(registry, (await jobs.start(automatic)).id);
    await jobs.idle();
    assert.deepEqual((await registry.alerts.list({ state: "unresolved" })).items, []);
  });
});

Deno.test("an attempt that takes too long is ended, also one that does not listen, and the queue goes on", async () => {
  const { promise: never, resolve: end } = Promise.withResolvers<unknown>();
  let late: Promise<unknown> = Promise.resolve();
  await withRunner({
    deaf: async ({ registry, job }) => {
      await never;
      late = registry.runs.create({ catalogue: "shop", kind: "deaf", jobId: job.id, params: {} });
      return await late;
    },
    next: () => Promise.resolve("fine"),
  }, async ({ registry, jobs }) => {
    const deaf = await jobs.start({ ...order("deaf"), timeoutMs: 10 });
    const next = await jobs.start(order("next"));
    await jobs.idle();
    const ended = await registry.jobs.get(deaf.id);
    assert.deepEqual([ended?.state, ended?.error?.code], ["failed", "timed-out"]);
    assert.equal((await registry.jobs.get(next.id))?.result, "fine");
    end(null);
    await never;
    await assert.rejects(late, { code: "conflict" });
    assert.deepEqual((await registry.runs.list()).items, [], "what it does afterwards is not kept");
  }, { stopGraceMs: 10 });
});

Deno.test("a worker that lost its lease can neither log nor store nor start nor finish, and the job runs once more", async () => {
  const entered = Promise.withResolvers<void>(), go = Promise.withResolvers<void>();
  const refused: string[] = [];
  await withRunner({
    work: async ({ job, registry, start }) => {
      if (job.attempt === 2) return "the second worker's";
      entered.resolve();
      await go.promise;
      for (
        const effect of [
          () => registry.stageCache.put("key", "train", {}),
          () => registry.runs.create({ catalogue: "shop", kind: "work", params: {} }),
          () => registry.jobs.log(job, [{ type: "log", message: "late" }]),
          () => start(order("work")),
        ]
      ) await effect().catch((error) => refused.push(error.code));
      return "the first worker's";
    },
  }, async ({ registry, jobs }) => {
    const { id } = await jobs.start(order("work"));
    await entered.promise;
    // As another hub does that takes this one for dead.
    await registry.jobs.recover();
    go.resolve();
    await jobs.idle();
    const done = await settled(registry, id);
    assert.deepEqual([done.state, done.attempt, done.result], [
      "succeeded",
      2,
      "the second worker's",
    ]);
    assert.deepEqual(refused, ["conflict", "conflict", "conflict", "conflict"]);
    assert.equal((await registry.jobs.list()).items.length, 1);
  });
});

Deno.test("a hub beside another leaves its jobs alone as long as it gives signs of life", async () => {
  await withRunner({ work: () => Promise.resolve(1) }, async ({ registry, jobs }) => {
    const { id } = await registry.jobs.enqueue(order("work"));
    const lease = (await registry.jobs.claim())!;
    await jobs.recover();
    await jobs.idle();
    assert.equal((await registry.jobs.get(id))?.attempt, 1);
    assert.deepEqual(await registry.jobs.heartbeat(lease), { cancelRequested: false });
  }, { alone: false });
});

Deno.test("a long training keeps no other catalogue from being inspected, and none of its kind runs beside it", async () => {
  const release = Promise.withResolvers<void>(), begun: string[] = [];
  await withRunner({
    train: async ({ job }) => {
      begun.push(`train ${job.catalogue}`);
      await release.promise;
    },
    inspect: ({ job }) => {
      begun.push(`inspect ${job.catalogue}`);
      return Promise.resolve(null);
    },
  }, async ({ registry, jobs }) => {
    for (const name of ["books", "toys"]) await registry.catalogues.ensure(name);
    await jobs.start(order("train"));
    const other = await jobs.start({ ...order("train"), catalogue: "books" });
    const same = await jobs.start(order("inspect"));
    const beside = await jobs.start({ ...order("inspect"), catalogue: "toys" });
    await settled(registry, beside.id);
    assert.deepEqual(begun.toSorted(), ["inspect toys", "train shop"]);
    for (const { id } of [other, same]) {
      assert.equal((await registry.jobs.get(id))?.state, "queued");
    }
    release.resolve();
    await jobs.idle();
    assert.deepEqual(begun.toSorted(), [
      "inspect shop",
      "inspect toys",
      "train books",
      "train shop",
    ]);
  });
});
