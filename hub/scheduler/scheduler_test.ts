import assert from "node:assert/strict";
import { openDatabase } from "../db/database.ts";
import { noLog } from "../log.ts";
import { parseParams } from "../params.ts";
import { createRegistry } from "../registry/create_registry.ts";
import type { Registry } from "../registry/registry.ts";
import { Scheduler } from "./scheduler.ts";

const params = parseParams(await Deno.readTextFile(new URL("../../params.yaml", import.meta.url)));
const MINUTE = 60_000;

interface Setup {
  readonly registry: Registry;
  readonly clock: { nowMs: number };
  /** A scheduler as a hub that starts now has it. */
  readonly open: () => Scheduler;
  readonly jobs: () => Promise<string[]>;
}

/** A clock, a registry with the catalogue `shop`, and no standing schedule but those of the params. */
async function withClock(work: (setup: Setup) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir();
  const database = await openDatabase({ url: `file:${folder}/test.db` });
  try {
    const clock = { nowMs: Date.parse("2026-03-28T22:30:00Z") };
    let ids = 0;
    const now = () => clock.nowMs;
    const registry = createRegistry(database, { now, newId: () => `job-${++ids}` });
    await registry.catalogues.ensure("shop");
    await work({
      registry,
      clock,
      open: () => new Scheduler({ registry, jobs: { wake() {} }, params, log: noLog, now }),
      jobs: async () =>
        (await registry.jobs.list()).items.map((job) => `${job.kind} ${job.createdAt}`)
          .toReversed(),
    });
  } finally {
    await database.close();
    await Deno.remove(folder, { recursive: true });
  }
}

const NIGHTLY = {
  id: "nightly",
  catalogue: "shop",
  kind: "pipeline",
  cron: "30 2 * * *",
  timeZone: "Europe/Paris",
  enabled: true,
  input: {},
  by: "ann",
} as const;

/** Switches the schedules of the params off, so that only the test's own run. */
async function quiet({ registry, open }: Setup): Promise<void> {
  await open().tick();
  for (const { id } of await registry.schedules.list()) {
    await registry.schedules.setEnabled(id, false);
  }
}

/** Ends the jobs that wait. */
async function work(registry: Registry, state: "succeeded" | "failed" = "succeeded") {
  for (let job; (job = await registry.jobs.claim()) !== null;) {
    await registry.jobs.finish(job, { state });
  }
}

Deno.test("every catalogue is inspected by the clock; simulation is there and switched off; people may set both otherwise", async () => {
  await withClock(async ({ registry, clock, open, jobs }) => {
    const scheduler = open();
    await scheduler.tick();
    const schedules = await registry.schedules.list({ catalogue: "shop" });
    const [inspect, review, simulate] = schedules;
    await registry.schedules.setEnabled(review!.id, false);
    assert.deepEqual(
      [inspect?.id, inspect?.cron, inspect?.enabled, inspect?.nextRunAt],
      ["inspect-shop", "*/5 * * * *", true, "2026-03-28T22:35:00.000Z"],
    );
    assert.deepEqual(
      [simulate?.id, simulate?.cron, simulate?.enabled],
      ["simulate-shop", "*/2 * * * *", false],
    );
    const own = await registry.schedules.list({ catalogue: "" });
    assert.deepEqual(own.map(({ id, enabled }) => [id, enabled]), [["gc", true]]);
    await registry.schedules.upsert({ ...inspect!, cron: "0 * * * *", by: "ann" });
    clock.nowMs += 30 * MINUTE;
    await scheduler.tick();
    const set = await registry.schedules.get("inspect-shop");
    assert.deepEqual([set?.cron, set?.nextRunAt], ["0 * * * *", "2026-03-29T00:00:00.000Z"]);
    assert.deepEqual(await jobs(), []);
    clock.nowMs = Date.parse("2026-03-29T00:00:00.500Z");
    await scheduler.tick();
    await scheduler.tick();
    assert.deepEqual(await jobs(), ["inspect 2026-03-29T00:00:00.500Z"]);
  });
});

Deno.test("a nightly run of a time that does not exist on that day comes once, after the gap", async () => {
  await withClock(async (setup) => {
    const { registry, clock, open, jobs } = setup;
    await quiet(setup);
    await registry.schedules.upsert(NIGHTLY);
    const scheduler = open();
    // From before midnight on 28 March to the evening of the 30th, a look every ten minutes.
    for (; clock.nowMs < Date.parse("2026-03-30T18:00:00Z"); clock.nowMs += 10 * MINUTE) {
      await scheduler.tick();
      await work(registry);
    }
    assert.deepEqual(await jobs(), [
      "pipeline 2026-03-29T01:00:00.000Z",
      "pipeline 2026-03-30T00:30:00.000Z",
    ]);
  });
});

Deno.test("runs missed while the hub was down are left out, or made up for by one", async () => {
  for (const missedPolicy of ["skip", "once"] as const) {
    await withClock(async (setup) => {
      const { registry, clock, open, jobs } = setup;
      await quiet(setup);
      await registry.schedules.upsert({ ...NIGHTLY, cron: "0 * * * *", missedPolicy });
      await open().tick();
      clock.nowMs = Date.parse("2026-03-29T04:20:00Z");
      await open().tick();
      await open().tick();
      const schedule = (await registry.schedules.get("nightly"))!;
      assert.equal(schedule.nextRunAt, "2026-03-29T05:00:00.000Z");
      assert.deepEqual(
        await jobs(),
        missedPolicy === "skip" ? [] : ["pipeline 2026-03-29T04:20:00.000Z"],
      );
      if (missedPolicy === "skip") assert.match(schedule.note!, /6 runs were missed/);
    });
  }
});

Deno.test("an alert tells of a run that was expected and did not happen, and ends with the next success", async () => {
  await withClock(async (setup) => {
    const { registry, clock, open } = setup;
    await quiet(setup);
    await registry.schedules.upsert({ ...NIGHTLY, cron: "0 * * * *", expectedByMs: 20 * MINUTE });
    const scheduler = open();
    const alerts = async () =>
      (await registry.alerts.list({ state: "unresolved" })).items.map((a) => `${a.kind} ${a.key}`);
    const until = async (text: string) => {
      for (; clock.nowMs < Date.parse(text); clock.nowMs += MINUTE) await scheduler.tick();
    };
    await until("2026-03-28T23:20:00Z");
    assert.deepEqual(await alerts(), [], "there is time left");
    await until("2026-03-28T23:22:00Z");
    assert.deepEqual(await alerts(), ["job-missed schedule nightly"]);
    await work(registry, "failed");
    await until("2026-03-29T00:05:00Z");
    assert.deepEqual(await alerts(), ["job-missed schedule nightly"], "a failure settles nothing");
    await work(registry);
    await until("2026-03-29T00:06:00Z");
    assert.deepEqual(await alerts(), []);
    // A hub that was down all the time notices, too.
    clock.nowMs = Date.parse("2026-03-29T09:30:00Z");
    await open().tick();
    assert.deepEqual(await alerts(), ["job-missed schedule nightly"]);
    assert.match((await registry.alerts.list()).items[0]!.message, /due at 2026-03-29T01:00/);
  });
});

Deno.test("a paused schedule owes nothing, and resumes with the next instant", async () => {
  await withClock(async (setup) => {
    const { registry, clock, open, jobs } = setup;
    await quiet(setup);
    await registry.schedules.upsert({
      ...NIGHTLY,
      cron: "0 * * * *",
      missedPolicy: "once",
      expectedByMs: 1,
    });
    const scheduler = open();
    await scheduler.tick();
    await registry.schedules.setEnabled("nightly", false);
    clock.nowMs += 5 * 60 * MINUTE;
    await scheduler.tick();
    await registry.schedules.setEnabled("nightly", true);
    await scheduler.tick();
    assert.deepEqual(await jobs(), []);
    assert.equal((await registry.schedules.get("nightly"))?.nextRunAt, "2026-03-29T04:00:00.000Z");
    assert.deepEqual((await registry.alerts.list()).items, []);
  });
});

Deno.test("two hubs on one database start one job for an instant", async () => {
  await withClock(async (setup) => {
    const { registry, clock, open, jobs } = setup;
    await quiet(setup);
    await registry.schedules.upsert({ ...NIGHTLY, cron: "0 * * * *" });
    const [a, b] = [open(), open()];
    await a.tick();
    clock.nowMs = Date.parse("2026-03-28T23:00:00.100Z");
    await Promise.all([a.tick(), b.tick()]);
    assert.equal((await jobs()).length, 1);
  });
});

Deno.test("the clock ticks by itself once it is started", async () => {
  await withClock(async (setup) => {
    const { registry, clock, open, jobs } = setup;
    await quiet(setup);
    await registry.schedules.upsert({ ...NIGHTLY, cron: "* * * * *" });
    using scheduler = open();
    await scheduler.start();
    clock.nowMs += MINUTE;
    const endMs = Date.now() + 10_000;
    while ((await jobs()).length === 0) {
      assert.ok(Date.now() < endMs, "the schedule never fired");
      await new Promise((done) => setTimeout(done, 50));
    }
  });
});
