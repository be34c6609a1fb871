import assert from "node:assert/strict";
import { readMoment, readSpan } from "./tokens_command.ts";

Deno.test("readSpan() reads seconds, minutes, hours and days, and nothing else", () => {
  assert.deepEqual(["30s", "15m", "2h", "90d"].map(readSpan), [30, 900, 7_200, 7_776_000]);
  assert.deepEqual(["", "h", "1w", "1.5h", "-1h"].map(readSpan), new Array(5).fill(undefined));
});

Deno.test("readMoment() takes a span from now or a moment, in UTC", () => {
  assert.equal(readMoment("1d", 0), "1970-01-02T00:00:00.000Z");
  assert.equal(readMoment("2026-01-01T01:00:00+01:00", 0), "2026-01-01T00:00:00.000Z");
  assert.throws(() => readMoment("soon", 0), { code: "usage" });
});
