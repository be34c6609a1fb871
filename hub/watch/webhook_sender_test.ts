import assert from "node:assert/strict";
import { noLog } from "../log.ts";
import { openTestHub } from "../testing/test_hub.ts";
import { DELIVERY_HEADER } from "./signature.ts";
import { WebhookSender } from "./webhook_sender.ts";

Deno.test("two senders on one database send each message once", async () => {
  const seen: string[] = [];
  await using receiver = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen: () => {} },
    async (request) => {
      await request.arrayBuffer();
      seen.push(request.headers.get(DELIVERY_HEADER)!);
      return new Response(null, { status: 204 });
    },
  );
  await using hub = await openTestHub();
  const host = `127.0.0.1:${receiver.addr.port}`, { registry } = hub;
  const webhook = await registry.webhooks.create({
    name: "team",
    url: `http://${host}/hook`,
    secret: "0123456789abcdef0123456789abcdef",
    catalogue: null,
    minSeverity: "info",
    by: "ann",
  });
  const sent = await Promise.all(
    Array.from({ length: 6 }, async () => (await registry.webhooks.test(webhook.id)).id),
  );
  const sender = () =>
    new WebhookSender({
      registry,
      allowed: [host],
      log: noLog,
      now: () => Date.parse("2026-01-02T03:04:05Z"),
      random: () => 0,
      resolve: () => Promise.resolve(["127.0.0.1"]),
    });
  await using one = sender();
  await using other = sender();
  await Promise.all([one.sendDue(), other.sendDue()]);
  assert.deepEqual(seen.toSorted(), sent.toSorted());
  const { items } = await registry.webhooks.deliveries(webhook.id);
  assert.ok(items.every(({ state, attempts }) => state === "delivered" && attempts === 1));
});
