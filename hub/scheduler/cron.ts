/**
 * When a cron expression is due, in a time zone: pure functions of an instant.
 *
 * On days when clocks change, a time that does not exist is due at the first instant after the gap, and one that comes
 * twice is due at its first coming; expressions that say "every so often" run through both hours.
 *
 * @module
 */
import { Cron } from "croner";
import { AppError, messageOf } from "@aisle/shared/errors";

/** A cron expression and the IANA name of the zone it is read in. */
export interface CronTime {
  readonly cron: string;
  readonly timeZone: string;
}

/** The first due instant after `afterMs`, milliseconds since 1970; null where none ever comes. */
export function nextRun(time: CronTime, afterMs: number): number | null {
  return open(time).nextRun(new Date(afterMs))?.getTime() ?? null;
}

/** Up to `count` due instants after `afterMs`. */
export function nextRuns(time: CronTime, afterMs: number, count: number): number[] {
  return open(time).nextRuns(count, new Date(afterMs)).map((at) => at.getTime());
}

/**
 * Refuses an expression or a zone that cannot be read, and one that is never due.
 *
 * @throws {AppError} `input-invalid`
 */
export function checkCron(time: CronTime, nowMs: number): void {
  let next: number | null;
  try {
    next = nextRun(time, nowMs);
  } catch (error) {
    const zone = /zone/i.test(messageOf(error));
    throw new AppError(
      "input-invalid",
      zone
        ? `Cannot use the time zone ${time.timeZone}: it must be an IANA name such as Europe/Paris`
        : `Cannot read the cron expression ${time.cron}: ${
          messageOf(error).replace(/^CronPattern: /, "").replace(/\.$/, "")
        }`,
    );
  }
  if (next !== null) return;
  throw new AppError(
    "input-invalid",
    `Cannot use the cron expression ${time.cron}: it is never due`,
  );
}

function open({ cron, timeZone }: CronTime): Cron {
  return new Cron(cron, { timezone: timeZone, paused: true });
}
