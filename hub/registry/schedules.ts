/**
 * Rows of the scheduler: what runs when, when it last did, and what is owed.
 *
 * A due instant and the job that comes of it are one transaction, and an instant makes one job only: no crash between
 * the two can lose a run or double it.
 *
 * @module
 */
import { and, asc, desc, eq } from "drizzle-orm";
import { AppError } from "@aisle/shared/errors";
import type { Queries } from "../db/database.ts";
import { jobs, schedules } from "../db/schema/mod.ts";
import type { Context } from "./context.ts";
import { insertJob, show } from "./job_rows.ts";
import type { Job, RetryPolicy } from "./jobs.ts";

/** One schedule. */
export interface Schedule {
  readonly id: string;
  readonly catalogue: string;
  /** Kind of the job it starts. */
  readonly kind: string;
  readonly cron: string;
  /** IANA name of the zone that `cron` is read in. */
  readonly timeZone: string;
  readonly enabled: boolean;
  readonly input: unknown;
  /** What is done about runs that came due while no hub was up: none of them, or one for all. */
  readonly missedPolicy: "skip" | "once";
  readonly timeoutMs: number | null;
  readonly retry: RetryPolicy | null;
  /** A run must have succeeded so long after it was due, else an alert is raised; null for no alert. */
  readonly expectedByMs: number | null;
  readonly lastRunAt: string | null;
  readonly nextRunAt: string | null;
  readonly lastDueAt: string | null;
  readonly lastJobId: string | null;
  /** The first due instant that no success has followed yet. */
  readonly owedSince: string | null;
  /** What came of the last due instant where it was no job. */
  readonly note: string | null;
  /** `params` while params.yaml says what it is; else who set it. */
  readonly by: string;
}

/** What somebody says of a schedule; the rest is what came of it. */
export type ScheduleSpec =
  & Pick<Schedule, "id" | "catalogue" | "kind" | "cron" | "enabled">
  & Partial<
    Pick<
      Schedule,
      "input" | "timeZone" | "missedPolicy" | "timeoutMs" | "retry" | "expectedByMs" | "by"
    >
  >;

/** What a due instant came to. */
export interface Due {
  readonly dueAt: string;
  readonly nextRunAt: string | null;
  /** Why no job is to come of it; null where one is. */
  readonly note: string | null;
}

/** Members that {@linkcode Schedules.touch} may set. */
export type ScheduleTouch = {
  readonly [
    K in "lastRunAt" | "nextRunAt" | "lastJobId" | "owedSince"
  ]?: Schedule[K] | undefined;
};

/** Sees a schedule before it is changed (null where there is none), in the same transaction, and may throw. */
export type ScheduleCheck = (before: Schedule | null) => void;

/** Reads and writes schedules. */
export interface Schedules {
  /** By id. */
  list(options?: { readonly catalogue?: string | undefined }): Promise<Schedule[]>;
  get(id: string): Promise<Schedule | null>;
  /**
   * Makes it, or changes what it does; `enabled` counts only when it is made: people switch it afterwards. What a
   * person has set, `params` leaves alone.
   */
  upsert(schedule: ScheduleSpec, check?: ScheduleCheck): Promise<Schedule>;
  /** A switched-off one has nothing ahead and owes nothing. @throws {AppError} `not-found` */
  setEnabled(id: string, enabled: boolean, check?: ScheduleCheck): Promise<Schedule>;
  /** Sets the members given. @throws {AppError} `not-found` */
  touch(id: string, changes: ScheduleTouch): Promise<Schedule>;
  /** @throws {AppError} `not-found`; `conflict` for one that params.yaml says */
  remove(id: string, check?: ScheduleCheck): Promise<Schedule>;
  /**
   * Writes down a due instant and queues its job, in one transaction; null where there is a reason for no job, or
   * where the instant has its job already.
   *
   * @throws {AppError} `not-found`
   */
  fire(id: string, due: Due): Promise<Job | null>;
  /** The newest job of the schedule, and the newest that succeeded. */
  jobsOf(id: string): Promise<{ readonly last: Job | null; readonly succeeded: Job | null }>;
}

/** The schedules kept in `context`'s database. */
export function createSchedules({ database, now, newId }: Context): Schedules {
  return {
    list: ({ catalogue } = {}) =>
      database.read((db) =>
        db.select().from(schedules)
          .where(catalogue === undefined ? undefined : eq(schedules.catalogue, catalogue))
          .orderBy(asc(schedules.id))
      ),
    get: (id) => database.read(async (db) => await find(db, id) ?? null),
    upsert: (spec, check) =>
      database.write(async (tx) => {
        const { id, enabled, ...rest } = spec, wanted = { ...DEFAULTS, ...defined(rest) };
        const before = await find(tx, id);
        check?.(before ?? null);
        if (before === undefined) {
          return await tx.insert(schedules).values({ id, enabled, ...wanted }).returning().get();
        }
        if (wanted.by === "params" && before.by !== "params") return before;
        if (isSame(before, wanted)) return before;
        const clock = before.cron === wanted.cron && before.timeZone === wanted.timeZone;
        return await tx.update(schedules).set({
          ...wanted,
          ...(clock ? {} : { nextRunAt: null }),
        }).where(eq(schedules.id, id)).returning().get();
      }),
    setEnabled: (id, enabled, check) =>
      database.write(async (tx) => {
        check?.(await requireSchedule(tx, id));
        return await change(tx, id, { enabled, nextRunAt: null, owedSince: null });
      }),
    touch: (id, changes) => database.write((tx) => change(tx, id, changes)),
    remove: (id, check) =>
      database.write(async (tx) => {
        const row = await requireSchedule(tx, id);
        check?.(row);
        if (row.by === "params") {
          throw new AppError(
            "conflict",
            `Cannot remove schedule ${id}: params.yaml would bring it back. Switch it off`,
          );
        }
        await tx.delete(schedules).where(eq(schedules.id, id));
        return row;
      }),
    fire: (id, { dueAt, nextRunAt, note }) =>
      database.write(async (tx) => {
        const row = await requireSchedule(tx, id);
        const told = {
          nextRunAt,
          lastDueAt: dueAt,
          owedSince: row.owedSince ?? dueAt,
          note,
        };
        // Another hub on this database was faster.
        if (row.lastDueAt !== null && row.lastDueAt >= dueAt) {
          await change(tx, id, { nextRunAt });
          return null;
        }
        if (note !== null) {
          await change(tx, id, told);
          return null;
        }
        const at = now();
        const job = await insertJob(tx, {
          catalogue: row.catalogue,
          kind: row.kind,
          input: row.input,
          by: "schedule",
          timeoutMs: row.timeoutMs,
          retry: row.retry,
          scheduleId: id,
          key: `schedule ${id} ${dueAt}`,
        }, { at, id: newId() });
        await change(tx, id, { ...told, lastRunAt: at, lastJobId: job.id });
        return job;
      }),
    jobsOf: (id) =>
      database.read(async (db) => {
        const newest = async (state?: "succeeded") => {
          const row = await db.select().from(jobs).where(and(
            eq(jobs.scheduleId, id),
            state === undefined ? undefined : eq(jobs.state, state),
          )).orderBy(desc(jobs.seq)).limit(1).get();
          return row === undefined ? null : show(row);
        };
        return { last: await newest(), succeeded: await newest("succeeded") };
      }),
  };
}

/** What a schedule is where nothing else is said. */
const DEFAULTS = {
  input: null,
  timeZone: "UTC",
  missedPolicy: "skip",
  timeoutMs: null,
  retry: null,
  expectedByMs: null,
  by: "params",
} as const;

/** Without members that are undefined. */
function defined<T extends object>(value: T): T {
  return Object.fromEntries(Object.entries(value).filter(([, v]) => v !== undefined)) as T;
}

function isSame(row: Schedule, wanted: Partial<Schedule>): boolean {
  return Object.entries(wanted).every(([name, value]) =>
    JSON.stringify(row[name as keyof Schedule]) === JSON.stringify(value)
  );
}

/** Writes the members of `patch` that are not undefined. */
async function change(
  tx: Queries,
  id: string,
  patch: Partial<Schedule>,
): Promise<Schedule> {
  const row = await requireSchedule(tx, id);
  if (Object.values(patch).every((value) => value === undefined)) return row;
  return await tx.update(schedules).set(patch).where(eq(schedules.id, id)).returning().get();
}

async function requireSchedule(db: Queries, id: string): Promise<Schedule> {
  const row = await find(db, id);
  if (row !== undefined) return row;
  throw new AppError("not-found", `Cannot find schedule ${id}: it does not exist`);
}

function find(db: Queries, id: string): Promise<Schedule | undefined> {
  return db.select().from(schedules).where(eq(schedules.id, id)).get();
}
