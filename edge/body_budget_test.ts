import assert from "node:assert/strict";
import { BodyBudget } from "./body_budget.ts";

/** A body that comes as a test sends it. */
function slowRequest(length?: number) {
  let send: ReadableStreamDefaultController<Uint8Array<ArrayBuffer>>;
  const body = new ReadableStream<Uint8Array<ArrayBuffer>>({
    start: (controller) => {
      send = controller;
    },
  });
  const headers = new Headers(length === undefined ? {} : { "content-length": String(length) });
  const request = new Request("http://edge/", { method: "POST", body, headers });
  return {
    request,
    send: (bytes: number) => send.enqueue(new Uint8Array(bytes)),
    end: () => send.close(),
  };
}
const turn = () => new Promise((done) => setTimeout(done, 0));

Deno.test("read() refuses at once what would not fit beside the bodies that are being read", async () => {
  const budget = new BodyBudget({ maxBytes: 1_000, timeoutMs: 10_000 });
  const first = slowRequest(800), second = slowRequest(300), third = slowRequest(200);
  const reading = [budget.read(first.request, 1_000)];
  await assert.rejects(budget.read(second.request, 1_000), { code: "overloaded" });
  reading.push(budget.read(third.request, 1_000));
  assert.equal(budget.used, 1_000);
  for (const { send, end } of [first, third]) {
    send(10);
    end();
  }
  await Promise.all(reading);
  assert.equal(budget.used, 0);
});

Deno.test("read() counts bodies of no declared length as they come", async () => {
  const budget = new BodyBudget({ maxBytes: 1_000, timeoutMs: 10_000 });
  const first = slowRequest(), second = slowRequest();
  const kept = budget.read(first.request, 10_000), refused = budget.read(second.request, 10_000);
  first.send(700);
  await turn();
  assert.equal(budget.used, 700);
  second.send(400);
  await assert.rejects(refused, { code: "overloaded" });
  assert.equal(budget.used, 700);
  first.end();
  assert.equal((await kept).length, 700);
  assert.equal(budget.used, 0);
});

Deno.test("read() lets one body in that is larger than the budget: it has a limit of its own", async () => {
  const budget = new BodyBudget({ maxBytes: 10, timeoutMs: 10_000 });
  const { request, send, end } = slowRequest(500);
  send(500);
  end();
  assert.equal((await budget.read(request, 500)).length, 500);
});

for (const length of [undefined, 100]) {
  Deno.test(`read() gives up on a body that does not come, of ${length ?? "no"} declared length`, async () => {
    const budget = new BodyBudget({ maxBytes: 1_000, timeoutMs: 5 });
    const { request, send } = slowRequest(length);
    send(1);
    await assert.rejects(budget.read(request, 1_000), { code: "request-timeout", status: 408 });
    assert.equal(budget.used, 0);
  });
}
