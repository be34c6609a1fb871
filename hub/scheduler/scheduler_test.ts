import assert from "node:assert/strict";
import { openDatabase } from "../db/database.ts";
import { noLog } from "../log.ts";
import { parseParams } from "../params.ts";
import { createRegistry } from "../registry/create_registry.ts";
import type { Job } from "../registry/jobs.ts";
import { Scheduler } from "./scheduler.ts";

const params = parseParams(await Deno.readTextFile(new URL("../../params.yaml", import.meta.url)));

Deno.test("every catalogue is inspected by the clock; simulation is there and switched off", async () => {
  const folder = await Deno.makeTempDir();
  const database = await openDatabase({ url: `file:${folder}/test.db` });
  try {
    const registry = createRegistry(database, { now: Date.now, newId: () => crypto.randomUUID() });
    await registry.catalogues.ensure("shop");
    const started: string[] = [];
    const jobs = {
      start: (job: { kind: string; catalogue: string }) => {
        started.push(`${job.kind} ${job.catalogue}`);
        return Promise.resolve({ id: `job-${started.length}` } as Job);
      },
    };
    using scheduler = new Scheduler({ registry, jobs, params, log: noLog });
    await scheduler.start();
    const [inspect, simulate] = await registry.schedules.list();
    assert.deepEqual(
      [inspect?.id, inspect?.cron, inspect?.enabled],
      ["inspect-shop", "*/5 * * * *", true],
    );
    assert.ok(Date.parse(inspect!.nextRunAt!) > Date.now());
    assert.deepEqual(
      [simulate?.id, simulate?.cron, simulate?.enabled],
      ["simulate-shop", "*/2 * * * *", false],
    );

    // A row that changes changes the clock: every second now, instead of every five minutes.
    await registry.schedules.setEnabled("inspect-shop", false);
    await registry.schedules.upsert({
      id: "often",
      catalogue: "shop",
      kind: "inspect",
      cron: "* * * * * *",
      enabled: true,
      input: {},
    });
    await scheduler.reload();
    const endMs = Date.now() + 10_000;
    while ((await registry.schedules.get("often"))?.lastRunAt == null) {
      assert.ok(Date.now() < endMs, "the schedule never fired");
      await new Promise((done) => setTimeout(done, 50));
    }
    assert.ok(started.every((s) => s === "inspect shop"), started.join());
    assert.match((await registry.schedules.get("often"))!.lastJobId!, /^job-\d+$/);
  } finally {
    await database.close();
    await Deno.remove(folder, { recursive: true });
  }
});
