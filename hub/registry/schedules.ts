/**
 * Rows of the scheduler: what runs when, and when it last did.
 *
 * @module
 */

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
