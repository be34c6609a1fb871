/**
 * Monitoring when it is full: 10,000 edges with a row for each of 48 hours, minutes, hours and two years of days of all
 * together, 100,000 alerts, a week of reports; what the page, the API, a look and `/metrics` then cost.
 *
 * Each figure is the median and the longest of several requests to the whole app, and the CPU time of the process.
 *
 * Run: deno bench -P=test tests/bench/monitoring_bench.ts
 *
 * @module
 */
import process from "node:process";
import { mountDashboard } from "../../hub/dashboard/mod.ts";
import { fillMonitoring } from "../../hub/testing/full_monitoring.ts";
import { seedMonitoring } from "../../hub/testing/seed_monitoring.ts";
import { openTestHub } from "../../hub/testing/test_hub.ts";

const EDGES = 10_000, HOURS = 48, ALERTS = 100_000, REPORTS = 2016, CALLS = 7;

await using hub = await openTestHub();
mountDashboard(hub.app);
const digest = await seedMonitoring(hub, { drifts: true, hours: 24, edges: 5 });
await hub.send("operator", "POST", "/api/v1/catalogues/demo/monitoring/look");
const nowMs = Date.parse("2026-01-02T03:00:00Z");
const filled = performance.now();
const sizeBytes = await fillMonitoring(hub.database, {
  digest,
  nowMs,
  edges: EDGES,
  hours: HOURS,
  alerts: ALERTS,
  reports: REPORTS,
});
console.log(
  `monitoring: ${EDGES} edges x ${HOURS} h, ${ALERTS} alerts, filled in ` +
    `${((performance.now() - filled) / 1000).toFixed(0)} s, file ${
      (sizeBytes / 1e6).toFixed(0)
    } MB`,
);
const api = "/api/v1/catalogues/demo";
for (
  const path of [
    "/monitoring?catalogue=demo",
    `${api}/monitoring`,
    `${api}/monitoring/series`,
    `${api}/monitoring/series?since=2025-12-27T00:00:00Z`,
    `${api}/monitoring/series?since=2024-01-02T00:00:00Z`,
    `${api}/monitoring/series?edge=many-77`,
    `${api}/telemetry?since=2026-01-01T03:00:00Z`,
    `${api}/telemetry`,
    "/api/v1/alerts?state=unresolved",
    "/api/v1/alerts?catalogue=demo",
    "/metrics",
  ]
) await measure("GET", path);
await measure("POST", `${api}/monitoring/look`);

async function measure(method: string, path: string): Promise<void> {
  const walls: number[] = [], cpus: number[] = [];
  let bytes = 0;
  for (let call = 0; call < CALLS; call++) {
    const cpu = process.cpuUsage(), began = performance.now();
    const answer = await hub.send("operator", method, path);
    bytes = (await answer.arrayBuffer()).byteLength;
    if (answer.status !== 200) throw new Error(`${path} answers ${answer.status}`);
    walls.push(performance.now() - began);
    const used = process.cpuUsage(cpu);
    cpus.push((used.user + used.system) / 1000);
  }
  const middle = (values: number[]) => values.toSorted((a, b) => a - b)[CALLS >> 1]!.toFixed(0);
  console.log(
    `${middle(walls).padStart(5)} ms, longest ${Math.max(...walls).toFixed(0).padStart(5)} ms, ` +
      `CPU ${middle(cpus).padStart(4)} ms, ${(bytes / 1000).toFixed(0).padStart(5)} kB  ` +
      `${method} ${path}`,
  );
}
