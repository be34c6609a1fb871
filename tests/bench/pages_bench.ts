/**
 * What each page of the dashboard costs the server when tracking is full: 10,000 runs with 40 params and 10 metrics
 * each, 5,000,000 points, 1,000,000 records of feedback, 300 bundles, 8,500 gold products of which a third has a
 * picture, 10,000 entries of the audit.
 *
 * @module
 */
import { sha256 } from "@aisle/shared/hash";
import { mountDashboard } from "../../hub/dashboard/mod.ts";
import { fillAudit, fillFeedback, fillTracking } from "../../hub/testing/full_tracking.ts";
import { seed } from "../../hub/testing/seed.ts";
import { seedFindings } from "../../hub/testing/seed_findings.ts";
import { openTestHub } from "../../hub/testing/test_hub.ts";
import { measure } from "./measured_call.ts";

const RUNS = 10_000, METRICS = 10, STEPS = 50, FEEDBACK = 1_000_000;
const BUNDLES = 300, GOLD = 8_500, AUDIT = 10_000;

await using hub = await openTestHub();
mountDashboard(hub.app);
const { registry, database, blobs } = hub;
const seeded = await seed(registry, blobs);
await seedFindings(hub, seeded, GOLD);
await fillTracking(database, registry, RUNS, METRICS, STEPS);
await fillFeedback(database, registry, FEEDBACK);
for (let i = 0; i < BUNDLES; i++) {
  const digest = sha256(`bundle ${i}`);
  const rest = { catalogue: "demo", runId: null, dataset: seeded.dataset, sizeBytes: 1_000_000 };
  await registry.models.add({ digest, ...rest, manifest: {} });
  const metrics = { weightedF1: 0.9, accuracy: 0.9 };
  await registry.models.addEvaluation({
    catalogue: "demo",
    bundle: digest,
    goldDigest: seeded.dataset,
    metrics,
    blob: digest,
  });
}
await fillAudit(database, AUDIT);
const { items: runs } = await registry.runs.list({ catalogue: "shop", limit: 9 });
const [, ...clients] = runs.map((run) => run.id);
const model = `/models/${seeded.bundles[2]}`;
const runsPage = "/runs?catalogue=shop";
const next = (await registry.runs.search({ experiments: [runs[0]!.experiment] })).next!;
const sorted = "order=metrics.metric3%20desc";
const query = encodeURIComponent('metrics.metric3 > 0.8 and params.section2.key9 = "value-5"');

const PAGES: Readonly<Record<string, string>> = {
  overview: "/?catalogue=shop",
  runs: runsPage,
  "runs, second page": `${runsPage}&cursor=${encodeURIComponent(next)}`,
  "runs, searched": `${runsPage}&query=${query}`,
  "runs, sorted by a metric": `${runsPage}&${sorted}`,
  "one run": `/runs/${clients[0]}`,
  "8 runs compared": `/runs/compare?${clients.map((id) => `id=${id}`).join("&")}`,
  "models, first 50 of 300": "/models?catalogue=demo",
  "one model, 8,500 gold products": model,
  "gold products, first page": `${model}/gold?wrong=true`,
  "model card": `${model}/card`,
  "lineage of a bundle": `/lineage?catalogue=demo&kind=bundle&id=${seeded.bundles[0]}`,
  "lineage of half the feedback": `/lineage?catalogue=shop&kind=bundle&id=${"a".repeat(64)}`,
  "tokens and audit": "/access",
  "audit between two moments": "/access?since=2026-01-02T00:00&until=2026-01-03T00:00",
  "try it": "/try?catalogue=demo",
  catalogue: "/catalogue?catalogue=shop",
  labels: "/labels?catalogue=shop",
  jobs: "/jobs?catalogue=shop",
  edges: "/edges?catalogue=shop",
  monitoring: "/monitoring?catalogue=shop",
  review: "/review?catalogue=shop",
  "sources, quarantine, conflicts": "/review/feedback?catalogue=shop",
};
for (const [name, path] of Object.entries(PAGES)) {
  const headers = { accept: "text/html" };
  const once = await hub.send("admin", "GET", path, { headers });
  await once.body?.cancel();
  if (once.status !== 200) {
    console.log(`  ${name}: not there (${once.status})`);
    continue;
  }
  await measure(name, async () => (await hub.send("admin", "GET", path, { headers })).text());
}
