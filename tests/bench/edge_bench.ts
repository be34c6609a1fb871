/**
 * What an edge costs beside the model: requests through the whole app, in a real worker, without a network.
 */
import { FakeHub } from "../../edge/testing/fake_hub.ts";
import { post, runEdge } from "../../edge/testing/run_edge.ts";
import { until } from "../../edge/testing/waits.ts";
import { startWebWorker } from "../../edge/web_worker.ts";
import { readWorkerBinaries } from "../../edge/worker_binaries.ts";
import { packText } from "../../hub/export/pack_text.ts";
import { TINY_PACKING, tinyModel } from "../../hub/export/testing/tiny_model.ts";

const CLASSES = Array.from({ length: 27 }, (_, k) => String(1_000 + k));
const TITLE = "Chaise de jardin empilable en résine tressée, lot de 4, coloris blanc";
const DESCRIPTION = "Chaise robuste pour la terrasse et le jardin, résiste aux intempéries. "
  .repeat(7);

const binaries = await readWorkerBinaries();
const hub = await FakeHub.start();
// As many table rows as a catalogue of tens of thousands of products fills.
await hub.release(
  packText(tinyModel({ classes: CLASSES, hashBits: 18, used: 0.15 }), TINY_PACKING),
);
const edge = await runEdge(hub, { startWorker: () => startWebWorker(binaries) });
await until(async () => (await edge.app.request("/readyz")).status === 200, "the model", 30_000);

async function predict(body: unknown, path = "/v1/predict"): Promise<void> {
  const response = await post(edge, path, body);
  if (response.status !== 200) throw new Error(await response.text());
  await response.arrayBuffer();
}

// Written as async functions throughout: a bench that only returns a promise is not awaited.
Deno.bench("edge: one title", { group: "edge" }, async () => {
  await predict({ designation: TITLE });
});
Deno.bench("edge: one title with description", { group: "edge" }, async () => {
  await predict({ designation: TITLE, description: DESCRIPTION });
});
Deno.bench("edge: 32 titles at once", { group: "edge" }, async () => {
  await Promise.all(Array.from({ length: 32 }, () => predict({ designation: TITLE })));
});
Deno.bench("edge: batch of 100 titles", { group: "edge" }, async () => {
  const products = Array.from({ length: 100 }, () => ({ designation: TITLE }));
  await predict({ products }, "/v1/predict/batch");
});
