/**
 * What the API costs its callers while the hub trains: a real hub in its own process, a real pipeline of made-up
 * products that keeps every core busy, and requests at a fixed pace whether or not the one before has been answered.
 *
 * Times are of the caller, from the moment at which a request was due, so that a stall counts for every request that it
 * held up. The same requests to the idle hub stand beside, and how late the caller's own timers were: what other work
 * on the machine adds to both: where they are late, the figures tell of that work. With no `nice` on the path
 * (`PATH=/nowhere`) the stages run at the hub's own priority.
 *
 * `deno run -P=test tests/bench/api_while_training_bench.ts [ROWS]`
 *
 * @module
 */
import { cpus, loadavg } from "node:os";
import type { Job, JobEvent } from "../../hub/registry/jobs.ts";
import { hubJson, runJson, scratch, startHub } from "../e2e/processes.ts";
import { writeLargeCatalogue } from "./large_catalogue.ts";

const ROWS = Number(Deno.args[0] ?? 30_000);
/** One request each so many milliseconds, route by route. */
const PACE_MS = 20;
const IDLE_REQUESTS = 500;
const GOAL_P99_MS = 50;

interface Measured {
  readonly route: string;
  readonly ms: number;
}

/** Sends requests to `routes` in turn until `over`; resolves when all are answered. */
async function pace(
  url: string,
  token: string,
  routes: readonly string[],
  over: (sent: number) => boolean,
): Promise<{ measured: Measured[]; lateMs: number[] }> {
  const measured: Measured[] = [], lateMs: number[] = [], open: Promise<void>[] = [];
  const headers = { authorization: `Bearer ${token}` };
  let dueMs = performance.now();
  for (let sent = 0; !over(sent); sent++) {
    dueMs += PACE_MS;
    await new Promise((done) => setTimeout(done, Math.max(0, dueMs - performance.now())));
    lateMs.push(performance.now() - dueMs);
    const route = routes[sent % routes.length]!, sentMs = dueMs;
    open.push((async () => {
      const response = await fetch(url + route, { headers });
      await response.arrayBuffer();
      if (!response.ok) throw new Error(`${route} answered ${response.status}`);
      measured.push({ route, ms: performance.now() - sentMs });
    })());
  }
  await Promise.all(open);
  return { measured, lateMs };
}

function quantiles(values: readonly number[]): string {
  const sorted = values.toSorted((a, b) => a - b);
  const at = (q: number) => sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))]!;
  const text = (ms: number) => ms.toFixed(1).padStart(7);
  return `p50 ${text(at(0.5))}  p99 ${text(at(0.99))}  most ${text(sorted.at(-1)!)} ms`;
}

function report(title: string, { measured, lateMs }: Awaited<ReturnType<typeof pace>>): number {
  console.log(`${title}: ${measured.length} requests, load ${loadavg()[0]!.toFixed(1)}`);
  for (const [route, of] of Map.groupBy(measured, (m) => m.route)) {
    console.log(`  ${route.padEnd(44)} ${quantiles(of.map((m) => m.ms))}`);
  }
  console.log(`  ${"all".padEnd(44)} ${quantiles(measured.map((m) => m.ms))}`);
  console.log(`  ${"the caller's own timers, late by".padEnd(44)} ${quantiles(lateMs)}`);
  const sorted = measured.map((m) => m.ms).toSorted((a, b) => a - b);
  return sorted[Math.floor(0.99 * sorted.length)]!;
}

await using folder = await scratch();
const data = `${folder.path}/data`, raw = `${folder.path}/raw`;
await writeLargeCatalogue(raw, ROWS);
await runJson(data, ["ingest", "--x", `${raw}/x.csv`, "--y", `${raw}/y.csv`, "--name", "shop"]);
await using hub = await startHub(data);
const token = (await hubJson<{ token: string }>(data, "POST", "/api/v1/tokens", {
  name: "bench",
  role: "viewer",
})).token;
const first = await hubJson<Job>(data, "POST", "/api/v1/catalogues/shop/split", {});
const routes = [
  "/healthz",
  "/api/v1/catalogues",
  "/api/v1/catalogues/shop/datasets",
  "/api/v1/catalogues/shop/aliases",
  "/api/v1/jobs?limit=50",
  `/api/v1/jobs/${first.id}`,
  `/api/v1/jobs/${first.id}/stages`,
  "/api/v1/runs?catalogue=shop",
  "/api/v1/schedules",
  "/api/v1/catalogues/shop/feedback/stats",
];
const ended = async (id: string) =>
  (await hubJson<Job>(data, "GET", `/api/v1/jobs/${id}`)).endedAt !== null;
while (!await ended(first.id)) await new Promise((done) => setTimeout(done, 100));
console.log(`${ROWS} products, ${cpus().length} cores`);
await pace(hub.url, token, routes, (sent) => sent >= 50);
report("idle hub", await pace(hub.url, token, routes, (sent) => sent >= IDLE_REQUESTS));

const job = await hubJson<Job>(data, "POST", "/api/v1/catalogues/shop/pipeline", {});
let over = false;
const watch = (async () => {
  while (!await ended(job.id)) await new Promise((done) => setTimeout(done, 500));
  over = true;
})();
const p99 = report("while it trains", await pace(hub.url, token, routes, () => over));
await watch;
const { items } = await hubJson<{ items: JobEvent[] }>(data, "GET", `/api/v1/jobs/${job.id}/log`);
for (const line of items) {
  if (line.type === "stage" && line["ms"] !== undefined) {
    console.log(
      `  ${String(line["stage"]).padEnd(12)} ${(Number(line["ms"]) / 1000).toFixed(1)} s`,
    );
  }
}
console.log(`p99 ${p99.toFixed(1)} ms, the goal is under ${GOAL_P99_MS} ms`);
