/**
 * The edge with real bundles in real Web Workers, fed by a fake hub over loopback.
 *
 * Lives here because it needs the hub's exporter to make a bundle, which the edge must not know.
 */
import assert from "node:assert/strict";
import { verify } from "@aisle/shared/bundle";
import { createPredictor } from "@aisle/shared/serving";
import { Prediction } from "@aisle/shared/contract";
import type { Edge } from "../../edge/edge.ts";
import { FakeHub } from "../../edge/testing/fake_hub.ts";
import { post, runEdge } from "../../edge/testing/run_edge.ts";
import { until } from "../../edge/testing/waits.ts";
import { startWebWorker } from "../../edge/web_worker.ts";
import { readWorkerBinaries } from "../../edge/worker_binaries.ts";
import { packText } from "../../hub/export/pack_text.ts";
import { TINY_PACKING, tinyModel } from "../../hub/export/testing/tiny_model.ts";

const binaries = await readWorkerBinaries();
const BUNDLES = [1, 2].map((seed) => packText(tinyModel({ seed }), TINY_PACKING));
const PRODUCT = { designation: "Chaise de jardin, 4 pièces", description: "<b>Résine</b> blanche" };
const startWorker = () => startWebWorker(binaries);

async function isReady(edge: Edge): Promise<boolean> {
  return (await edge.app.request("/readyz")).status === 200;
}
async function predict(edge: Edge): Promise<Prediction> {
  const response = await post(edge, "/v1/predict", PRODUCT);
  assert.equal(response.status, 200);
  return Prediction.parse(await response.json());
}

Deno.test("an edge answers exactly what the predictor that the gate uses answers", async () => {
  await using hub = await FakeHub.start();
  const { payload } = await hub.release(BUNDLES[0]!);
  const { digest } = JSON.parse(payload);
  await using edge = await runEdge(hub, { startWorker });
  await until(() => isReady(edge), "the release", 20_000);
  await using predictor = await createPredictor(verify(BUNDLES[0]!, digest), {
    wasmBinary: binaries.runtime,
  });
  const [expected] = await predictor.predict([PRODUCT]);
  const answer = await predict(edge);
  assert.equal(answer.digest, digest);
  assert.deepEqual(
    answer.top.map(({ code, confidence }) => [code, confidence]),
    expected!.top.map(({ index, confidence }) => [predictor.classes[index], confidence]),
  );
  const { selfTest } = await (await edge.app.request("/readyz")).json();
  assert.ok(selfTest.maxDifference <= 1e-4);
});

Deno.test("real swaps under load lose no request", async () => {
  await using hub = await FakeHub.start();
  await using edge = await runEdge(hub, { startWorker });
  await hub.release(BUNDLES[0]!);
  await until(() => isReady(edge), "the release", 20_000);
  let stop = false;
  const digests = new Set<string>();
  const clients = Array.from({ length: 4 }, async () => {
    while (!stop) digests.add((await predict(edge)).digest);
  });
  for (let sequence = 2; sequence <= 3; sequence++) {
    await hub.release(BUNDLES[(sequence + 1) % 2]!, { sequence });
    await until(
      async () => (await (await edge.app.request("/readyz")).json()).sequence === sequence,
      `release ${sequence}`,
      20_000,
    );
  }
  stop = true;
  await Promise.all(clients);
  assert.equal(digests.size, 2);
});

Deno.test("a real worker refuses a flipped byte anywhere, a truncated file and garbage", async () => {
  const good = BUNDLES[0]!;
  const { digest } = verify(good, null);
  const wrong = {
    first: good.with(0, good[0]! ^ 1),
    middle: good.with(good.length >> 1, good[good.length >> 1]! ^ 1),
    last: good.with(good.length - 1, good.at(-1)! ^ 1),
    truncated: good.slice(0, -1),
    garbage: crypto.getRandomValues(new Uint8Array(1_000)),
    empty: new Uint8Array(),
  };
  const worker = startWorker();
  try {
    for (const [what, bytes] of Object.entries(wrong)) {
      await assert.rejects(worker.load(bytes, digest), { code: "bundle-invalid" }, what);
    }
    assert.equal((await worker.load(good, digest)).digest, digest);
  } finally {
    worker.close();
  }
});
