/**
 * A hub's queue and clock working off a few jobs, in a process that can be told to kill itself at any write.
 *
 * Writes have names: the registry's method that makes them, and how often it has. The process dies by SIGKILL right
 * before the commit of the write that it is told, or right after it. It prints what it does, a word a line.
 *
 * @module
 */
import { AsyncLocalStorage } from "node:async_hooks";
import { AppError } from "@aisle/shared/errors";
import { type Database, openDatabase } from "../../hub/db/database.ts";
import { noLog } from "../../hub/log.ts";
import { parseParams } from "../../hub/params.ts";
import { createRegistry } from "../../hub/registry/create_registry.ts";
import type { Registry } from "../../hub/registry/registry.ts";
import { addBundles, digestOf, fakeSign } from "../../hub/registry/registry_suite.ts";
import { type JobHandler, JobRunner } from "../../hub/scheduler/job_runner.ts";
import { Scheduler } from "../../hub/scheduler/scheduler.ts";

const BUNDLE = digestOf("a");
/** The instant at which the nightly run is due. */
const DUE = Date.parse("2026-03-29T01:00:00Z");
const RETRY = { attempts: 9, backoffMs: 1, maxBackoffMs: 1, jitter: 0 };

function say(line: string): void {
  const bytes = new TextEncoder().encode(`${line}\n`);
  for (let n = 0; n < bytes.length;) n += Deno.stdout.writeSync(bytes.subarray(n));
}

/** The registry's method that is under way. */
const method = new AsyncLocalStorage<string>();

/** `database`, which ends the process around the write called `point`. */
function deadly(database: Database, point: string, phase: string): Database {
  const times = new Map<string, number>();
  const die = () => Deno.kill(Deno.pid, "SIGKILL");
  return {
    read: (work) => database.read(work),
    async write(work) {
      const name = method.getStore() ?? "setup", count = (times.get(name) ?? 0) + 1;
      times.set(name, count);
      const isPoint = `${name} ${count}` === point;
      if (name !== "setup") say(`write ${name} ${count}`);
      const result = await database.write(async (tx) => {
        const made = await work(tx);
        if (isPoint && phase === "before") die();
        return made;
      });
      if (isPoint && phase === "after") die();
      return result;
    },
    close: () => database.close(),
    [Symbol.asyncDispose]: () => database[Symbol.asyncDispose](),
  };
}

/** The registry with its methods named while they run; of a fenced one, too. */
function named(registry: Registry): Registry {
  return new Proxy(registry, {
    get(target, area: keyof Registry) {
      const value = target[area];
      if (typeof value === "function") {
        return (...args: Parameters<Registry["fencedBy"]>) => named(value(...args));
      }
      return new Proxy(value as object, {
        get: (methods, key) => {
          const found = Reflect.get(methods, key);
          if (typeof found !== "function") return found;
          return (...args: unknown[]) =>
            method.run(`${area}.${String(key)}`, () => found.apply(methods, args));
        },
      });
    },
  });
}

const HANDLERS: Record<string, JobHandler> = {
  inspect: async ({ job, start }) => {
    say("began inspect");
    const key = `inspection ${job.id}`;
    await start({ kind: "retrain", catalogue: "shop", input: {}, by: key, retry: RETRY, key });
  },
  // Two steps that are remembered, a failure that passes, then a promotion: what a retrain does.
  retrain: async ({ job, registry, emit }) => {
    say("began retrain");
    for (const stage of ["features", "train"]) {
      const key = `${job.id} ${stage}`;
      if (await registry.stageCache.get(key) !== null) continue;
      emit({ type: "stage", stage, state: "running" });
      await registry.stageCache.put(key, stage, {});
      emit({ type: "stage", stage, state: "done" });
      if (stage === "features") throw new AppError("training-failed", "the process died");
    }
    const { champion, revision } = await registry.aliases.get("shop");
    if (champion === BUNDLE) return;
    await registry.aliases.promote({
      catalogue: "shop",
      digest: BUNDLE,
      expectedRevision: revision,
      by: "test",
      why: "test",
      sign: fakeSign,
    });
  },
  split: ({ job }) => {
    say("began split");
    return Promise.resolve({ of: job.scheduleId });
  },
  tune: ({ signal }) => {
    say("began tune");
    return new Promise((_, reject) => {
      const stop = () => reject(new AppError("cancelled", "stopped"));
      if (signal.aborted) stop();
      signal.addEventListener("abort", stop);
    });
  },
};

const JOBS = ["inspect", "retrain", "split", "tune"];

if (import.meta.main) {
  const [url = "", point = "", phase = ""] = Deno.args;
  await using opened = await openDatabase({ url });
  const now = () => DUE + performance.now();
  const deps = { now, newId: () => crypto.randomUUID() };
  const setup = createRegistry(opened, deps);
  const registry = named(createRegistry(deadly(opened, point, phase), deps));
  // What was there before the queue began.
  await setup.catalogues.ensure("shop");
  if (await setup.models.get(BUNDLE) === null) await addBundles(setup, "shop", [BUNDLE]);
  if (await setup.schedules.get("nightly") === null) {
    await setup.schedules.upsert({
      id: "nightly",
      catalogue: "shop",
      kind: "split",
      cron: "30 2 * * *",
      timeZone: "Europe/Paris",
      enabled: true,
      by: "test",
    });
    await setup.schedules.touch("nightly", { nextRunAt: new Date(DUE).toISOString() });
  }
  for (const { kind, endedAt } of (await setup.jobs.list()).items) {
    if (endedAt !== null) say(`ended ${kind}`);
  }

  const runner = new JobRunner({
    registry,
    handlers: HANDLERS,
    log: noLog,
    takesQueue: true,
    alone: true,
    random: () => 0,
  });
  await runner.recover();
  const params = parseParams(
    await Deno.readTextFile(new URL("../../params.yaml", import.meta.url)),
  );
  const scheduler = new Scheduler({ registry, jobs: runner, params, log: noLog, now });
  await scheduler.tick();
  const order = { catalogue: "shop", input: {}, by: "test", retry: RETRY };
  await runner.start({ ...order, kind: "inspect", key: "the inspection" });
  const tune = await runner.start({ ...order, kind: "tune", key: "the search" });
  for (;;) {
    const { items } = await setup.jobs.list();
    const search = items.find((job) => job.id === tune.id)!;
    if (search.state === "running" && !search.cancelRequested) await runner.cancel(tune.id);
    if (JOBS.every((kind) => items.some((job) => job.kind === kind && job.endedAt !== null))) break;
    await new Promise((done) => setTimeout(done, 2));
  }
  await runner.idle();
  say("all ended");
  await runner[Symbol.asyncDispose]();
  scheduler[Symbol.dispose]();
}
