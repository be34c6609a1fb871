/**
 * Starts jobs by the clock: inspection of feedback and, where switched on, simulated users. Keeps house at night.
 *
 * What runs when is rows in the database; here is only the clock that reads them.
 *
 * @module
 */
import { Cron } from "croner";
import { messageOf } from "@aisle/shared/errors";
import type { Log } from "../log.ts";
import type { Params } from "../params.ts";
import type { Registry } from "../registry/registry.ts";
import type { Schedule } from "../registry/schedules.ts";
import type { JobRunner } from "./job_runner.ts";

/** What a {@linkcode Scheduler} works with. */
export interface SchedulerDeps {
  readonly registry: Registry;
  readonly jobs: Pick<JobRunner, "start">;
  readonly params: Params;
  readonly log: Log;
}

/** How often the rows are read again, so that a change in the database shows. */
const RELOAD_CRON = "*/15 * * * * *";
/** When old curves are thinned. */
const THIN_CRON = "17 3 * * *";

/** The clock of a hub. */
export class Scheduler implements Disposable {
  readonly #deps: SchedulerDeps;
  readonly #crons = new Map<string, { cron: Cron; pattern: string }>();
  #reload: Cron | null = null;
  #thin: Cron | null = null;

  constructor(deps: SchedulerDeps) {
    this.#deps = deps;
  }

  /** Reads the rows and keeps them going. */
  async start(): Promise<void> {
    await this.reload();
    this.#reload = new Cron(
      RELOAD_CRON,
      { protect: true, catch: this.#told("reload") },
      () => this.reload(),
    );
    this.#thin = new Cron(
      THIN_CRON,
      { protect: true, catch: this.#told("thin") },
      () => this.thin(Date.now()),
    );
  }

  /** Thins the curves of runs that ended long before `nowMs`, milliseconds since 1970. */
  async thin(nowMs: number): Promise<void> {
    const { registry, params, log } = this.#deps;
    const { thinAfterDays, keepPoints } = params.tracking;
    const endedBefore = new Date(nowMs - thinAfterDays * 86_400_000).toISOString();
    const { curves, removed } = await registry.retention.thin({ endedBefore, keepPoints });
    if (curves > 0) log("info", "old curves thinned", { curves, removed });
  }

  /** Brings the clocks in line with the rows; a new catalogue gets its own. */
  async reload(): Promise<void> {
    const { registry, params } = this.#deps;
    for (const { name } of await registry.catalogues.list()) {
      await registry.schedules.upsert({
        id: `inspect-${name}`,
        catalogue: name,
        kind: "inspect",
        cron: `*/${params.inspection.everyMinutes} * * * *`,
        enabled: true,
        input: {},
      });
      await registry.schedules.upsert({
        id: `simulate-${name}`,
        catalogue: name,
        kind: "simulate",
        cron: `*/${params.simulate.everyMinutes} * * * *`,
        enabled: params.simulate.enabled,
        input: { products: params.simulate.products },
      });
    }
    const schedules = await registry.schedules.list();
    const wanted = new Map(schedules.filter((s) => s.enabled).map((s) => [s.id, s]));
    for (const [id, { cron, pattern }] of this.#crons) {
      if (wanted.get(id)?.cron === pattern) continue;
      cron.stop();
      this.#crons.delete(id);
    }
    for (const schedule of wanted.values()) {
      if (!this.#crons.has(schedule.id)) await this.#begin(schedule);
    }
  }

  [Symbol.dispose](): void {
    this.#reload?.stop();
    this.#thin?.stop();
    for (const { cron } of this.#crons.values()) cron.stop();
    this.#crons.clear();
  }

  async #begin(schedule: Schedule): Promise<void> {
    const { registry, jobs, log } = this.#deps;
    const { id, catalogue, kind } = schedule;
    const options = { protect: true, catch: this.#told(id) };
    const cron = new Cron(schedule.cron, options, async (self: Cron) => {
      const job = await jobs.start({ kind, catalogue, input: schedule.input, by: "schedule" });
      log("debug", "schedule fired", { schedule: id, job: job.id });
      await registry.schedules.touch(id, {
        lastRunAt: new Date().toISOString(),
        nextRunAt: self.nextRun()?.toISOString() ?? null,
        lastJobId: job.id,
      });
    });
    this.#crons.set(id, { cron, pattern: schedule.cron });
    await registry.schedules.touch(id, { nextRunAt: cron.nextRun()?.toISOString() ?? null });
  }

  #told(schedule: string): (error: unknown) => void {
    return (error) =>
      this.#deps.log("error", "schedule failed", { schedule, error: messageOf(error) });
  }
}
