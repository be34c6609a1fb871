import assert from "node:assert/strict";
import type { MetricPoint } from "../registry/runs.ts";
import { UsageMonitor } from "./usage_monitor.ts";

/** Looks at a process that took `cpuSeconds[i]` by its i-th look, ten seconds after the one before. */
async function looks(
  process: readonly { readonly pid: number | null; readonly cpuSeconds: number }[],
): Promise<MetricPoint[][]> {
  const told: MetricPoint[][] = [];
  let look = 0, nowMs = 0;
  const next = Promise.withResolvers<void>();
  await using _monitor = new UsageMonitor({
    pid: () => process[Math.min(look, process.length - 1)]!.pid,
    processUsage: () =>
      Promise.resolve({
        cpuSeconds: process[Math.min(look, process.length - 1)]!.cpuSeconds,
        residentBytes: 1000,
      }),
    machineUsage: () => ({ load: 1.5, memoryUsed: 0.25 }),
    nowMs: () => nowMs,
    tell: (points) => {
      told.push([...points]);
      look++;
      nowMs += 10_000;
      if (look === process.length) next.resolve();
    },
    everyMs: 1,
  });
  await next.promise;
  return told.slice(0, process.length);
}

Deno.test("UsageMonitor tells the cores that a process kept busy since the look before", async () => {
  const [first, second, third] = await looks([
    { pid: 7, cpuSeconds: 5 },
    { pid: 7, cpuSeconds: 20 },
    { pid: 7, cpuSeconds: 20 },
  ]);
  const cores = (points: MetricPoint[]) =>
    points.find((point) => point.name === "system/stage_cpu_cores");
  assert.equal(cores(first!), undefined);
  assert.deepEqual(cores(second!), { name: "system/stage_cpu_cores", step: 10, value: 1.5 });
  assert.equal(cores(third!)?.value, 0);
  assert.deepEqual(second!.map(({ name, value }) => [name, value]).slice(0, 3), [
    ["system/machine_load", 1.5],
    ["system/machine_memory_used", 0.25],
    ["system/stage_memory_bytes", 1000],
  ]);
});

Deno.test("UsageMonitor counts a fresh process since the look before it, and the machine where there is none", async () => {
  const stage = (points: MetricPoint[]) =>
    Object.fromEntries(
      points.flatMap(({ name, value }) =>
        name.startsWith("system/stage_") ? [[name.slice("system/stage_".length), value]] : []
      ),
    );
  const [, none, fresh, later] = await looks([
    { pid: 7, cpuSeconds: 100 },
    { pid: null, cpuSeconds: 0 },
    { pid: 8, cpuSeconds: 5 },
    { pid: 8, cpuSeconds: 6 },
  ]);
  assert.deepEqual(stage(none!), {});
  assert.deepEqual(stage(fresh!), { memory_bytes: 1000, cpu_cores: 0.5 });
  assert.deepEqual(stage(later!), { memory_bytes: 1000, cpu_cores: 0.1 });
});
