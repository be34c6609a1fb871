/**
 * Rows of the scheduler: what runs when, and when it last did.
 *
 * @module
 */
import { asc, eq } from "drizzle-orm";
import { AppError } from "@aisle/shared/errors";
import type { Queries } from "../db/database.ts";
import { schedules } from "../db/schema/mod.ts";
import type { Context } from "./context.ts";

/** One schedule. */
export interface Schedule {
  readonly id: string;
  readonly catalogue: string;
  /** Kind of the job it starts. */
  readonly kind: string;
  readonly cron: string;
  readonly enabled: boolean;
  readonly input: unknown;
  readonly lastRunAt: string | null;
  readonly nextRunAt: string | null;
  readonly lastJobId: string | null;
}

/** Reads and writes schedules. */
export interface Schedules {
  /** By id. */
  list(options?: { readonly catalogue?: string | undefined }): Promise<Schedule[]>;
  get(id: string): Promise<Schedule | null>;
  /** Makes it, or changes what it does; `enabled` counts only when it is made: people switch it afterwards. */
  upsert(
    schedule: Pick<Schedule, "id" | "catalogue" | "kind" | "cron" | "enabled"> & {
      readonly input?: unknown;
    },
  ): Promise<Schedule>;
  /** @throws {AppError} `not-found` */
  setEnabled(id: string, enabled: boolean): Promise<Schedule>;
  /** Sets the members given. @throws {AppError} `not-found` */
  touch(id: string, times: {
    readonly lastRunAt?: string | undefined;
    readonly nextRunAt?: string | null | undefined;
    readonly lastJobId?: string | undefined;
  }): Promise<Schedule>;
}

/** The schedules kept in `context`'s database. */
export function createSchedules({ database }: Context): Schedules {
  return {
    list: ({ catalogue } = {}) =>
      database.read((db) =>
        db.select().from(schedules)
          .where(catalogue === undefined ? undefined : eq(schedules.catalogue, catalogue))
          .orderBy(asc(schedules.id))
      ),
    get: (id) => database.read(async (db) => await find(db, id) ?? null),
    upsert: ({ id, catalogue, kind, cron, enabled, input = null }) =>
      database.write((tx) =>
        tx.insert(schedules).values({ id, catalogue, kind, cron, enabled, input })
          .onConflictDoUpdate({ target: schedules.id, set: { catalogue, kind, cron, input } })
          .returning().get()
      ),
    setEnabled: (id, enabled) => database.write((tx) => change(tx, id, { enabled })),
    touch: (id, { lastRunAt, nextRunAt, lastJobId }) =>
      database.write((tx) => change(tx, id, { lastRunAt, nextRunAt, lastJobId })),
  };
}

/** Writes the members of `patch` that are not undefined. */
async function change(
  tx: Queries,
  id: string,
  patch: Partial<Schedule>,
): Promise<Schedule> {
  const row = await find(tx, id);
  if (row === undefined) {
    throw new AppError("not-found", `Cannot find schedule ${id}: it does not exist`);
  }
  if (Object.values(patch).every((value) => value === undefined)) return row;
  return await tx.update(schedules).set(patch).where(eq(schedules.id, id)).returning().get();
}

function find(db: Queries, id: string): Promise<Schedule | undefined> {
  return db.select().from(schedules).where(eq(schedules.id, id)).get();
}
