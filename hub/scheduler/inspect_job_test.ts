import assert from "node:assert/strict";
import { openDatabase } from "../db/database.ts";
import { parseParams } from "../params.ts";
import { noLog } from "../log.ts";
import { createRegistry } from "../registry/create_registry.ts";
import type { MonitorReport } from "../registry/monitoring.ts";
import type { Registry } from "../registry/registry.ts";
import { addBundles, digestOf, fakeSign } from "../registry/registry_suite.ts";
import { type Inspected, runInspection } from "./inspect_job.ts";
import { JobRunner } from "./job_runner.ts";

const params = parseParams(await Deno.readTextFile(new URL("../../params.yaml", import.meta.url)));
const [CHAMPION, OTHER] = [digestOf("a"), digestOf("b")];
const MINUTE = 60_000;

interface Setup {
  readonly registry: Registry;
  readonly clock: { nowMs: number };
  /** Runs an inspection, and what it starts, to the end. */
  readonly inspect: () => Promise<Inspected>;
  /** Stores a report of monitoring as of now. */
  readonly report: (digest: string, severity: MonitorReport["drift"]["severity"]) => Promise<void>;
}

/** A catalogue with a champion and one new row of feedback. */
async function withCatalogue(work: (setup: Setup) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir();
  const database = await openDatabase({ url: `file:${folder}/test.db` });
  try {
    const clock = { nowMs: Date.parse("2026-01-10T00:00:00Z") };
    const registry = createRegistry(database, {
      now: () => clock.nowMs,
      newId: () => crypto.randomUUID(),
    });
    await registry.labels.ensure("shop", [{ code: "10", name: "Ten" }]);
    await addBundles(registry, "shop", [CHAMPION, OTHER]);
    const change = { catalogue: "shop", by: "ann", why: "test", sign: fakeSign };
    await registry.aliases.promote({ ...change, digest: CHAMPION, expectedRevision: 0 });
    await registry.feedback.store({
      idempotencyKey: "one",
      edgeId: "edge",
      catalogue: "shop",
      requestId: null,
      product: { designation: "Pear", description: "", productid: "", imageid: "" },
      code: "10",
      predicted: null,
      source: "test",
      at: new Date(clock.nowMs).toISOString(),
    });
    await using jobs = new JobRunner({
      registry,
      log: noLog,
      takesQueue: true,
      alone: true,
      random: () => 0,
      handlers: {
        inspect: (call) => runInspection(params, call, clock.nowMs),
        retrain: () => Promise.resolve(null),
      },
    });
    await work({
      registry,
      clock,
      async inspect() {
        const { id } = await jobs.start({
          catalogue: "shop",
          kind: "inspect",
          input: {},
          by: "ann",
        });
        await jobs.idle();
        return (await registry.jobs.get(id))!.result as Inspected;
      },
      report: (digest, severity) =>
        registry.monitoring.store({
          catalogue: "shop",
          at: new Date(clock.nowMs).toISOString(),
          digest,
          windowHours: 24,
          traffic: {
            requests: 0,
            predictions: 0,
            errors: 0,
            reviewShare: null,
            latencyP50Ms: null,
            latencyP95Ms: null,
            latencyP99Ms: null,
          },
          accuracy: null,
          estimatedAccuracy: null,
          drift: { severity, findings: [], why: null },
          recallDrops: [],
        }),
    });
  } finally {
    await database.close();
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("drift that lasts starts a retrain, then none within the cool-down, and no more than a day's budget", async () => {
  await withCatalogue(async ({ registry, clock, inspect, report }) => {
    const retrains = async () =>
      (await registry.jobs.list({ kind: "retrain", limit: 100 })).items.length;
    await report(CHAMPION, "critical");
    const first = await inspect();
    assert.equal(first.decision, "retrain");
    assert.deepEqual(first.triggers.map((t) => `${t.trigger} ${t.fired}`), [
      "rows false",
      "accuracy false",
      "drift true",
    ]);
    const retrain = (await registry.jobs.get(first.retrainJob!))!;
    assert.match(retrain.by, /^inspection /);
    assert.equal(retrain.retry?.attempts, params.jobs.attempts);
    const second = await inspect();
    assert.match(second.heldBack!, /cool-down takes 30 min/);
    for (let hour = 1; hour < 24; hour++) {
      clock.nowMs += 60 * MINUTE - 1;
      await report(CHAMPION, "critical");
      await inspect();
    }
    assert.equal(await retrains(), params.inspection.retrainsPerDay);
    assert.match((await inspect()).heldBack!, /8 retrains started by themselves in a day, 8 may/);
  });
});

Deno.test("a report about another champion, or an old one, is no reason", async () => {
  await withCatalogue(async ({ clock, inspect, report }) => {
    await report(OTHER, "critical");
    assert.match((await inspect()).reasons.join("; "), /drift is not known/);
    await report(CHAMPION, "critical");
    clock.nowMs += 61 * MINUTE;
    assert.equal((await inspect()).decision, "nothing");
  });
});
