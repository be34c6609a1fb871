import assert from "node:assert/strict";
import { AppError } from "@aisle/shared/errors";
import { sha256 } from "@aisle/shared/hash";
import type { FeedbackRecord } from "@aisle/shared/contract";
import { createFeedback, type FeedbackDeps } from "./feedback.ts";
import { memoryKeep } from "./keep.ts";
import { noLog } from "./log.ts";
import { openOutbox } from "./outbox.ts";
import { RecentRequests } from "./recent.ts";
import type { Product } from "./requests.ts";
import { FakeClock, until } from "./testing/waits.ts";

const DIGEST = "a".repeat(64);
const PRODUCT = { designation: "a chair", description: "", productid: "1", imageid: "2" };

const given = (designation: string, picture: Uint8Array<ArrayBuffer> | null = null): Product => ({
  designation,
  description: "",
  productid: "",
  imageid: "",
  explain: false,
  picture,
});

/** Feedback with a hub that does what `fails` says. */
async function setUp(options: Partial<FeedbackDeps> = {}) {
  const stored = new Map<string, FeedbackRecord>();
  const events: string[] = [];
  const pictures = new Map<string, Uint8Array>();
  const hub = {
    fails: null as AppError | null,
    refusesPictures: null as AppError | null,
    calls: 0,
  };
  const clock = new FakeClock();
  const recent = new RecentRequests({ requests: 10, chars: 1_000, pictureBytes: 1_000 });
  recent.add("r1", {
    product: { ...PRODUCT, picture: null },
    predicted: { code: "10", confidence: 0.5, digest: DIGEST },
  });
  const outbox = await openOutbox({
    keep: memoryKeep(),
    max: 100,
    maxPictureBytes: 10,
    log: noLog,
  });
  let ids = 0;
  const feedback = createFeedback({
    client: {
      picture: (digest, bytes) => {
        if (hub.fails !== null) return Promise.reject(hub.fails);
        if (hub.refusesPictures !== null) return Promise.reject(hub.refusesPictures);
        pictures.set(digest, bytes);
        return Promise.resolve();
      },
      feedback: (record) => {
        hub.calls++;
        if (hub.fails !== null) return Promise.reject(hub.fails);
        const duplicate = stored.has(record.idempotencyKey);
        if (!duplicate) stored.set(record.idempotencyKey, record);
        return Promise.resolve({ stored: !duplicate, duplicate });
      },
    },
    outbox,
    recent,
    observer: { feedback: (event) => events.push(event) },
    edgeId: "edge-1",
    catalogue: "demo",
    waitMs: 100,
    hubTimeoutMs: 100,
    clock,
    newId: () => `id-${ids++}`,
    log: noLog,
    ...options,
  });
  return { feedback, stored, pictures, events, hub, clock, outbox };
}
const AWAY = new AppError("hub-unreachable", "away");

Deno.test("submit() joins a request with its product and what was predicted", async () => {
  const { feedback, stored, events } = await setUp();
  const answer = await feedback.submit({ requestId: "r1", code: "20" });
  assert.deepEqual([answer.stored, answer.duplicate, answer.joined], [true, false, true]);
  assert.equal(answer.note, undefined);
  const [record] = stored.values();
  assert.deepEqual(record?.product, PRODUCT);
  assert.deepEqual(record?.predicted, { code: "10", confidence: 0.5, digest: DIGEST });
  assert.equal(record?.at, "2026-01-01T00:00:00.000Z");
  assert.deepEqual(events, ["received", "delivered"]);
});

Deno.test("submit() keeps its word: what was predicted wins over the product sent along", async () => {
  const { feedback, stored } = await setUp();
  const product = given("another");
  await feedback.submit({ requestId: "r1", product, code: "20" });
  await feedback.submit({ requestId: "unknown", product, code: "20" });
  assert.deepEqual([...stored.values()].map((r) => r.product?.designation), ["a chair", "another"]);
});

Deno.test("the same verdict on the same request is one feedback; another verdict is another", async () => {
  const { feedback, stored } = await setUp();
  const keys = [];
  for (const code of ["20", "20", "30"]) {
    keys.push((await feedback.submit({ requestId: "r1", code })).idempotencyKey);
  }
  assert.equal(keys[0], keys[1]);
  assert.equal(stored.size, 2);
  // Without a request, each is its own: two customers may well say the same of the same product.
  const product = given("x");
  await feedback.submit({ product, code: "20" });
  await feedback.submit({ product, code: "20" });
  assert.equal(stored.size, 4);
});

Deno.test("what the hub refuses for good is thrown and not kept", async () => {
  const { feedback, hub, outbox } = await setUp();
  hub.fails = new AppError("unknown-code", "no such code");
  await assert.rejects(feedback.submit({ requestId: "r1", code: "x" }), { code: "unknown-code" });
  assert.equal(outbox.size, 0);
});

Deno.test("while the hub is away feedback is kept once, then delivered without being asked", async () => {
  const { feedback, stored, hub, clock, outbox, events } = await setUp();
  const stop = new AbortController();
  hub.fails = AWAY;
  const first = await feedback.submit({ requestId: "r1", code: "20" });
  assert.deepEqual([first.stored, first.duplicate], [false, false]);
  assert.match(first.note ?? "", /memory/);
  const again = await feedback.submit({ requestId: "r1", code: "20" });
  assert.deepEqual([again.stored, again.duplicate], [false, true]);
  // Known to be away: the next does not make its user wait for the hub.
  const { calls } = hub;
  await feedback.submit({ product: given("x"), code: "20" });
  assert.equal(hub.calls, calls);
  assert.equal(outbox.size, 2);

  const running = feedback.run(stop.signal);
  await until(() => clock.sleeping === 1, "the delivery to back off");
  hub.fails = null;
  await clock.advance(60_000);
  await until(() => outbox.size === 0, "the delivery");
  assert.equal(stored.size, 2);
  assert.equal(events.filter((e) => e === "delivered").length, 2);
  assert.equal(events.filter((e) => e === "kept").length, 2);
  stop.abort();
  await running;
});

Deno.test("what the hub had already and what a full outbox refuses are counted, and the sender of the latter is told", async () => {
  const full = await openOutbox({ keep: memoryKeep(), max: 0, maxPictureBytes: 0, log: noLog });
  const { feedback, hub, events } = await setUp({ outbox: full });
  await feedback.submit({ requestId: "r1", code: "20", idempotencyKey: "k" });
  const { stored, duplicate } = await feedback.submit({
    requestId: "r1",
    code: "20",
    idempotencyKey: "k",
  });
  assert.deepEqual([stored, duplicate], [true, true]);
  hub.fails = AWAY;
  await assert.rejects(feedback.submit({ product: given("x"), code: "20" }), {
    code: "overloaded",
  });
  assert.deepEqual(
    events.filter((e) => e !== "received"),
    ["delivered", "delivered", "duplicate", "refused"],
  );
});

Deno.test("a record that the hub refuses later is dropped, counted, and does not hold up the rest", async () => {
  const { feedback, stored, hub, clock, outbox, events } = await setUp();
  hub.fails = AWAY;
  for (const requestId of ["r1", "r2"]) await feedback.submit({ requestId, code: "20" });
  const stop = new AbortController();
  const running = feedback.run(stop.signal);
  await until(() => clock.sleeping === 1, "the delivery to back off");
  hub.fails = new AppError("unknown-code", "no such code");
  await clock.advance(60_000);
  await until(() => outbox.size === 0, "the drop");
  assert.deepEqual([stored.size, events.filter((e) => e === "dropped").length], [0, 2]);
  stop.abort();
  await running;
});

Deno.test("a refused token loses nothing: it can be mended", async () => {
  const { feedback, hub, outbox } = await setUp();
  hub.fails = new AppError("unauthenticated", "the token was revoked");
  const answer = await feedback.submit({ requestId: "r1", code: "20" });
  assert.equal(answer.stored, false);
  assert.equal(outbox.size, 1);
});

const PICTURE = new Uint8Array([1, 2, 3]);

Deno.test("a picture goes to the hub once, before the feedback that names it", async () => {
  const { feedback, stored, pictures } = await setUp();
  for (const code of ["20", "30"]) {
    await feedback.submit({ requestId: "elsewhere", product: given("x", PICTURE), code });
  }
  const digest = sha256(PICTURE);
  assert.deepEqual([...pictures], [[digest, PICTURE]]);
  assert.deepEqual([...stored.values()].map((r) => r.product?.picture), [digest, digest]);
});

Deno.test("feedback goes without its picture where the hub will never take it", async () => {
  const { feedback, stored, hub } = await setUp();
  hub.refusesPictures = new AppError("picture-invalid", "no picture");
  const answer = await feedback.submit({ product: given("x", PICTURE), code: "20" });
  assert.equal(answer.stored, true);
  assert.equal([...stored.values()][0]?.product?.picture, undefined);
});

Deno.test("a picture waits with its feedback while there is room, and arrives with it", async () => {
  const { feedback, stored, pictures, hub, clock, outbox } = await setUp();
  hub.fails = AWAY;
  await feedback.submit({ product: given("kept", PICTURE), code: "20" });
  await feedback.submit({ product: given("same", PICTURE), code: "20" });
  await feedback.submit({ product: given("too much", new Uint8Array(8)), code: "20" });
  const stop = new AbortController();
  const running = feedback.run(stop.signal);
  await until(() => clock.sleeping === 1, "the delivery to back off");
  hub.fails = null;
  await clock.advance(60_000);
  await until(() => outbox.size === 0, "the delivery");
  const named = [...stored.values()].map((r) => [r.product?.designation, r.product?.picture]);
  const digest = sha256(PICTURE);
  assert.deepEqual(named.sort(), [["kept", digest], ["same", digest], ["too much", undefined]]);
  assert.deepEqual([...pictures.keys()], [digest]);
  assert.equal(await outbox.picture(digest), null);
  stop.abort();
  await running;
});
