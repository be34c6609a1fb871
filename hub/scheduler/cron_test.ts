import assert from "node:assert/strict";
import fc from "fast-check";
import { checkCron, nextRun, nextRuns } from "./cron.ts";

const from = (text: string) => Date.parse(text);
const runs = (cron: string, timeZone: string, after: string, count: number) =>
  nextRuns({ cron, timeZone }, from(after), count).map((ms) => new Date(ms).toISOString());

Deno.test("nextRun() reads the expression in its zone, in summer and in winter", () => {
  assert.deepEqual(runs("0 3 * * *", "Europe/Paris", "2026-01-01T00:00:00Z", 1), [
    "2026-01-01T02:00:00.000Z",
  ]);
  assert.deepEqual(runs("0 3 * * *", "Europe/Paris", "2026-07-01T00:00:00Z", 1), [
    "2026-07-01T01:00:00.000Z",
  ]);
  assert.deepEqual(runs("0 3 * * *", "Asia/Kathmandu", "2026-01-01T00:00:00Z", 1), [
    "2026-01-01T21:15:00.000Z",
  ]);
});

Deno.test("an hour that does not exist is made up for right after the gap, once, and the next day is as ever", () => {
  // 02:00 to 03:00 is left out in Paris on 29 March 2026.
  assert.deepEqual(runs("30 2 * * *", "Europe/Paris", "2026-03-28T12:00:00Z", 2), [
    "2026-03-29T01:00:00.000Z",
    "2026-03-30T00:30:00.000Z",
  ]);
  // Half an hour only, on Lord Howe.
  assert.deepEqual(runs("15 2 * * *", "Australia/Lord_Howe", "2026-10-03T00:00:00Z", 2), [
    "2026-10-03T15:30:00.000Z",
    "2026-10-04T15:15:00.000Z",
  ]);
});

Deno.test("a time that comes twice runs at its first coming only", () => {
  assert.deepEqual(runs("30 2 * * *", "Europe/Paris", "2026-10-24T12:00:00Z", 2), [
    "2026-10-25T00:30:00.000Z",
    "2026-10-26T01:30:00.000Z",
  ]);
  assert.deepEqual(runs("30 1 * * *", "America/New_York", "2026-11-01T00:00:00Z", 2), [
    "2026-11-01T05:30:00.000Z",
    "2026-11-02T06:30:00.000Z",
  ]);
});

Deno.test("what runs every half hour goes through both of the two hours, and leaves out none that exists", () => {
  assert.deepEqual(runs("*/30 * * * *", "Europe/Paris", "2026-10-24T23:59:00Z", 5), [
    "2026-10-25T00:00:00.000Z",
    "2026-10-25T00:30:00.000Z",
    "2026-10-25T01:00:00.000Z",
    "2026-10-25T01:30:00.000Z",
    "2026-10-25T02:00:00.000Z",
  ]);
  assert.deepEqual(runs("0 * * * *", "Europe/Paris", "2026-03-28T23:30:00Z", 3), [
    "2026-03-29T00:00:00.000Z",
    "2026-03-29T01:00:00.000Z",
    "2026-03-29T02:00:00.000Z",
  ]);
});

Deno.test("nextRun() is after the instant that it is asked for, and a daily time comes once a day in every zone", () => {
  const zones = fc.constantFrom(
    "UTC",
    "Europe/Paris",
    "America/New_York",
    "America/Sao_Paulo",
    "Asia/Tokyo",
    "Australia/Lord_Howe",
    "Pacific/Apia",
  );
  fc.assert(
    fc.property(
      zones,
      fc.integer({ min: 0, max: 23 }),
      fc.integer({ min: 0, max: 59 }),
      fc.integer({ min: from("2026-01-01T00:00:00Z"), max: from("2027-01-01T00:00:00Z") }),
      (timeZone, hour, minute, afterMs) => {
        const time = { cron: `${minute} ${hour} * * *`, timeZone };
        const first = nextRun(time, afterMs)!, second = nextRun(time, first)!;
        assert.ok(first > afterMs);
        const hours = (second - first) / 3_600_000;
        assert.ok(hours >= 22.5 && hours <= 25.5, `${hours} hours between two days`);
      },
    ),
    { numRuns: 200 },
  );
});

Deno.test("checkCron() says what is wrong with an expression or a zone, and refuses what is never due", () => {
  const refused = (cron: string, timeZone = "UTC") => () =>
    checkCron({ cron, timeZone }, from("2026-01-01T00:00:00Z"));
  assert.throws(refused("61 * * * *"), /Invalid value for minute/);
  assert.throws(refused("every day"), /Cannot read the cron expression every day/);
  assert.throws(refused("0 0 30 2 *"), /it is never due/);
  assert.throws(refused("* * * * *", "Mars/Olympus"), /must be an IANA name/);
  assert.doesNotThrow(refused("0 3 * * *", "Europe/Paris"));
});
