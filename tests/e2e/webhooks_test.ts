import assert from "node:assert/strict";
import { openTestHub, type TestHub } from "../../hub/testing/test_hub.ts";
import { verifyBody } from "../../hub/watch/signature.ts";
import { WebhookSender } from "../../hub/watch/webhook_sender.ts";

const SECRET = "0123456789abcdef0123456789abcdef";
const NOW = Date.UTC(2026, 0, 2, 4);

interface Received {
  readonly body: string;
  readonly headers: Headers;
  readonly path: string;
}

/** A receiver on loopback that gives `answers` one after the other, the last one for ever. */
function receiver(answers: readonly (() => Response | Promise<Response>)[]) {
  const received: Received[] = [];
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, async (request) => {
    const { pathname } = new URL(request.url);
    received.push({ body: await request.text(), headers: request.headers, path: pathname });
    return await answers[Math.min(received.length, answers.length) - 1]!();
  });
  return { received, host: `127.0.0.1:${server.addr.port}`, stop: () => server.shutdown() };
}

const ok = () => new Response(null, { status: 204 });

function sender(hub: TestHub, allowed: readonly string[], logged: unknown[] = []) {
  return new WebhookSender({
    registry: hub.registry,
    allowed,
    log: (...line) => void logged.push(line),
    now: () => NOW,
    random: () => 0,
    timeoutMs: 300,
  });
}

const raise = (hub: TestHub, key: string) =>
  hub.registry.alerts.raise({
    catalogue: "demo",
    key,
    kind: "drift",
    severity: "critical",
    message: "confidence drifts",
  });

const addHook = (hub: TestHub, url: string) =>
  hub.registry.webhooks.create({
    name: "team",
    url,
    secret: SECRET,
    catalogue: null,
    minSeverity: "warning",
    by: "ann",
  });

Deno.test("a webhook gets the alert signed, once, and its end after it", async () => {
  await using hub = await openTestHub();
  const { received, host, stop } = receiver([ok]);
  await using sending = sender(hub, [host]);
  await addHook(hub, `http://${host}/hook`);
  const { id } = await raise(hub, "drift");
  await sending.sendDue();
  await sending.sendDue();
  await hub.registry.alerts.resolve(id, "ann");
  await sending.sendDue();
  await stop();
  assert.deepEqual(received.map((r) => JSON.parse(r.body).event), [
    "alert.raised",
    "alert.resolved",
  ]);
  for (const { body, headers } of received) {
    assert.equal(await verifyBody(SECRET, body, headers.get("x-aisle-signature")!, NOW), true);
    assert.equal(headers.get("x-aisle-delivery"), JSON.parse(body).id);
    assert.ok(!body.includes(SECRET));
  }
  assert.equal(JSON.parse(received[1]!.body).alert.resolvedBy, "ann");
});

Deno.test("a webhook that fails, is slow or redirects is tried again, and its path is not in the log", async () => {
  await using hub = await openTestHub();
  const slow = Promise.withResolvers<Response>();
  const { received, host, stop } = receiver([
    () => new Response("no", { status: 500 }),
    () => slow.promise,
    () => new Response(null, { status: 302, headers: { location: "/elsewhere" } }),
    ok,
  ]);
  const logged: unknown[] = [];
  await using sending = sender(hub, [host], logged);
  const { id } = await addHook(hub, `http://${host}/secret-path`);
  await hub.registry.webhooks.test(id);
  for (let attempt = 0; attempt < 4; attempt++) {
    await sending.sendDue();
    hub.advance(3_600_000 * 7);
  }
  slow.resolve(ok());
  await stop();
  assert.equal(received.length, 4);
  assert.ok(received.every((r) => r.path === "/secret-path"), "a redirect was followed");
  assert.equal(new Set(received.map((r) => r.headers.get("x-aisle-delivery"))).size, 1);
  const [delivery] = (await hub.registry.webhooks.deliveries(id)).items;
  assert.deepEqual([delivery!.state, delivery!.attempts], ["delivered", 4]);
  assert.equal(logged.length, 3);
  assert.ok(!JSON.stringify(logged).includes("secret-path"));
});

Deno.test("a webhook to an internal address is not sent unless the configuration allows it", async () => {
  await using hub = await openTestHub();
  const { received, host, stop } = receiver([ok]);
  const port = host.split(":")[1];
  await using sending = sender(hub, []);
  const { id } = await addHook(hub, `https://localhost:${port}/`);
  await hub.registry.webhooks.test(id);
  await sending.sendDue();
  await stop();
  assert.equal(received.length, 0);
  const [delivery] = (await hub.registry.webhooks.deliveries(id)).items;
  assert.match(delivery!.error!, /internal address/);
});

Deno.test("a webhook that never answers does not hold up the others, and is given up in the end", async () => {
  await using hub = await openTestHub();
  const { received, host, stop } = receiver([ok]);
  const gone = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const dead = `127.0.0.1:${(gone.addr as Deno.NetAddr).port}`;
  gone.close();
  await using sending = sender(hub, [host, dead]);
  const { id } = await addHook(hub, `http://${dead}/`);
  await addHook(hub, `http://${host}/`);
  await raise(hub, "drift");
  for (let attempt = 0; attempt < 9; attempt++) {
    await sending.sendDue();
    hub.advance(3_600_000 * 7);
  }
  await stop();
  assert.equal(received.length, 1);
  const [delivery] = (await hub.registry.webhooks.deliveries(id)).items;
  assert.deepEqual([delivery!.state, delivery!.attempts], ["failed", 9]);
});
