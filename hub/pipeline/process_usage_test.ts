import assert from "node:assert/strict";
import { machineUsage, parseProc, parsePs, processUsage } from "./process_usage.ts";

Deno.test("processUsage() sees the memory and the CPU time of a process that is there, and null for one that is not", async () => {
  const usage = await processUsage(Deno.pid);
  assert.ok(usage !== null);
  // The runtime alone is tens of megabytes; it has worked to come here.
  assert.ok(usage.residentBytes > 10e6 && usage.residentBytes < 100e9, String(usage.residentBytes));
  assert.ok(usage.cpuSeconds > 0, String(usage.cpuSeconds));
  assert.equal(await processUsage(2 ** 30), null);
});

Deno.test("machineUsage() is a load of zero or more and a share of memory", () => {
  const { load, memoryUsed } = machineUsage();
  assert.ok(load >= 0);
  assert.ok(memoryUsed > 0 && memoryUsed < 1);
});

Deno.test("parseProc() counts fields from behind the name, whatever it is", () => {
  const after = "S 1 1 1 0 -1 4194560 100 0 0 0 250 50 0 0 20 0 9 0 100 1000 200";
  const status = "Name:\tx\nVmRSS:\t    2048 kB\nThreads:\t9\n";
  for (const name of ["deno", "a b", "a) b (c"]) {
    assert.deepEqual(parseProc(`77 (${name}) ${after}\n${status}`), {
      cpuSeconds: 3,
      residentBytes: 2048 * 1024,
    }, name);
  }
  // A process that has ended and waits for its parent holds no memory any more.
  assert.equal(parseProc(`77 (deno) ${after}\nName:\tdeno\n`), null);
  assert.equal(parseProc(""), null);
});

Deno.test("parsePs() reads times with and without hours and days", () => {
  assert.deepEqual(parsePs("  2048  1:02.50\n"), { cpuSeconds: 62.5, residentBytes: 2048 * 1024 });
  assert.equal(parsePs("2048 01:01:02")?.cpuSeconds, 3662);
  assert.equal(parsePs("2048 1-01:01:02")?.cpuSeconds, 86_400 + 3662);
  assert.equal(parsePs(""), null);
});
