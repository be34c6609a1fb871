import assert from "node:assert/strict";
import { seed } from "../testing/seed.ts";
import { openTestHub, type TestHub } from "../testing/test_hub.ts";
import { REPLAYED } from "./idempotency.ts";

const start = (hub: TestHub, key: string, json: unknown = {}) =>
  hub.send("operator", "POST", "/api/v1/catalogues/demo/train", {
    json,
    headers: { "idempotency-key": key },
  });
const jobs = async (hub: TestHub) => (await hub.registry.jobs.list()).items.length;

Deno.test("a POST that comes again with its key gets the answer of before, and nothing is done twice", async () => {
  await using hub = await openTestHub();
  await seed(hub.registry, hub.blobs);
  const before = await jobs(hub);
  const first = await start(hub, "k"), again = await start(hub, "k");
  assert.deepEqual([first.status, again.status], [202, 202]);
  assert.deepEqual([first.headers.get(REPLAYED), again.headers.get(REPLAYED)], [null, "true"]);
  assert.equal(again.headers.get("location"), first.headers.get("location"));
  assert.deepEqual(await again.json(), await first.json());
  assert.equal(await jobs(hub), before + 1);
  assert.equal((await start(hub, "other")).status, 202);
  assert.equal(await jobs(hub), before + 2);
  // Somebody else's key of the same name is another key; so is the same one a day later.
  const admin = await hub.send("admin", "POST", "/api/v1/catalogues/demo/train", {
    json: {},
    headers: { "idempotency-key": "k" },
  });
  assert.equal(admin.headers.get(REPLAYED), null);
  hub.advance(25 * 3_600_000);
  assert.equal((await start(hub, "k")).headers.get(REPLAYED), null);
  const audited = (await hub.registry.audit.list()).items.filter((e) => e.action.includes("train"));
  assert.equal(audited.length, 4, "replays are no changes");
});

Deno.test("duplicates at the same time wait for the first and get its answer", async () => {
  await using hub = await openTestHub();
  await seed(hub.registry, hub.blobs);
  const before = await jobs(hub);
  const answers = await Promise.all(Array.from({ length: 8 }, () => start(hub, "k")));
  const ids = await Promise.all(answers.map(async (a) => (await a.json()).id));
  assert.equal(new Set(ids).size, 1);
  assert.equal(await jobs(hub), before + 1);
});

Deno.test("a key with another request is a conflict, and an odd key is refused", async () => {
  await using hub = await openTestHub();
  await seed(hub.registry, hub.blobs);
  await (await start(hub, "k")).body?.cancel();
  const other = await start(hub, "k", { force: ["train"] });
  assert.deepEqual([other.status, (await other.json()).code], [409, "key-reused"]);
  assert.equal((await start(hub, "x".repeat(201))).status, 400);
});

Deno.test("what was refused gives its key free", async () => {
  await using hub = await openTestHub();
  assert.equal((await start(hub, "k")).status, 404, "there is no catalogue yet");
  await seed(hub.registry, hub.blobs);
  assert.equal((await start(hub, "k")).status, 202);
});

/** The hub dies after the work and before the answer is kept; the next requests come to another start of it. */
function killBeforeAnswer(hub: TestHub): { revive(): void } {
  const { claim, finish } = hub.registry.idempotency;
  Object.assign(hub.registry.idempotency, { finish: () => Promise.resolve() });
  return {
    revive() {
      Object.assign(hub.registry.idempotency, {
        finish,
        claim: (...[name, by]: Parameters<typeof claim>) =>
          claim(name, { ...by, boot: "another start" }),
      });
    },
  };
}

Deno.test("a job that a dead hub queued for a key is found again: it is queued once, and its answer is told", async () => {
  await using hub = await openTestHub();
  await seed(hub.registry, hub.blobs);
  const dead = killBeforeAnswer(hub);
  const first = await (await start(hub, "k")).json();
  const before = await jobs(hub);
  dead.revive();
  const again = await start(hub, "k");
  assert.deepEqual([again.status, (await again.json()).id], [202, first.id]);
  assert.equal((await start(hub, "k")).headers.get(REPLAYED), "true");
  assert.equal(await jobs(hub), before);
});

Deno.test("any other work that a dead hub left is not done again: its outcome is told to be unknown", async () => {
  await using hub = await openTestHub();
  await seed(hub.registry, hub.blobs);
  const add = () =>
    hub.send("operator", "POST", "/api/v1/catalogues/demo/labels", {
      json: { code: "new", name: "New" },
      headers: { "idempotency-key": "k" },
    });
  const dead = killBeforeAnswer(hub);
  assert.equal((await add()).status, 201);
  dead.revive();
  const again = await add();
  assert.deepEqual([again.status, (await again.json()).code], [409, "outcome-unknown"]);
});

Deno.test("an answer with a secret is never kept: its key says that it was done", async () => {
  await using hub = await openTestHub();
  const create = () =>
    hub.send("admin", "POST", "/api/v1/tokens", {
      json: { name: "bob", role: "viewer" },
      headers: { "idempotency-key": "k" },
    });
  assert.equal((await create()).status, 201);
  const again = await create();
  assert.equal(again.status, 409);
  assert.match((await again.json()).detail, /shown once/);
  assert.equal((await hub.registry.tokens.list()).filter((t) => t.name === "bob").length, 1);
});
