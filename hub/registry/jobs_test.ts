import assert from "node:assert/strict";
import { type SQL, sql } from "drizzle-orm";
import fc from "fast-check";
import { AppError } from "@aisle/shared/errors";
import { type Job, LEASE_MS } from "./jobs.ts";
import type { Registry } from "./registry.ts";
import { registryTest } from "./registry_suite.ts";

const conflict = (error: unknown) => error instanceof AppError && error.code === "conflict";

function enqueue(registry: Registry, catalogue = "shop", maxAttempts?: number): Promise<Job> {
  return registry.jobs.enqueue({
    catalogue,
    kind: "train",
    input: { n: 1 },
    by: "ann",
    maxAttempts,
  });
}

registryTest(
  "claim() takes the oldest job of a catalogue with none running",
  async ({ registry }) => {
    const first = await enqueue(registry), second = await enqueue(registry);
    const other = await enqueue(registry, "garden");
    assert.equal((await registry.jobs.claim())?.id, first.id);
    assert.equal(await registry.jobs.claim({ id: second.id }), null, "one a catalogue");
    assert.equal((await registry.jobs.claim())?.id, other.id, "another catalogue may run beside");
    assert.equal(await registry.jobs.claim(), null);
    await registry.jobs.finish({ id: first.id, attempt: 1 }, {
      state: "succeeded",
      result: { f1: 1 },
    });
    const next = await registry.jobs.claim();
    assert.deepEqual([next?.id, next?.state, next?.attempt], [second.id, "running", 1]);
    const done = await registry.jobs.get(first.id);
    assert.deepEqual([done?.state, done?.result], ["succeeded", { f1: 1 }]);
  },
);

registryTest("claims at once give a job to one worker only", async ({ registry }) => {
  await enqueue(registry);
  const claims = await Promise.all(Array.from({ length: 5 }, () => registry.jobs.claim()));
  assert.equal(claims.filter((job) => job !== null).length, 1);
});

registryTest("a worker whose job was recovered meanwhile is fenced off", async ({ registry }) => {
  await enqueue(registry);
  const old = (await registry.jobs.claim())!;
  const { requeued } = await registry.jobs.recover();
  assert.deepEqual(requeued.map((job) => [job.id, job.state]), [[old.id, "queued"]]);
  const young = (await registry.jobs.claim())!;
  assert.equal(young.attempt, 2);
  await assert.rejects(registry.jobs.heartbeat(old), conflict);
  await assert.rejects(registry.jobs.log(old, [{ type: "log", message: "late" }]), conflict);
  await assert.rejects(registry.jobs.finish(old, { state: "succeeded" }), conflict);
  assert.deepEqual(await registry.jobs.heartbeat(young), { cancelRequested: false });
  assert.equal((await registry.jobs.finish(young, { state: "succeeded" })).state, "succeeded");
  await assert.rejects(registry.jobs.finish(young, { state: "failed" }), conflict);
});

registryTest(
  "recover() gives up a job whose attempts are spent and cancels one that was to stop",
  async ({ registry }) => {
    const spent = await enqueue(registry, "a", 1), stopping = await enqueue(registry, "b");
    await registry.jobs.claim();
    await registry.jobs.claim();
    await registry.jobs.requestCancel(stopping.id);
    const { requeued, lost } = await registry.jobs.recover();
    assert.deepEqual(requeued, []);
    assert.deepEqual(lost.map((job) => job.id), [spent.id]);
    assert.equal((await registry.jobs.get(spent.id))?.state, "lost");
    assert.equal((await registry.jobs.get(stopping.id))?.state, "cancelled");
    assert.deepEqual(await registry.jobs.recover(), { requeued: [], lost: [] });
  },
);

registryTest(
  "requestCancel() ends a queued job, asks a running one and refuses an ended one",
  async ({ registry }) => {
    const queued = await enqueue(registry);
    assert.equal((await registry.jobs.requestCancel(queued.id)).state, "cancelled");
    await assert.rejects(registry.jobs.requestCancel(queued.id), conflict);
    await assert.rejects(registry.jobs.requestCancel("none"), /job none: it does not exist/);
    await enqueue(registry);
    const running = (await registry.jobs.claim())!;
    assert.equal((await registry.jobs.requestCancel(running.id)).state, "running");
    assert.deepEqual(await registry.jobs.heartbeat(running), { cancelRequested: true });
    assert.equal((await registry.jobs.finish(running, { state: "cancelled" })).state, "cancelled");
  },
);

registryTest(
  "log lines are numbered without a hole, and logs() goes on after a number",
  async ({ registry }) => {
    await enqueue(registry);
    const job = (await registry.jobs.claim())!;
    const lines = (n: number) =>
      Array.from({ length: n }, (_, i) => ({ type: "log" as const, message: `"line" ${i}`, n: i }));
    await Promise.all([registry.jobs.log(job, lines(700)), registry.jobs.log(job, lines(700))]);
    const first = await registry.jobs.logs(job.id);
    assert.equal(first.length, 1000);
    const rest = await registry.jobs.logs(job.id, first.at(-1)!.seq);
    assert.deepEqual(
      [...first, ...rest].map((e) => e.seq),
      Array.from({ length: 1400 }, (_, i) => i + 1),
    );
    assert.deepEqual(rest.at(-1), {
      seq: 1400,
      at: "2026-01-01T00:00:00.000Z",
      type: "log",
      message: '"line" 699',
      n: 699,
    });
    const forged = await registry.jobs.log(job, [{
      type: "state",
      state: "running",
      seq: 1,
      at: "x",
    }]);
    assert.deepEqual([forged[0]!.seq, forged[0]!.at], [1401, "2026-01-01T00:00:00.000Z"]);
    assert.deepEqual(await registry.jobs.logs(job.id, 1400), forged);
  },
);

registryTest(
  "list() pages by cursor, and jobs added meanwhile shift nothing",
  async ({ registry }) => {
    const ids: string[] = [];
    for (let i = 0; i < 5; i++) ids.push((await enqueue(registry)).id);
    await enqueue(registry, "garden");
    const first = await registry.jobs.list({ catalogue: "shop", limit: 2 });
    await enqueue(registry);
    const second = await registry.jobs.list({ catalogue: "shop", limit: 2, cursor: first.next! });
    const third = await registry.jobs.list({ catalogue: "shop", limit: 2, cursor: second.next! });
    const seen = [...first.items, ...second.items, ...third.items].map((job) => job.id);
    assert.deepEqual(seen, ids.toReversed());
    assert.equal(third.next, null);
    for (const query of [{ limit: 0 }, { limit: 1001 }, { cursor: "x" }, { cursor: "-1" }]) {
      await assert.rejects(async () => await registry.jobs.list(query), /Cannot list/);
    }
  },
);

registryTest(
  "whatever workers do, a catalogue has at most one running job and an ended job stays ended",
  async ({ registry }) => {
    const step = fc.record({
      verb: fc.constantFrom("enqueue", "claim", "finish", "cancel", "recover"),
      catalogue: fc.constantFrom("a", "b"),
      pick: fc.nat(100),
      attempt: fc.integer({ min: 1, max: 3 }),
    });
    const ended = new Map<string, string>();
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 8 }), async (steps) => {
        for (const { verb, catalogue, pick, attempt } of steps) {
          const known = (await registry.jobs.list({ limit: 1000 })).items;
          const lease = { id: known[pick % Math.max(1, known.length)]?.id ?? "none", attempt };
          const work: Promise<unknown> = verb === "enqueue"
            ? enqueue(registry, catalogue)
            : verb === "claim"
            ? registry.jobs.claim()
            : verb === "finish"
            ? registry.jobs.finish(lease, { state: "failed", error: { code: "x", message: "y" } })
            : verb === "cancel"
            ? registry.jobs.requestCancel(lease.id)
            : registry.jobs.recover();
          await work.catch((error) => assert.ok(error instanceof AppError, String(error)));
          const now = (await registry.jobs.list({ limit: 1000 })).items;
          for (const name of ["a", "b"]) {
            const running = now.filter((job) => job.catalogue === name && job.state === "running");
            assert.ok(running.length <= 1);
          }
          for (const job of now) {
            assert.equal(ended.get(job.id) ?? job.state, job.state);
            if (job.endedAt !== null && job.state !== "lost") ended.set(job.id, job.state);
          }
        }
      }),
      { numRuns: 15 },
    );
  },
);

registryTest(
  "recover() of a hub beside others takes a job only after its worker gave no sign of life for a lease",
  async ({ registry, clock }) => {
    await enqueue(registry);
    const lease = (await registry.jobs.claim())!;
    clock.nowMs += LEASE_MS - 1;
    assert.deepEqual((await registry.jobs.recover({ expiredOnly: true })).requeued, []);
    await registry.jobs.heartbeat(lease);
    clock.nowMs += LEASE_MS - 1;
    assert.deepEqual((await registry.jobs.recover({ expiredOnly: true })).requeued, []);
    clock.nowMs += 1;
    const { requeued } = await registry.jobs.recover({ expiredOnly: true });
    assert.deepEqual(requeued.map((job) => job.id), [lease.id]);
    await assert.rejects(registry.jobs.heartbeat(lease), conflict);
  },
);

registryTest(
  "retry() queues a job again that nobody may claim before its time",
  async ({ registry, clock }) => {
    const { id } = await enqueue(registry);
    const lease = (await registry.jobs.claim())!;
    const error = { code: "internal", message: "broke" };
    const waiting = await registry.jobs.retry(lease, { delayMs: 60_000, error });
    assert.deepEqual([waiting.state, waiting.error], ["queued", error]);
    await assert.rejects(registry.jobs.finish(lease, { state: "succeeded" }), conflict);
    assert.equal(await registry.jobs.claim(), null);
    clock.nowMs += 60_000;
    const again = (await registry.jobs.claim())!;
    assert.deepEqual([again.id, again.attempt, again.notBefore], [id, 2, null]);
  },
);

registryTest("a key queues one job, however often it is asked for", async ({ registry }) => {
  const order = { catalogue: "shop", kind: "train", input: {}, by: "ann", key: "for tonight" };
  const first = await registry.jobs.enqueue(order);
  assert.equal((await registry.jobs.enqueue(order)).id, first.id);
  assert.notEqual((await registry.jobs.enqueue({ ...order, key: "for tomorrow" })).id, first.id);
});

registryTest(
  "a fenced registry writes while the lease holds, and not after",
  async ({ registry }) => {
    await enqueue(registry);
    const lease = (await registry.jobs.claim())!, fenced = registry.fencedBy(lease);
    await fenced.stageCache.put("key", "train", { made: 1 });
    assert.deepEqual((await fenced.stageCache.get("key"))?.output, { made: 1 });
    await registry.jobs.finish(lease, { state: "failed" });
    await assert.rejects(fenced.stageCache.put("key", "train", { made: 2 }), conflict);
    await assert.rejects(
      fenced.jobs.enqueue({ catalogue: "shop", kind: "x", input: 1, by: "x" }),
      conflict,
    );
    assert.deepEqual((await registry.stageCache.get("key"))?.output, { made: 1 });
  },
);

registryTest(
  "stages of jobs and the newest of a rare kind are found by index",
  async ({ database }) => {
    const plan = async (query: SQL) => {
      const rows = await database.read((db) => db.all<unknown[]>(sql`EXPLAIN QUERY PLAN ${query}`));
      return JSON.stringify(rows);
    };
    const stages = await plan(sql`SELECT * FROM job_events
    WHERE job_id IN ('a', 'b') AND type IN ('stage', 'state') ORDER BY job_id, seq`);
    assert.match(stages, /job_events_stage/);
    assert.doesNotMatch(stages, /TEMP B-TREE/);
    const rare = await plan(sql`SELECT * FROM jobs
    WHERE seq < 9 AND catalogue = 'shop' AND kind = 'pipeline' ORDER BY seq DESC LIMIT 15`);
    assert.match(rare, /jobs_kind/);
    assert.doesNotMatch(rare, /TEMP B-TREE/);
  },
);

registryTest(
  "a job that a stopping hub gives back costs no attempt, and its old lease is worth nothing",
  async ({ registry }) => {
    const { id, maxAttempts } = await registry.jobs.enqueue({
      catalogue: "shop",
      kind: "train",
      input: {},
      by: "ann",
    });
    for (let stop = 1; stop <= 3; stop++) {
      const lease = (await registry.jobs.claim({ id }))!;
      const back = await registry.jobs.giveBack(lease);
      assert.deepEqual([back.state, back.attempt, back.maxAttempts], [
        "queued",
        stop,
        maxAttempts + stop,
      ]);
      await assert.rejects(
        registry.jobs.giveBack(lease),
        (error) => error instanceof AppError && error.code === "conflict",
      );
    }
    const last = (await registry.jobs.claim({ id }))!;
    assert.equal((await registry.jobs.finish(last, { state: "succeeded" })).state, "succeeded");
  },
);
