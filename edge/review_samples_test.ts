import assert from "node:assert/strict";
import type { ReviewSample } from "@aisle/shared/contract";
import { AppError } from "@aisle/shared/errors";
import { sha256 } from "@aisle/shared/hash";
import type { Answer } from "./answer.ts";
import { noLog } from "./log.ts";
import { createReviewSamples, type SampledProduct } from "./review_samples.ts";
import { FakeClock, until } from "./testing/waits.ts";

const product = (designation: string, picture: SampledProduct["picture"] = null) => ({
  designation,
  description: "",
  productid: "",
  imageid: "",
  picture,
});
const answer = (decision: "auto" | "review", unseen?: number): Answer => ({
  digest: "a".repeat(64),
  code: "10",
  label: "Ten",
  confidence: 0.4,
  decision,
  top: Array.from({ length: 12 }, (_, i) => ({ code: String(i), label: "", confidence: 0.05 })),
  route: "text",
  picture: "none",
  branches: {},
  ...(unseen === undefined ? {} : { unseen }),
});

function setUp(perHour = 400) {
  const sent: ReviewSample[] = [], pictures: string[] = [];
  const hub = { fails: null as AppError | null, wanted: true, calls: 0 };
  const clock = new FakeClock(), stop = new AbortController();
  const samples = createReviewSamples({
    client: {
      picture: (digest) => {
        pictures.push(digest);
        return Promise.resolve();
      },
      reviewSample: (sample) => {
        hub.calls++;
        if (hub.fails !== null) return Promise.reject(hub.fails);
        sent.push(sample);
        return Promise.resolve({ stored: true, wanted: hub.wanted });
      },
    },
    edgeId: "edge-1",
    catalogue: "demo",
    perHour,
    hubTimeoutMs: 1_000,
    clock,
    log: noLog,
  });
  const running = samples.run(stop.signal);
  return {
    samples,
    sent,
    pictures,
    hub,
    clock,
    async [Symbol.asyncDispose]() {
      stop.abort();
      await running;
    },
  };
}

Deno.test("what the model is unsure of is sent once a content, its picture first, by its digest", async () => {
  await using edge = setUp();
  const picture = new Uint8Array([1, 2, 3]);
  edge.samples.offer("r0", product("sure"), answer("auto"));
  edge.samples.offer("r1", product("A lamp", picture), answer("review", 0.25));
  edge.samples.offer("r2", product("<b>a LAMP</b>"), answer("review"));
  await until(() => edge.sent.length === 1 && edge.samples.waiting === 0, "the sample");
  const [sample] = edge.sent;
  assert.deepEqual([sample!.requestId, sample!.unseen, sample!.guesses.length], ["r1", 0.25, 9]);
  assert.deepEqual(edge.pictures, [sha256(picture)]);
  assert.equal(sample!.product.picture, sha256(picture));
});

Deno.test("no more is sent than the hour allows, and none where it is switched off", async () => {
  await using edge = setUp(8);
  for (let i = 0; i < 20; i++) edge.samples.offer(`r${i}`, product(`p${i}`), answer("review"));
  await until(() => edge.samples.waiting === 0, "the queue");
  assert.equal(edge.sent.length, 2, "a quarter of the hour's at once");
  await using off = setUp(0);
  off.samples.offer("r", product("p"), answer("review"));
  assert.equal(off.samples.waiting, 0);
});

Deno.test("a hub that wants no more, or has no review queue, is left alone for a while", async () => {
  for (const say of ["enough", "unknown"]) {
    await using edge = setUp();
    if (say === "enough") edge.hub.wanted = false;
    else edge.hub.fails = new AppError("not-found", "no such route");
    for (let i = 0; i < 5; i++) edge.samples.offer(`r${i}`, product(`p${i}`), answer("review"));
    await until(() => edge.samples.waiting === 0, "the pause");
    assert.equal(edge.hub.calls, 1);
    edge.samples.offer("later", product("later"), answer("review"));
    assert.equal(edge.samples.waiting, 0);
  }
});

Deno.test("a hub that cannot be reached is tried again; what does not fit meanwhile is left out", async () => {
  await using edge = setUp(10_000);
  edge.hub.fails = new AppError("hub-unreachable", "down");
  for (let i = 0; i < 150; i++) edge.samples.offer(`r${i}`, product(`p${i}`), answer("review"));
  assert.equal(edge.samples.waiting, 100);
  await until(() => edge.hub.calls > 0, "a try");
  edge.hub.fails = null;
  await until(() => {
    edge.clock.advance(60_000);
    return edge.sent.length === 100;
  }, "all samples");
});
