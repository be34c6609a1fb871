/**
 * Starts jobs by the clock, and notices when a run that was expected did not come. Keeps house at night.
 *
 * What runs when, and when it is due next, is rows in the database; here is only the clock that reads them. So runs
 * that came due while no hub was up are known, and a crash neither loses a run nor doubles it.
 *
 * @module
 */
import { Cron } from "croner";
import { messageOf } from "@aisle/shared/errors";
import type { Log } from "../log.ts";
import type { Params } from "../params.ts";
import type { Registry } from "../registry/registry.ts";
import type { Schedule } from "../registry/schedules.ts";
import { decideDue, decideOwed } from "./due.ts";
import type { JobRunner } from "./job_runner.ts";
import { hubSchedules, standingSchedules } from "./standing_schedules.ts";

/** What a {@linkcode Scheduler} works with. */
export interface SchedulerDeps {
  readonly registry: Registry;
  readonly jobs: Pick<JobRunner, "wake">;
  readonly params: Params;
  /** Whether backups have a place to go. */
  readonly backsUp?: boolean | undefined;
  readonly log: Log;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

/** How often the rows are looked at. */
const TICK_MS = 1_000;
/** How often catalogues are looked at that may have come new. */
const RELOAD_MS = 15_000;
/** When old curves are thinned. */
const THIN_CRON = "17 3 * * *";

/** The clock of a hub. */
export class Scheduler implements Disposable {
  readonly #deps: SchedulerDeps;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #thin: Cron | null = null;
  #stopped = false;
  #reloadedMs = -Infinity;

  constructor(deps: SchedulerDeps) {
    this.#deps = deps;
  }

  /** Reads the rows and keeps them going. */
  async start(): Promise<void> {
    await this.tick();
    this.#next();
    this.#thin = new Cron(
      THIN_CRON,
      { protect: true, catch: (error: unknown) => this.#tell("thin", error) },
      () => this.thin(this.#deps.now()),
    );
  }

  [Symbol.dispose](): void {
    this.#stopped = true;
    clearTimeout(this.#timer);
    this.#thin?.stop();
  }

  /** Thins the curves of runs that ended long before `nowMs`, milliseconds since 1970. */
  async thin(nowMs: number): Promise<void> {
    const { registry, params, log } = this.#deps;
    const { thinAfterDays, keepPoints } = params.tracking;
    const endedBefore = new Date(nowMs - thinAfterDays * 86_400_000).toISOString();
    const { curves, removed } = await registry.retention.thin({ endedBefore, keepPoints });
    if (curves > 0) log("info", "old curves thinned", { curves, removed });
  }

  /** Gives every catalogue the schedules that the params say. */
  async reload(): Promise<void> {
    const { registry, params, backsUp = false } = this.#deps;
    for (const schedule of hubSchedules(params, { backsUp })) {
      await registry.schedules.upsert(schedule);
    }
    for (const { name } of await registry.catalogues.list()) {
      for (const schedule of standingSchedules(params, name)) {
        await registry.schedules.upsert(schedule);
      }
    }
  }

  /** Looks at every schedule once: what is due, and what is owed. */
  async tick(): Promise<void> {
    const { registry, now } = this.#deps, nowMs = now();
    if (nowMs - this.#reloadedMs >= RELOAD_MS) {
      await this.reload();
      this.#reloadedMs = nowMs;
    }
    for (const schedule of await registry.schedules.list()) {
      if (!schedule.enabled) continue;
      try {
        await this.#attend(schedule, nowMs);
      } catch (error) {
        this.#tell(schedule.id, error);
      }
    }
  }

  async #attend(schedule: Schedule, nowMs: number): Promise<void> {
    const { registry, jobs, log } = this.#deps, { id } = schedule;
    const isDue = schedule.nextRunAt === null || Date.parse(schedule.nextRunAt) <= nowMs;
    if (!isDue && schedule.owedSince === null) return;
    const { last, succeeded } = await registry.schedules.jobsOf(id);
    if (isDue) {
      const lastGoesOn = last?.state === "queued" || last?.state === "running";
      const decision = decideDue({ ...schedule, lastGoesOn }, nowMs);
      const nextRunAt = instant(decision.nextMs);
      if (!decision.due) await registry.schedules.touch(id, { nextRunAt });
      else {
        const dueAt = instant(decision.dueMs)!, { note } = decision;
        const job = await registry.schedules.fire(id, { dueAt, nextRunAt, note });
        if (job === null) log("info", "schedule started nothing", { schedule: id, dueAt, note });
        else {
          log("debug", "schedule fired", { schedule: id, dueAt, job: job.id });
          jobs.wake();
        }
      }
    }
    await this.#settle(schedule, succeeded?.createdAt ?? null, nowMs);
  }

  /** Settles what a success has settled, and raises an alert for what is overdue. */
  async #settle(before: Schedule, succeededAt: string | null, nowMs: number): Promise<void> {
    const { registry, log } = this.#deps;
    const schedule = await registry.schedules.get(before.id);
    if (schedule === null || schedule.owedSince === null) return;
    const { id, catalogue, kind, expectedByMs } = schedule, key = `schedule ${id}`;
    const { owedSince, overdue } = decideOwed({ ...schedule, succeededAt }, nowMs);
    if (owedSince !== schedule.owedSince) {
      await registry.schedules.touch(id, { owedSince });
      await registry.alerts.clear(catalogue, key);
    }
    if (!overdue || this.#raised.has(`${id} ${owedSince}`)) return;
    await registry.alerts.raise({
      catalogue,
      key,
      kind: "job-missed",
      severity: "critical",
      message: `No ${kind} of ${catalogue} has succeeded that was due at ${owedSince}; ` +
        `it was expected within ${Math.round(expectedByMs! / 60_000)} minutes`,
      details: { schedule: id, dueAt: owedSince, note: schedule.note, lastJob: schedule.lastJobId },
    });
    this.#raised.add(`${id} ${owedSince}`);
    log("warn", "an expected run did not happen", { schedule: id, dueAt: owedSince });
  }

  /** What an alert was raised for already; the alert itself is kept in the database. */
  readonly #raised = new Set<string>();

  #next(): void {
    if (this.#stopped) return;
    this.#timer = setTimeout(async () => {
      try {
        await this.tick();
      } catch (error) {
        this.#tell("clock", error);
      }
      this.#next();
    }, TICK_MS);
  }

  #tell(schedule: string, error: unknown): void {
    // A tick that was under way when the hub stopped finds its database closed.
    if (this.#stopped) return;
    this.#deps.log("error", "schedule failed", { schedule, error: messageOf(error) });
  }
}

function instant(ms: number | null): string | null {
  return ms === null ? null : new Date(ms).toISOString();
}
