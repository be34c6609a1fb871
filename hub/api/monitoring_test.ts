import assert from "node:assert/strict";
import { seedMonitoring } from "../testing/seed_monitoring.ts";
import { openTestHub, type TestHub } from "../testing/test_hub.ts";

const SECRET = "0123456789abcdef0123456789abcdef";
const MONITORING = "/api/v1/catalogues/demo/monitoring";
const json = async (answer: Response | Promise<Response>) => await (await answer).json();
const look = (hub: TestHub) => json(hub.send("operator", "POST", `${MONITORING}/look`));
const alertsOf = async (hub: TestHub) =>
  (await json(hub.send("viewer", "GET", "/api/v1/alerts?catalogue=demo&state=unresolved"))).items;

Deno.test("a look at traffic as in training finds nothing, and estimates accuracy without labels", async () => {
  await using hub = await openTestHub();
  const digest = await seedMonitoring(hub, { drifts: false });
  assert.equal((await json(hub.send("viewer", "GET", MONITORING))).report, null);
  const report = await look(hub);
  assert.equal(report.digest, digest);
  assert.deepEqual(
    report.drift.findings.map((f: { what: string; severity: string }) => [f.what, f.severity]),
    ["confidence", "classes", "text.length", "text.unseen", "pictures.share", "pictures.bytes"]
      .map((what) => [what, "none"]),
  );
  assert.equal(report.traffic.predictions, 900);
  const { estimatedAccuracy, accuracy } = report;
  assert.ok(estimatedAccuracy.low < 0.94 && estimatedAccuracy.high > 0.92, estimatedAccuracy);
  assert.equal(accuracy.n, 120);
  assert.deepEqual(await alertsOf(hub), []);
  assert.deepEqual((await json(hub.send("viewer", "GET", MONITORING))).report, report);
});

Deno.test("drift raises one alert, which people acknowledge, mute and resolve; the audit tells who", async () => {
  await using hub = await openTestHub();
  await seedMonitoring(hub, { drifts: true, agrees: 0.5 });
  const report = await look(hub);
  await look(hub);
  assert.equal(report.drift.severity, "critical");
  const alerts = await alertsOf(hub);
  assert.deepEqual(alerts.map((a: { key: string }) => a.key).sort(), [
    "accuracy",
    "drift",
    "recall",
  ]);
  assert.ok(alerts.every((a: { times: number }) => a.times === 2));
  const { id } = alerts[0];
  const act = (verb: string, body?: unknown) =>
    hub.send("operator", "POST", `/api/v1/alerts/${id}/${verb}`, { json: body });
  assert.equal((await json(act("acknowledge"))).acknowledgedBy, "the operator");
  const until = "2027-01-01T00:00:00.000Z";
  assert.equal((await json(act("mute", { until }))).mutedUntil, until);
  assert.equal((await act("mute", { until: "2020-01-01T00:00:00Z" })).status, 400);
  assert.equal((await json(act("resolve"))).state, "resolved");
  assert.equal((await act("acknowledge")).status, 409);
  const audit = await json(hub.send("admin", "GET", "/api/v1/audit"));
  const actions = audit.items.map((entry: { action: string }) => entry.action);
  for (const action of ["acknowledge-alert", "mute-alert", "resolve-alert", "monitoring-look"]) {
    assert.ok(actions.includes(action), action);
  }
});

Deno.test("an alert ends by itself when what it tells is over", async () => {
  await using hub = await openTestHub();
  await seedMonitoring(hub, { drifts: true });
  await look(hub);
  assert.equal((await alertsOf(hub)).length, 1);
  hub.advance(3 * 86_400_000);
  assert.equal((await look(hub)).drift.why, "fewer than 200 answers to compare");
  assert.deepEqual(await alertsOf(hub), []);
});

Deno.test("the figures by time are those of all edges, or of one", async () => {
  await using hub = await openTestHub();
  await seedMonitoring(hub, { drifts: false });
  const points = async (query: string) =>
    (await json(hub.send("viewer", "GET", `${MONITORING}/series${query}`))).items;
  const all = await points(""), one = await points("?edge=edge-2");
  const sum = (items: { predictions: number }[]) => items.reduce((n, p) => n + p.predictions, 0);
  assert.deepEqual([sum(all), sum(one)], [900, 300]);
  assert.ok(all.every((p: { latencyP50Ms: number }) => p.latencyP50Ms > 0));
  assert.equal((await json(hub.send("viewer", "GET", `${MONITORING}/reports`))).items.length, 0);
});

Deno.test("webhooks are an admin's; no answer, audit or list tells secret or path", async () => {
  await using hub = await openTestHub();
  const body = { name: "team", url: "https://hooks.test/secret-path", secret: SECRET };
  const made = await hub.send("admin", "POST", "/api/v1/webhooks", { json: body });
  assert.equal(made.status, 201);
  const { id, origin } = await made.clone().json();
  assert.equal(origin, "https://hooks.test");
  const texts = [await made.text()];
  const send = async (method: string, path: string, json?: unknown) => {
    const answer = await hub.send("admin", method, `/api/v1/webhooks${path}`, { json });
    texts.push(await answer.text());
    return answer.status;
  };
  assert.equal(await send("PATCH", `/${id}`, { minSeverity: "critical", secret: SECRET }), 200);
  assert.equal(await send("POST", `/${id}/test`), 202);
  assert.equal(await send("GET", ""), 200);
  assert.equal(await send("GET", `/${id}/deliveries`), 200);
  assert.equal(await send("DELETE", `/${id}`), 200);
  assert.equal(await send("DELETE", `/${id}`), 404);
  texts.push(await (await hub.send("admin", "GET", "/api/v1/audit")).text());
  assert.ok(texts.at(-1)!.includes("create-webhook"));
  assert.ok(!texts.join().includes("secret-path") && !texts.join().includes(SECRET));
  assert.equal((await hub.send("operator", "GET", "/api/v1/webhooks")).status, 403);
});

Deno.test("a webhook to an internal or plain address is refused", async () => {
  await using hub = await openTestHub();
  for (const url of ["http://hooks.test/", "https://u:p@hooks.test/", "no url"]) {
    const answer = await hub.send("admin", "POST", "/api/v1/webhooks", {
      json: { name: "team", url, secret: SECRET },
    });
    assert.equal(answer.status, 400, url);
  }
});
