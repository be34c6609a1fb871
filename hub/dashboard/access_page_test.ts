import assert from "node:assert/strict";
import { openDashboard, visit } from "./testing/signed_in.ts";

Deno.test("a token is made, its secret shown once, rotated and revoked, by admins alone", async () => {
  await using hub = await openDashboard();
  await hub.registry.catalogues.ensure("demo");
  const admin = await visit(hub, "admin"), operator = await visit(hub, "operator");
  assert.equal((await operator.get("/access")).status, 403);
  assert.doesNotMatch(await operator.page("/"), /href="\/access/);
  assert.match(await admin.page("/"), /href="\/access/);
  assert.equal((await operator.post("/ui/tokens", { name: "x", role: "viewer" })).status, 403);

  const made = await admin.post("/ui/tokens", {
    name: "camera",
    role: "edge",
    catalogue: "demo",
    expires: "2027-01-01T00:00",
  });
  assert.deepEqual([made.status, made.headers.get("location")], [303, "/access"]);
  const secretOf = (page: string) => /<pre tabindex="0">(aisle_[^<]+)<\/pre>/.exec(page)?.[1];
  // What the script fetches by itself is seen by nobody: the secret waits for a page.
  assert.equal(secretOf(await admin.page("/access", { "x-aisle-refresh": "1" })), undefined);
  const secret = secretOf(await admin.page("/access"))!;
  assert.equal(secretOf(await admin.page("/access")), undefined);
  const record = (await hub.registry.tokens.verify(secret))!;
  assert.deepEqual([record.name, record.role, record.catalogue], ["camera", "edge", "demo"]);
  assert.equal(record.expiresAt, "2027-01-01T00:00:00.000Z");

  await admin.post(`/ui/tokens/${record.id}/rotate`, {});
  const next = secretOf(await admin.page("/access"))!;
  assert.notEqual(next, secret);
  assert.equal(
    (await hub.registry.tokens.verify(secret))?.id,
    record.id,
    "the old one has its hour",
  );
  hub.advance(3_600_001);
  await assert.rejects(hub.registry.tokens.verify(secret), { code: "token-expired" });
  await admin.post(`/ui/tokens/${record.id}/revoke`, { back: "/access" });
  assert.equal(await hub.registry.tokens.verify(next), null);

  const last = (await hub.registry.tokens.list()).find((token) => token.role === "admin")!;
  assert.equal((await admin.post(`/ui/tokens/${last.id}/revoke`, {})).status, 409);
  const refused: Record<string, string>[] = [
    { role: "king" },
    { role: "viewer", expires: "soon" },
    { role: "viewer", catalogue: "demo" },
  ];
  for (const wrong of refused) {
    assert.equal((await admin.post("/ui/tokens", { name: "x", ...wrong })).status, 400);
  }
  const actions = (await hub.registry.audit.list()).items.map((entry) => entry.action);
  assert.deepEqual(actions.slice(0, 3), ["revoke-token", "rotate-token", "create-token"]);
  assert.doesNotMatch(JSON.stringify(await hub.registry.audit.list()), new RegExp(secret));
});

Deno.test("the audit is filtered by who, what and when, and goes by pages", async () => {
  await using hub = await openDashboard();
  const entries = async (count: number, actor: string, action: string) => {
    for (let i = 0; i < count; i++) {
      await hub.registry.audit.add({ actor, action, target: `${action} ${i}` });
    }
  };
  await entries(60, "ann", "promote");
  hub.advance(86_400_000);
  await entries(2, "ben", "rollback");
  hub.advance(86_400_000);
  await entries(3, "ann", "rollback");
  const admin = await visit(hub, "admin");
  const targets = async (query: string) =>
    [...(await admin.page(`/access?${query}`)).matchAll(/(?:promote|rollback) \d+(?=<)/g)]
      .map((match) => match[0]);
  assert.deepEqual(await targets("actor=ben"), ["rollback 1", "rollback 0"]);
  assert.equal((await targets("action=rollback")).length, 5);
  assert.equal((await targets("actor=ann&action=rollback")).length, 3);
  assert.equal((await targets("until=2026-01-02T12:00&actor=ann")).length, 50);
  assert.deepEqual(await targets("since=2026-01-03T00:00&until=2026-01-03T12:00"), [
    ...["rollback 1", "rollback 0"],
  ]);
  assert.deepEqual(await targets("until=2020-01-01T00:00"), []);
  assert.deepEqual(await targets("since=2030-01-01T00:00"), []);
  const first = await admin.page("/access?actor=ann");
  const next = /href="([^"]+)" rel="next"/.exec(first)![1]!.replaceAll("&amp;", "&");
  assert.match(next, /actor=ann/);
  assert.equal((await targets(next.split("?")[1]!)).length, 13);
});
