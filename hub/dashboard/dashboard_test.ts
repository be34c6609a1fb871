import assert from "node:assert/strict";
import { seed, seedEdges } from "../testing/seed.ts";
import { openTestHub, type TestHub, type TestHubOptions } from "../testing/test_hub.ts";
import { SESSION_IDLE_MS } from "../api/sessions.ts";
import { mountDashboard } from "./mod.ts";

const HTML = { accept: "text/html" };
const OWN = { "sec-fetch-site": "same-origin" };

async function openDashboard(options: TestHubOptions = {}): Promise<TestHub> {
  const hub = await openTestHub(options);
  mountDashboard(hub.app);
  return hub;
}

function post(
  hub: TestHub,
  path: string,
  fields: Record<string, string>,
  headers: Record<string, string>,
) {
  return hub.app.request(path, {
    method: "POST",
    body: new URLSearchParams(fields).toString(),
    headers: { "content-type": "application/x-www-form-urlencoded", ...HTML, ...headers },
  });
}

/** Signs in and returns the cookie and the secret of the forms. */
async function signIn(hub: TestHub, role: "admin" | "operator" | "viewer") {
  const response = await post(hub, "/ui/sign-in", { token: hub.tokens[role] }, OWN);
  assert.equal(response.status, 303);
  const cookie = response.headers.get("set-cookie")!.split(";")[0]!;
  const page = await (await hub.app.request("/", { headers: { ...HTML, cookie } })).text();
  return { cookie, csrf: /name="csrf" value="(\w+)"/.exec(page)![1]! };
}

const PAGES = [
  "/",
  "/catalogue",
  "/labels",
  "/runs",
  "/models",
  "/lineage",
  "/try",
  "/jobs",
  "/data",
  "/edges",
  "/review",
  "/review/feedback",
];

Deno.test("every page answers, over nothing and over a full catalogue, and runs no inline script or style", async () => {
  await using hub = await openDashboard();
  const problems: string[] = [];
  const look = async (path: string) => {
    const response = await hub.send("operator", "GET", path, { headers: HTML });
    const page = await response.text();
    if (response.status !== 200) problems.push(`${path}: ${response.status} ${page}`);
    if (/<style|\sstyle=|\son\w+=|<script(?! type="module" src="\/assets\/)/i.test(page)) {
      problems.push(`${path}: inline script or style`);
    }
    if (/undefined|\[object|NaN/.test(page)) problems.push(`${path}: a value leaked`);
    const policy = response.headers.get("content-security-policy") ?? "";
    if (!policy.startsWith("default-src 'none'") || policy.includes("unsafe")) {
      problems.push(`${path}: policy is ${policy}`);
    }
  };
  for (const path of PAGES) await look(path);
  await hub.registry.catalogues.ensure("empty");
  for (const path of PAGES) await look(`${path}?catalogue=empty`);
  const seeded = await seed(hub.registry, hub.blobs);
  await hub.send("operator", "POST", "/api/v1/catalogues/demo/promote", {
    json: { digest: seeded.bundles[0], why: "test" },
  });
  await seedEdges(hub.registry, seeded.bundles[0]!, "2026-01-02T03:04:05.000Z");
  const job = await (await hub.send("operator", "POST", "/api/v1/catalogues/demo/retrain")).json();
  await hub.jobs.idle();
  const one = [`/runs/${seeded.runs[0]}`, `/models/${seeded.bundles[0]}`, `/jobs/${job.id}`];
  for (const path of [...PAGES.map((p) => `${p}?catalogue=demo`), ...one]) await look(path);
  assert.deepEqual(problems, []);
});

Deno.test("what users wrote is never markup", async () => {
  const hostile = `<img src=x onerror=alert(1)>"'`;
  await using hub = await openDashboard({ handler: () => Promise.resolve({ [hostile]: hostile }) });
  await hub.registry.catalogues.ensure("demo", { title: hostile });
  await hub.registry.labels.ensure("demo", [{ code: hostile, name: hostile }]);
  const run = await hub.registry.runs.create({
    catalogue: "demo",
    kind: hostile,
    params: { [hostile]: hostile },
    tags: { by: hostile },
  });
  await hub.registry.runs.logMetrics(
    run.id,
    [1, 2, 3].map((step) => ({ name: hostile, step, value: step })),
  );
  await hub.registry.feedback.store({
    idempotencyKey: hostile,
    edgeId: hostile,
    catalogue: "demo",
    requestId: null,
    product: null,
    code: hostile,
    predicted: { code: hostile, confidence: 0.5, digest: "0".repeat(64) },
    source: hostile,
    at: "2026-01-02T03:04:05.000Z",
  });
  await hub.registry.edges.seen({ edgeId: hostile, catalogue: "demo", digest: null });
  const job = await (await hub.send("operator", "POST", "/api/v1/catalogues/demo/split")).json();
  await hub.jobs.idle();
  const paths = [
    ...PAGES,
    `/runs/${run.id}`,
    `/jobs/${job.id}`,
    `/jobs/${encodeURIComponent(hostile)}`,
  ];
  for (const path of paths) {
    const page = await (await hub.send("viewer", "GET", path, { headers: HTML })).text();
    assert.doesNotMatch(page, /<img src=x/, path);
    assert.doesNotMatch(page, /"[^"<>]*<img src=x/, path);
  }
});

Deno.test("without a session browsers are led to the sign-in page and back, programs get 401", async () => {
  await using hub = await openDashboard();
  const response = await hub.app.request("/runs?catalogue=a", { headers: HTML });
  assert.equal(response.status, 303);
  assert.equal(response.headers.get("location"), "/sign-in?next=%2Fruns%3Fcatalogue%3Da");
  assert.equal((await hub.app.request("/runs")).status, 401);
  assert.equal((await hub.app.request("/api/v1/runs", { headers: HTML })).status, 401);
  const fields = { token: hub.tokens.viewer, next: "/runs?catalogue=a" };
  const back = await post(hub, "/ui/sign-in", fields, OWN);
  assert.equal(back.headers.get("location"), "/runs?catalogue=a");
  for (
    const next of ["//evil.example", "/\\evil.example", "https://evil.example", "/\t/evil.example"]
  ) {
    const led = await post(hub, "/ui/sign-in", { ...fields, next }, OWN);
    assert.equal(led.headers.get("location"), "/", next);
  }
});

Deno.test("the session's cookie is httpOnly and strict, secure over TLS, and holds no token", async () => {
  await using hub = await openDashboard();
  const plain = await post(hub, "/ui/sign-in", { token: hub.tokens.admin }, OWN);
  const cookie = plain.headers.get("set-cookie")!;
  assert.match(cookie, /HttpOnly/);
  assert.match(cookie, /SameSite=Strict/);
  assert.doesNotMatch(cookie, /Secure/);
  assert.ok(!cookie.includes(hub.tokens.admin));
  const tls = await post(hub, "/ui/sign-in", { token: hub.tokens.admin }, {
    ...OWN,
    "x-forwarded-proto": "https",
  });
  assert.match(tls.headers.get("set-cookie")!, /Secure/);
});

Deno.test("wrong tokens and edges' tokens open no session", async () => {
  await using hub = await openDashboard();
  for (const token of ["nonsense", "", hub.tokens.edge]) {
    const response = await post(hub, "/ui/sign-in", { token }, OWN);
    assert.equal(response.status, 400);
    assert.equal(response.headers.get("set-cookie"), null);
    assert.match(await response.text(), /role="alert"/);
  }
});

Deno.test("a session ends by signing out, by time, and with its token", async () => {
  await using hub = await openDashboard();
  const status = async (cookie: string) =>
    (await hub.app.request("/api/v1/whoami", { headers: { cookie } })).status;
  const first = await signIn(hub, "operator");
  assert.equal(await status(first.cookie), 200);
  const out = await post(hub, "/ui/sign-out", { csrf: first.csrf }, {
    ...OWN,
    cookie: first.cookie,
  });
  assert.equal(out.status, 303);
  assert.equal(await status(first.cookie), 401);

  const second = await signIn(hub, "operator");
  hub.advance(SESSION_IDLE_MS + 1);
  assert.equal(await status(second.cookie), 401);

  const third = await signIn(hub, "operator");
  const token = (await hub.registry.tokens.list()).find((t) => t.role === "operator")!;
  await hub.registry.tokens.revoke(token.id);
  assert.equal(await status(third.cookie), 401);
});

Deno.test("forms from elsewhere are refused: no origin, another one, no secret, a wrong one", async () => {
  await using hub = await openDashboard();
  await seed(hub.registry, hub.blobs);
  const { cookie, csrf } = await signIn(hub, "operator");
  const { cookie: other } = await signIn(hub, "operator");
  const start = async (fields: Record<string, string>, headers: Record<string, string>) => {
    const form = { kind: "split", catalogue: "demo", ...fields };
    return (await post(hub, "/ui/jobs", form, { cookie, ...headers })).status;
  };
  const origin = (host: string) => ({ host: "hub.example", origin: host });
  assert.equal(await start({ csrf }, {}), 403);
  assert.equal(await start({ csrf }, { "sec-fetch-site": "cross-site" }), 403);
  assert.equal(await start({ csrf }, { "sec-fetch-site": "same-site" }), 403);
  assert.equal(await start({ csrf }, origin("https://evil.example")), 403);
  assert.equal(await start({ csrf }, origin("null")), 403);
  assert.equal(await start({}, OWN), 403);
  assert.equal(await start({ csrf: "0".repeat(64) }, OWN), 403);
  assert.equal(await start({ csrf }, { ...OWN, cookie: other }), 403);
  assert.deepEqual((await hub.registry.jobs.list()).items, []);
  assert.equal(await start({ csrf }, OWN), 303);
  assert.equal(await start({ csrf }, origin("https://hub.example")), 303);
  // Signing somebody in from elsewhere would make them work in a stranger's name.
  const forced = await post(hub, "/ui/sign-in", { token: hub.tokens.viewer }, {
    "sec-fetch-site": "cross-site",
  });
  assert.equal(forced.status, 403);
});

Deno.test("a session reads the API and changes nothing there", async () => {
  await using hub = await openDashboard();
  const { cookie } = await signIn(hub, "admin");
  const headers = { cookie, "content-type": "application/json", ...OWN };
  assert.equal((await hub.app.request("/api/v1/catalogues", { headers })).status, 200);
  const put = await hub.app.request("/api/v1/catalogues/demo", {
    method: "PUT",
    headers,
    body: "{}",
  });
  assert.equal(put.status, 401);
  assert.deepEqual(await hub.registry.catalogues.list(), []);
});

Deno.test("a token that is given and wrong is not made up for by a session", async () => {
  await using hub = await openDashboard();
  const { cookie } = await signIn(hub, "admin");
  const response = await hub.app.request("/api/v1/whoami", {
    headers: { cookie, authorization: "Bearer nonsense" },
  });
  assert.equal(response.status, 401);
});

Deno.test("viewers see no buttons and their posts are refused", async () => {
  await using hub = await openDashboard();
  const seeded = await seed(hub.registry, hub.blobs);
  const { cookie, csrf } = await signIn(hub, "viewer");
  for (const path of ["/?catalogue=demo", "/jobs?catalogue=demo", `/models/${seeded.bundles[0]}`]) {
    const page = await (await hub.app.request(path, { headers: { ...HTML, cookie } })).text();
    assert.doesNotMatch(page, /action="\/ui\/(?!sign-out|language)/, path);
  }
  const start = await post(hub, "/ui/jobs", { csrf, kind: "split", catalogue: "demo" }, {
    ...OWN,
    cookie,
  });
  assert.equal(start.status, 403);
});

Deno.test("buttons promote, roll back, cancel and switch, refuse a page that is out of date, and are audited", async () => {
  const gate = Promise.withResolvers<void>();
  await using hub = await openDashboard({ handler: () => gate.promise });
  const { bundles } = await seed(hub.registry, hub.blobs);
  const { cookie, csrf } = await signIn(hub, "operator");
  const act = (path: string, fields: Record<string, string>) =>
    post(hub, path, { csrf, catalogue: "demo", back: "/models", why: "test", ...fields }, {
      ...OWN,
      cookie,
    });
  const champion = async () => (await hub.registry.aliases.get("demo")).champion;

  const first = await act("/ui/promote", { digest: bundles[0]!, expectedRevision: "0" });
  assert.deepEqual([first.status, first.headers.get("location")], [303, "/models"]);
  assert.equal(await champion(), bundles[0]);
  const stale = await act("/ui/promote", { digest: bundles[1]!, expectedRevision: "0" });
  assert.equal(stale.status, 409);
  assert.match(stale.headers.get("content-type") ?? "", /text\/html/);
  await act("/ui/promote", { digest: bundles[1]!, expectedRevision: "1" });
  assert.equal(await champion(), bundles[1]);
  const refused = await act("/ui/promote", { digest: bundles[2]!, expectedRevision: "2" });
  assert.equal(refused.status, 409, "the gate's refusal stands");
  assert.equal((await act("/ui/rollback", { expectedRevision: "2", why: " " })).status, 400);
  await act("/ui/rollback", { expectedRevision: "2" });
  assert.equal(await champion(), bundles[0]);

  const started = await act("/ui/jobs", { kind: "retrain" });
  const job = started.headers.get("location")!;
  assert.match(job, /^\/jobs\//);
  assert.equal((await act(`/ui${job}/cancel`, {})).status, 303);
  assert.equal((await act("/ui/jobs", { kind: "nonsense" })).status, 400);
  gate.resolve();
  await hub.registry.schedules.upsert({
    id: "s",
    catalogue: "demo",
    kind: "inspect",
    cron: "* * * * *",
    enabled: true,
  });
  await act("/ui/schedules/s", { enabled: "no" });
  assert.equal((await hub.registry.schedules.get("s"))?.enabled, false);
  const actions = (await hub.registry.audit.list()).items.map((e) => e.action);
  assert.deepEqual(actions, [
    "switch-schedule",
    "cancel-job",
    "start-job",
    "rollback",
    "promote",
    "promote",
    "sign-in",
  ]);
});

Deno.test("reports are shown in a sandbox, other blobs are downloads", async () => {
  await using hub = await openDashboard();
  const { report } = await seed(hub.registry, hub.blobs);
  const response = await hub.send("viewer", "GET", `/reports/${report}`);
  assert.match(response.headers.get("content-type") ?? "", /text\/html/);
  const policy = response.headers.get("content-security-policy") ?? "";
  assert.match(policy, /^sandbox;/);
  assert.doesNotMatch(policy, /script|allow-/);
  assert.match(await response.text(), /All is well/);
  assert.equal((await hub.send("viewer", "GET", "/reports/nope")).status, 404);
});

Deno.test("errors are pages for browsers and problems for programs", async () => {
  await using hub = await openDashboard();
  const page = await hub.send("viewer", "GET", "/runs/nope", { headers: HTML });
  assert.equal(page.status, 404);
  assert.match(await page.text(), /role="alert"/);
  const problem = await hub.send("viewer", "GET", "/runs/nope");
  assert.equal(problem.headers.get("content-type"), "application/problem+json");
  await problem.body?.cancel();
  const api = await hub.send("viewer", "GET", "/api/v1/runs/nope", { headers: HTML });
  assert.equal(api.headers.get("content-type"), "application/problem+json");
  await api.body?.cancel();
});

Deno.test("pages tell text, picture and both apart, the encoder, and what was found in pictures", async () => {
  await using hub = await openDashboard();
  const { bundles, runs } = await seed(hub.registry, hub.blobs);
  const look = async (path: string) =>
    await (await hub.send("viewer", "GET", path, { headers: HTML })).text();
  for (const path of [`/models/${bundles[2]}`, `/runs/${runs[2]}`]) {
    const page = await look(path);
    for (const told of ["87.0", "74.0", "91.2", "58.0", "mobilenet-v2@128", "128 x 128"]) {
      assert.ok(page.includes(told), `${path}: ${told}`);
    }
  }
  assert.ok(!(await look(`/models/${bundles[0]}`)).includes("Picture alone"));
  const data = await look("/data?catalogue=demo");
  assert.match(data, /Pictures<\/h3>[\s\S]*2 pictures cannot be decoded/);
});
