import assert from "node:assert/strict";
import { noLog } from "./log.ts";
import { createModelHost, type ModelHost, type ModelHostDeps } from "./model_host.ts";
import { releaseOf } from "./testing/fake_hub.ts";
import { fakeBundle, FakeWorker } from "./testing/fake_worker.ts";
import { until } from "./testing/waits.ts";
import { systemClock } from "./waiting.ts";

const BUNDLE = fakeBundle(["10", "20"]);
const product = (designation: string) => ({ designation, description: "" });

interface Hosted extends AsyncDisposable {
  readonly host: ModelHost;
  readonly workers: FakeWorker[];
}

async function hosted(
  options: Partial<ModelHostDeps> & {
    latencyMs?: number;
    bundle?: Uint8Array<ArrayBuffer> | null;
  } = {},
): Promise<Hosted> {
  const workers: FakeWorker[] = [];
  const host = createModelHost({
    start: () => {
      const worker = new FakeWorker(options.latencyMs);
      workers.push(worker);
      return worker;
    },
    workers: 1,
    maxQueue: 100,
    maxPictureBytes: 100,
    answerCacheBytes: 0,
    knowsPictures: false,
    timeoutMs: 2_000,
    clock: systemClock,
    log: noLog,
    ...options,
  });
  const bundle = options.bundle === undefined ? BUNDLE : options.bundle;
  if (bundle !== null) await host.swap(bundle, releaseOf(bundle));
  return { host, workers, [Symbol.asyncDispose]: host.close };
}

Deno.test("predict() before the first swap says no-release", async () => {
  await using h = await hosted({ bundle: null });
  await assert.rejects(h.host.predict([product("x")]), { code: "no-release" });
});

Deno.test("predict() answers each product in order, over slices and workers", async () => {
  await using h = await hosted({ workers: 3, maxQueue: 1_000 });
  const asked = Array.from({ length: 300 }, (_, i) => i % 3 === 0 ? "20" : "10");
  const answers = await Promise.all([
    h.host.predict(asked.map(product)),
    h.host.predict(asked.toReversed().map(product)),
  ]);
  assert.deepEqual(answers[0].map((a) => a.code), asked);
  assert.deepEqual(answers[1].map((a) => a.code), asked.toReversed());
  assert.deepEqual(await h.host.predict([]), []);
});

Deno.test("predict() refuses with overloaded and Retry-After what the queue has no room for, and nothing else", async () => {
  await using h = await hosted({ latencyMs: 20, maxQueue: 10 });
  const results = await Promise.allSettled(
    Array.from({ length: 30 }, () => h.host.predict([product("10")])),
  );
  const refused = results.filter((r) => r.status === "rejected");
  assert.equal(refused.length, 20);
  for (const { reason } of refused) {
    assert.equal(reason.code, "overloaded");
    assert.equal(reason.retryAfterSeconds, 1);
  }
  assert.equal(h.host.status().waiting, 0);
  await h.host.predict([product("10")]);
});

Deno.test("a single request does not wait for the whole of a large batch", async () => {
  await using h = await hosted({ latencyMs: 5, maxQueue: 1_000 });
  const order: string[] = [];
  const batch = h.host.predict(Array.from({ length: 640 }, () => product("10")))
    .then(() => order.push("batch"));
  const single = h.host.predict([product("20")]).then(() => order.push("single"));
  await Promise.all([batch, single]);
  assert.deepEqual(order, ["single", "batch"]);
});

Deno.test("a worker that dies in the middle is replaced and its requests are answered", async () => {
  await using h = await hosted({ latencyMs: 10 });
  const answers = Promise.all(["10", "20", "10"].map((code) => h.host.predict([product(code)])));
  await until(() => h.host.status().waiting === 3, "the requests to be in");
  h.workers[0]!.die("out of memory");
  assert.deepEqual((await answers).flat().map((a) => a.code), ["10", "20", "10"]);
  assert.equal(h.host.status().restarts, 1);
});

Deno.test("a worker that dies while idle is replaced", async () => {
  await using h = await hosted({ workers: 2 });
  h.workers[1]!.die("out of memory");
  await until(() => h.workers.length === 3 && h.host.status().workers === 2, "a new worker");
});

for (const poison of ["crash", "throw"]) {
  Deno.test(`a product that makes the worker ${poison} fails alone`, async () => {
    await using h = await hosted({ latencyMs: 5 });
    const results = await Promise.allSettled(
      ["10", poison, "20", "10"].map((text) => h.host.predict([product(text)])),
    );
    assert.deepEqual(results.map((r) => r.status), [
      "fulfilled",
      "rejected",
      "fulfilled",
      "fulfilled",
    ]);
  });
}

Deno.test("a worker that hangs is ended after the limit and replaced", async () => {
  await using h = await hosted({ timeoutMs: 50 });
  await assert.rejects(h.host.predict([product("hang")]), { code: "internal" });
  await until(() => h.host.status().workers === 1, "a new worker");
  assert.equal((await h.host.predict([product("20")]))[0]?.code, "20");
});

Deno.test("while no worker can be started, requests are refused rather than kept waiting", async () => {
  let broken = false;
  await using h = await hosted({
    start: () => {
      const worker = new FakeWorker();
      if (broken) worker.load = () => Promise.reject(new Error("no memory"));
      else h.workers.push(worker);
      return worker;
    },
    bundle: null,
  });
  await h.host.swap(BUNDLE, releaseOf(BUNDLE));
  broken = true;
  h.workers[0]!.die("out of memory");
  await assert.rejects(h.host.predict([product("10")]), { code: "not-ready" });
  broken = false;
  await until(() => h.host.status().workers === 1, "a new worker");
  await h.host.predict([product("10")]);
});

Deno.test("swap() that fails leaves the old model serving and no worker behind", async () => {
  const before = FakeWorker.alive;
  {
    await using h = await hosted({ workers: 2 });
    const broken = fakeBundle(["10"], { broken: true });
    await assert.rejects(h.host.swap(broken, releaseOf(broken)), { code: "bundle-invalid" });
    assert.equal(FakeWorker.alive, before + 2);
    assert.equal((await h.host.predict([product("20")]))[0]?.label, "Toys");
  }
  assert.equal(FakeWorker.alive, before);
});

Deno.test("relabel() renames at once, and refuses another bundle's release", async () => {
  await using h = await hosted();
  const labels = { version: 2, entries: [{ code: "20", name: "Games" }] };
  h.host.relabel(releaseOf(BUNDLE, { labels }));
  const [toys, books] = await h.host.predict([product("20"), product("10")]);
  assert.deepEqual([toys?.label, books?.label], ["Games", "10"]);
  assert.throws(() => h.host.relabel(releaseOf(fakeBundle(["1"]))), TypeError);
});

Deno.test("close() answers what is in and lets nothing more in", async () => {
  const before = FakeWorker.alive;
  const h = await hosted({ latencyMs: 10 });
  const inside = Promise.all(
    Array.from({ length: 80 }, () => h.host.predict([product("20")])),
  );
  const closing = h.host.close();
  await assert.rejects(h.host.predict([product("20")]), { code: "not-ready" });
  assert.equal((await inside).flat().length, 80);
  await closing;
  assert.equal(FakeWorker.alive, before);
});

Deno.test("pictures that wait are bounded by bytes; one alone gets in, whatever its size", async () => {
  await using h = await hosted({ latencyMs: 20, maxPictureBytes: 100 });
  const pictured = (bytes: number) => ({ ...product("10"), picture: new Uint8Array(bytes) });
  const large = h.host.predict([pictured(500)]);
  await assert.rejects(h.host.predict([pictured(1)]), { code: "overloaded" });
  await h.host.predict([product("20")]);
  await large;
  await h.host.predict([pictured(60)]);
});

Deno.test("predict() asks the model once for what it was asked before, and tells how often", async () => {
  let asked = 0;
  await using h = await hosted({
    answerCacheBytes: 100_000,
    start: () => {
      const worker = new FakeWorker();
      const predict = worker.predict.bind(worker);
      worker.predict = (products) => (asked += products.length, predict(products));
      return worker;
    },
  });
  const first = await h.host.predict([product("10"), product("20")]);
  const again = await h.host.predict([product("20"), product("10"), product("10 or so")]);
  assert.deepEqual(again.map((answer) => answer.code), ["20", "10", "10"]);
  assert.deepEqual(again[1], first[0]);
  assert.equal(asked, 3);
  const { hits, misses, bytes } = h.host.status().answers;
  assert.deepEqual([hits, misses], [2, 3]);
  assert.ok(bytes > 0);
  // The picture is part of the question, and why is always asked anew
  const picture = new Uint8Array([1]);
  await h.host.predict([{ ...product("10"), picture }, { ...product("10"), explain: true }]);
  assert.equal(asked, 5);
});

Deno.test("nothing that was answered is answered again after a swap or under new names", async () => {
  await using h = await hosted({ answerCacheBytes: 100_000 });
  const label = async () => (await h.host.predict([product("10")]))[0]!.label;
  assert.equal(await label(), "Books");
  const labels = { version: 2, entries: [{ code: "10", name: "Novels" }] };
  h.host.relabel(releaseOf(BUNDLE, { labels }));
  assert.equal(await label(), "Novels");
  const other = fakeBundle(["30", "20"]);
  await h.host.swap(other, releaseOf(other));
  assert.equal((await h.host.predict([product("10")]))[0]!.code, "30");
});

Deno.test("an answer that a swap overtakes is given once and not kept", async () => {
  await using h = await hosted({ answerCacheBytes: 100_000, latencyMs: 30 });
  const overtaken = h.host.predict([product("10")]);
  const other = fakeBundle(["30", "20"]);
  await h.host.swap(other, releaseOf(other));
  assert.equal((await overtaken)[0]!.code, "10");
  assert.equal((await h.host.predict([product("10")]))[0]!.code, "30");
});
