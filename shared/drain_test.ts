import assert from "node:assert/strict";
import { Drain, within } from "./drain.ts";

const ask = () => new Request("http://x/");

Deno.test("what is under way is answered, what comes new is sent elsewhere", async () => {
  const drain = new Drain();
  const gate = Promise.withResolvers<void>();
  const handler = drain.wrap(async () => {
    await gate.promise;
    return new Response("answered");
  });
  const first = handler(ask()), second = handler(ask());
  const ended = drain.end(60_000);
  const late = await handler(ask());
  assert.deepEqual([late.status, late.headers.get("connection")], [503, "close"]);
  assert.equal((await late.json()).code, "not-ready");
  gate.resolve();
  assert.deepEqual(await Promise.all([(await first).text(), (await second).text()]), [
    "answered",
    "answered",
  ]);
  assert.equal(await ended, true);
});

Deno.test("what is announced shows where one asks whether it is ready, and nowhere else", async () => {
  const drain = new Drain();
  const handler = drain.wrap(() => new Response("answered"));
  const status = async (path: string) => (await handler(new Request(`http://x${path}`))).status;
  assert.deepEqual(await Promise.all(["/readyz", "/v1/predict"].map(status)), [200, 200]);
  drain.announce("/readyz");
  assert.deepEqual(await Promise.all(["/readyz", "/readyz?x", "/v1/predict"].map(status)), [
    503,
    503,
    200,
  ]);
});

Deno.test("a handler that throws counts as answered, one that never ends is not waited for", async () => {
  const drain = new Drain();
  await assert.rejects(drain.wrap(() => Promise.reject(new Error("no")))(ask()), /no/);
  assert.equal(await new Drain().end(0), true);
  void drain.wrap(() => new Promise<Response>(() => {}))(ask());
  assert.equal(await drain.end(1), false);
  assert.equal(await within(1, new Promise(() => {})), false);
});
