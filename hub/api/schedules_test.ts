import assert from "node:assert/strict";
import { seed } from "../testing/seed.ts";
import { openTestHub, type TestHub } from "../testing/test_hub.ts";

const PATH = "/api/v1/schedules/nightly";
const NIGHTLY = {
  catalogue: "demo",
  kind: "pipeline",
  cron: "30 2 * * *",
  timeZone: "Europe/Paris",
  missedPolicy: "once",
  expectedByMs: 3_600_000,
};

async function openSeeded(): Promise<TestHub> {
  const hub = await openTestHub();
  await seed(hub.registry, hub.blobs);
  return hub;
}

Deno.test("a schedule is made, tells when it is due next, is paused, goes on and is removed", async () => {
  await using hub = await openSeeded();
  const made = await (await hub.send("operator", "PUT", PATH, { json: NIGHTLY })).json();
  assert.deepEqual([made.by, made.timeZone, made.missedPolicy, made.enabled], [
    "the operator",
    "Europe/Paris",
    "once",
    true,
  ]);
  assert.deepEqual(made.nextRuns.slice(0, 2), [
    "2026-01-03T01:30:00.000Z",
    "2026-01-04T01:30:00.000Z",
  ]);
  const off = await hub.send("operator", "PATCH", PATH, { json: { enabled: false } });
  assert.deepEqual((await off.json()).nextRuns, []);
  // Said anew, it is switched as it says.
  const again = await hub.send("operator", "PUT", PATH, { json: { ...NIGHTLY, enabled: true } });
  assert.equal((await again.json()).enabled, true);
  assert.equal((await hub.send("viewer", "GET", PATH)).status, 200);
  assert.equal((await hub.send("operator", "DELETE", PATH)).status, 200);
  assert.equal((await hub.send("viewer", "GET", PATH)).status, 404);
  const { items } = await hub.registry.audit.list({});
  assert.deepEqual(items.slice(0, 2).map((entry) => entry.action), [
    "remove-schedule",
    "set-schedule",
  ]);
});

Deno.test("a schedule that cannot be is refused with what is wrong", async () => {
  await using hub = await openSeeded();
  const refused = async (change: Record<string, unknown>) => {
    const response = await hub.send("operator", "PUT", PATH, { json: { ...NIGHTLY, ...change } });
    return `${response.status} ${(await response.json()).detail}`;
  };
  assert.match(await refused({ cron: "61 * * * *" }), /^400 Cannot read the cron expression/);
  assert.match(await refused({ timeZone: "Mars/Olympus" }), /^400 .*must be an IANA name/);
  assert.match(await refused({ catalogue: "nowhere" }), /^404 /);
  assert.match(await refused({ input: { forse: [] } }), /^400 Cannot start pipeline/);
  assert.match(await refused({ input: { params: { "train.sea": 1 } } }), /^422 .*train\.sea/);
  assert.deepEqual(await hub.registry.schedules.list(), []);
});

Deno.test("a schedule's job starts at once when asked, with an input of its own where one is given", async () => {
  await using hub = await openSeeded();
  await hub.send("operator", "PUT", PATH, { json: { ...NIGHTLY, timeoutMs: 60_000 } });
  const plain = await hub.send("operator", "POST", `${PATH}/run`);
  assert.equal(plain.status, 202);
  const job = await plain.json();
  assert.deepEqual([job.scheduleId, job.timeoutMs, job.input], ["nightly", 60_000, {}]);
  assert.equal((await hub.registry.schedules.get("nightly"))?.lastJobId, job.id);
  const input = { params: { "train.c": 4 } };
  const other = await hub.send("operator", "POST", `${PATH}/run`, { json: { input } });
  assert.deepEqual((await other.json()).input, input);
  assert.equal((await hub.send("operator", "POST", "/api/v1/schedules/nope/run")).status, 404);
});

Deno.test("a schedule of the params can be switched off, not removed", async () => {
  await using hub = await openSeeded();
  await hub.registry.schedules.upsert({
    id: "inspect-demo",
    catalogue: "demo",
    kind: "inspect",
    cron: "*/5 * * * *",
    enabled: true,
    input: {},
  });
  const removed = await hub.send("operator", "DELETE", "/api/v1/schedules/inspect-demo");
  assert.equal(removed.status, 409);
});
