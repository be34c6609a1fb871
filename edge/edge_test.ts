import assert from "node:assert/strict";
import { BatchAnswer, FeedbackAnswer, LabelList, Prediction } from "@aisle/shared/contract";
import { memoryKeep } from "./keep.ts";
import { FakeHub, newSigningKey } from "./testing/fake_hub.ts";
import { fakeBundle, FakeWorker } from "./testing/fake_worker.ts";
import { post, runEdge } from "./testing/run_edge.ts";
import { until } from "./testing/waits.ts";
import type { Edge } from "./edge.ts";

const BUNDLE = fakeBundle(["10", "20"]);
const NEXT_BUNDLE = fakeBundle(["10", "20", "30"]);

async function isReady(edge: Edge): Promise<boolean> {
  return (await edge.app.request("/readyz")).status === 200;
}

async function problemCode(edge: Edge): Promise<string | undefined> {
  const body = await (await edge.app.request("/readyz")).json();
  return body.problem?.code ?? (body.code === "no-release" ? "no-release" : undefined);
}

async function predict(edge: Edge, designation = "a 20 b"): Promise<Prediction> {
  const response = await post(edge, "/v1/predict", { designation });
  assert.equal(response.status, 200);
  return Prediction.parse(await response.json());
}

Deno.test("an edge without a release answers 503 no-release with Retry-After, and is alive", async () => {
  await using hub = await FakeHub.start();
  await using edge = await runEdge(hub);
  await edge.restored;
  for (
    const response of [
      await post(edge, "/v1/predict", { designation: "x" }),
      await post(edge, "/v1/predict/batch", { products: [{ designation: "x" }] }),
      await edge.app.request("/readyz"),
      await edge.app.request("/v1/labels"),
    ]
  ) {
    assert.equal(response.status, 503);
    assert.equal(response.headers.get("content-type"), "application/problem+json");
    assert.ok(Number(response.headers.get("retry-after")) > 0);
    assert.equal((await response.json()).code, "no-release");
  }
  assert.equal((await edge.app.request("/healthz")).status, 200);
});

Deno.test("an edge serves what the hub releases, relabels without a swap, and follows to the next bundle", async () => {
  await using hub = await FakeHub.start();
  await using edge = await runEdge(hub);
  const first = await hub.release(BUNDLE);
  await until(() => isReady(edge), "the first release");
  const answer = await predict(edge);
  assert.deepEqual([answer.code, answer.label, answer.decision], ["20", "Toys", "auto"]);
  assert.equal(answer.digest, JSON.parse(first.payload).digest);
  assert.equal(answer.catalogue, "demo");

  const labels = {
    version: 2,
    entries: [{ code: "20", name: "Games" }, { code: "99", name: "New" }],
  };
  await hub.release(BUNDLE, { sequence: 2, kind: "relabel", labels });
  await until(async () => (await predict(edge)).label === "Games", "the new name");
  const list = LabelList.parse(await (await edge.app.request("/v1/labels")).json());
  assert.equal(list.version, 2);
  assert.deepEqual(list.labels, [
    { code: "20", name: "Games", known: true },
    { code: "99", name: "New", known: false },
    { code: "10", name: "10", known: true },
  ]);

  await hub.release(NEXT_BUNDLE, { sequence: 3 });
  await until(async () => (await predict(edge, "30")).code === "30", "the next model");
  const metrics = await (await edge.app.request("/metrics")).text();
  assert.match(metrics, /^aisle_edge_swaps_total 2$/m);
  assert.match(metrics, /^aisle_edge_release_sequence 3$/m);
});

const REFUSED: Record<string, { code: string; serve: (hub: FakeHub) => Promise<void> }> = {
  "an answer that is no release": {
    code: "release-invalid",
    serve: (hub) => {
      hub.faults.releaseBody = "<html>not a release</html>";
      return Promise.resolve();
    },
  },
  "a release signed with another key": {
    code: "release-invalid",
    serve: async (hub) => {
      await hub.release(NEXT_BUNDLE, { sequence: 2 }, await newSigningKey());
    },
  },
  "a release whose payload was changed after signing": {
    code: "release-invalid",
    serve: async (hub) => {
      const signed = await hub.release(NEXT_BUNDLE, { sequence: 2 });
      const payload = signed.payload.replace('"sequence":2', '"sequence":9');
      hub.faults.releaseBody = JSON.stringify({ ...signed, payload });
    },
  },
  "a release of another catalogue": {
    code: "release-invalid",
    serve: async (hub) => {
      await hub.release(NEXT_BUNDLE, { sequence: 2, catalogue: "other" });
    },
  },
  "an older release": {
    code: "release-invalid",
    serve: async (hub) => {
      await hub.release(NEXT_BUNDLE, { sequence: 4 });
    },
  },
  "a bundle with one byte flipped": {
    code: "bundle-invalid",
    serve: async (hub) => {
      hub.faults.bundle = (bytes) => bytes.with(10, bytes[10]! ^ 1);
      await hub.release(NEXT_BUNDLE, { sequence: 6 });
    },
  },
  "a bundle that is shorter than its release says": {
    code: "hub-unreachable",
    serve: async (hub) => {
      hub.faults.bundle = (bytes) => bytes.slice(0, 20);
      await hub.release(NEXT_BUNDLE, { sequence: 6 });
    },
  },
  "a bundle that is longer than its release says": {
    code: "bundle-invalid",
    serve: async (hub) => {
      hub.faults.bundle = (bytes) => new Uint8Array(bytes.length + 1);
      await hub.release(NEXT_BUNDLE, { sequence: 6 });
    },
  },
  "garbage that the release names honestly": {
    code: "internal",
    serve: async (hub) => {
      await hub.release(new Uint8Array([1, 2, 3]), { sequence: 6 });
    },
  },
  "a bundle that fails its self-test": {
    code: "bundle-invalid",
    serve: async (hub) => {
      await hub.release(fakeBundle(["10"], { broken: true }), { sequence: 6 });
    },
  },
  "a bundle above the size that this edge takes": {
    code: "too-large",
    serve: async (hub) => {
      await hub.release(fakeBundle(["10"], { padding: 5_000 }), { sequence: 6 });
    },
  },
};

for (const [what, { code, serve }] of Object.entries(REFUSED)) {
  Deno.test(`an edge refuses ${what}, says so, and serves the last good one on`, async () => {
    await using hub = await FakeHub.start();
    await using edge = await runEdge(hub, { config: { maxBundleBytes: 4_000 } });
    const good = await hub.release(BUNDLE, { sequence: 5 });
    await until(() => isReady(edge), "the good release");
    await serve(hub);
    await until(async () => await problemCode(edge) === code, `the problem ${code}`);
    assert.equal((await predict(edge)).digest, JSON.parse(good.payload).digest);
    // And it recovers by itself once a good one comes.
    hub.faults.releaseBody = null;
    hub.faults.bundle = (bytes) => bytes;
    await hub.release(NEXT_BUNDLE, { sequence: 7 });
    await until(async () => (await predict(edge, "30")).code === "30", "the next good release");
    assert.equal(await problemCode(edge), undefined);
  });
}

Deno.test("an edge continues a bundle's transfer where it broke off", async () => {
  await using hub = await FakeHub.start();
  await using edge = await runEdge(hub);
  hub.faults.breaksAfter = [1_000, 500];
  await hub.release(fakeBundle(["10"], { padding: 50_000 }));
  await until(() => isReady(edge), "the release");
  const transfers = hub.seen.filter((line) => line.includes("/bundles/"));
  assert.deepEqual(transfers.map((line) => line.slice(-3)), ["200", "206", "206"]);
});

Deno.test("an edge serves on while its hub is down, starts from what it kept, and delivers later", async () => {
  await using hub = await FakeHub.start();
  const keep = memoryKeep();
  await hub.release(BUNDLE);
  {
    await using edge = await runEdge(hub, { keep });
    await until(() => isReady(edge), "the release");
    await hub.down();
    await until(
      async () => (await (await edge.app.request("/readyz")).json()).hub === "unreachable",
      "the hub to be missed",
    );
    const { requestId } = await predict(edge);
    const response = await post(edge, "/v1/feedback", { requestId, code: "10" });
    assert.equal(response.status, 202);
    const answer = FeedbackAnswer.parse(await response.json());
    assert.deepEqual([answer.stored, answer.duplicate, answer.joined], [false, false, true]);
  }
  // Restarted without a hub: the kept release serves and the feedback still waits.
  await using edge = await runEdge(hub, { keep });
  assert.equal(await edge.restored, true);
  await predict(edge);
  hub.up();
  await until(() => hub.feedback.size === 1, "the feedback to arrive");
  const [record] = hub.feedback.values();
  assert.deepEqual([record?.code, record?.product?.designation], ["10", "a 20 b"]);
  await until(() => hub.windows.size > 0, "telemetry");
});

Deno.test("an edge refuses a kept release that was tampered with", async () => {
  await using hub = await FakeHub.start();
  const keep = memoryKeep();
  await hub.release(BUNDLE);
  {
    await using edge = await runEdge(hub, { keep });
    await until(() => isReady(edge), "the release");
    await until(async () => await keep.get("release") !== null, "the release to be kept");
  }
  await hub.down();
  const stored = new TextDecoder().decode((await keep.get("release"))!);
  await keep.put("release", new TextEncoder().encode(stored.replace("Toys", "Guns")));
  await using edge = await runEdge(hub, { keep });
  assert.equal(await edge.restored, false);
  assert.equal(await isReady(edge), false);
});

Deno.test("an edge whose kept bundle went bad fetches it again", async () => {
  await using hub = await FakeHub.start();
  const keep = memoryKeep();
  const { payload } = await hub.release(BUNDLE);
  const name = `bundle/${JSON.parse(payload).digest}`;
  {
    await using edge = await runEdge(hub, { keep });
    await until(async () => await keep.get("release") !== null, "the release to be kept");
    await until(() => isReady(edge), "the release");
  }
  await keep.put(name, new Uint8Array(BUNDLE.length));
  await using edge = await runEdge(hub, { keep });
  assert.equal(await edge.restored, false);
  await until(() => isReady(edge), "the release again");
  assert.deepEqual(await keep.get(name), BUNDLE);
});

Deno.test("no request fails or is lost over twenty swaps under load", async () => {
  await using hub = await FakeHub.start();
  const before = FakeWorker.alive;
  {
    await using edge = await runEdge(hub, {
      startWorker: () => new FakeWorker(2),
      config: { workers: 2 },
    });
    const bundles = [BUNDLE, NEXT_BUNDLE];
    await hub.release(BUNDLE, { sequence: 1 });
    await until(() => isReady(edge), "the release");
    let stop = false, answered = 0;
    const digests = new Set<string>();
    const clients = Array.from({ length: 8 }, async () => {
      while (!stop) {
        const { digest, code } = await predict(edge);
        assert.equal(code, "20");
        digests.add(digest);
        answered++;
      }
    });
    for (let sequence = 2; sequence <= 21; sequence++) {
      await hub.release(bundles[sequence % 2]!, { sequence });
      await until(
        async () => (await (await edge.app.request("/readyz")).json()).sequence === sequence,
        `release ${sequence}`,
      );
    }
    stop = true;
    await Promise.all(clients);
    assert.equal(digests.size, 2);
    assert.ok(answered > 100, `only ${answered} requests`);
    await until(() => FakeWorker.alive === before + 2, "the old workers to end");
    const metrics = await (await edge.app.request("/metrics")).text();
    assert.match(metrics, new RegExp(`^aisle_edge_requests_total ${answered}$`, "m"));
  }
  assert.equal(FakeWorker.alive, before);
});

Deno.test("feedback is stored once, however often it is sent; unjoined feedback says so", async () => {
  await using hub = await FakeHub.start();
  await using edge = await runEdge(hub);
  await hub.release(BUNDLE);
  await until(() => isReady(edge), "the release");
  const { requestId, digest } = await predict(edge);
  for (const duplicate of [false, true, true]) {
    const response = await post(edge, "/v1/feedback", { requestId, code: "10" });
    assert.equal(response.status, 201);
    const answer = FeedbackAnswer.parse(await response.json());
    assert.deepEqual([answer.stored, answer.duplicate, answer.joined], [true, duplicate, true]);
  }
  assert.equal(hub.feedback.size, 1);
  const [record] = hub.feedback.values();
  assert.deepEqual(record?.predicted, { code: "20", confidence: 0.9, digest });

  const other = await post(edge, "/predict/feedback", { requestId: "of another edge", code: "10" });
  const answer = FeedbackAnswer.parse(await other.json());
  assert.equal(answer.joined, false);
  assert.match(answer.note ?? "", /unjoined and trains nothing/);

  const given = await post(edge, "/v1/feedback", {
    requestId: "of another edge",
    product: { designation: "a thing", productid: 7 },
    code: "20",
  });
  assert.equal(FeedbackAnswer.parse(await given.json()).joined, true);
  assert.equal([...hub.feedback.values()].at(-1)?.product?.productid, "7");
});

Deno.test("the hub's refusal of a code reaches the user", async () => {
  await using hub = await FakeHub.start();
  await using edge = await runEdge(hub);
  hub.faults.unknownCodes.add("77");
  const response = await post(edge, "/v1/feedback", { product: { designation: "x" }, code: "77" });
  assert.equal(response.status, 422);
  assert.equal((await response.json()).code, "unknown-code");
  assert.match(
    await (await edge.app.request("/metrics")).text(),
    /errors_total\{code="unknown-code"\} 1/,
  );
});

Deno.test("a batch answers each product by itself", async () => {
  await using hub = await FakeHub.start();
  await using edge = await runEdge(hub);
  await hub.release(BUNDLE);
  await until(() => isReady(edge), "the release");
  const products = Array.from({ length: 100 }, (_, i) => ({ designation: i % 2 ? "20" : "10" }));
  const response = await post(edge, "/v1/predict/batch", {
    products: [...products, { designation: "" }, 7, { title: "x" }],
  });
  assert.equal(response.status, 200);
  const { predictions, failed } = BatchAnswer.parse(await response.json());
  assert.equal(failed, 3);
  assert.equal(predictions.length, 103);
  const codes = predictions.map((p) => "error" in p ? p.error.code : p.code);
  assert.deepEqual(codes.slice(0, 4), ["10", "20", "10", "20"]);
  assert.deepEqual(codes.slice(100), ["input-invalid", "input-invalid", "input-invalid"]);
  const ids = new Set(predictions.map((p) => "error" in p ? "" : p.requestId));
  assert.equal(ids.size, 101);
});

Deno.test("telemetry windows count every prediction once, without holes", async () => {
  await using hub = await FakeHub.start();
  {
    await using edge = await runEdge(hub);
    await hub.release(BUNDLE);
    await until(() => isReady(edge), "the release");
    for (let i = 0; i < 50; i++) await predict(edge);
    await until(() => hub.windows.size > 2, "some windows");
    hub.faults.status = 500;
    for (let i = 0; i < 50; i++) await predict(edge);
    hub.faults.status = null;
  }
  const windows = [...hub.windows.values()].sort((a, b) => a.seq - b.seq);
  assert.deepEqual(windows.map((w) => w.seq), windows.map((_, i) => i + 1));
  const total = windows.reduce((sum, w) => sum + w.predictions, 0);
  assert.equal(total, 100);
  assert.equal(windows.reduce((sum, w) => sum + (w.codes["20"] ?? 0), 0), 100);
  assert.equal(windows.reduce((sum, w) => sum + (w.confidence[18] ?? 0), 0), 100);
});
