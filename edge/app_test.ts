import assert from "node:assert/strict";
import { AppError, HTTP_STATUS } from "@aisle/shared/errors";
import { Prediction } from "@aisle/shared/contract";
import { canonicalJson } from "@aisle/shared/hash";
import { BodyBudget } from "./body_budget.ts";
import { ApiKeys } from "./api_keys.ts";
import { createApp, type EdgeDeps } from "./app.ts";
import { noLog } from "./log.ts";
import type { HostStatus } from "./model_host.ts";
import type { GivenFeedback } from "./requests.ts";
import { releaseOf } from "./testing/fake_hub.ts";
import { fakeHeader } from "./testing/run_edge.ts";

const BUNDLE = new Uint8Array([1]);
const RELEASE = releaseOf(BUNDLE);

const STATUS: HostStatus = {
  serving: { release: RELEASE, classes: ["10"], kind: "text", maxDifference: 0 },
  workers: 1,
  waiting: 0,
  restarts: 0,
  swaps: 1,
  answers: { hits: 0, misses: 0, bytes: 0 },
  pictures: { known: 0, read: 0 },
};

/** A host whose model guesses Books; one of text skips every picture, a fused one uses it. */
const hostOf = (kind: "text" | "fused"): EdgeDeps["host"] => ({
  predict: (products) =>
    Promise.resolve(products.map(({ picture }) => ({
      digest: RELEASE.digest,
      code: "10",
      label: "Books",
      confidence: 0.9,
      decision: "auto",
      top: [{ code: "10", label: "Books", confidence: 0.9 }],
      route: "text",
      picture: picture == null ? "none" : kind === "text" ? "skipped" : "used",
      branches: {},
    }))),
  status: () => ({ ...STATUS, serving: { ...STATUS.serving!, kind } }),
});

function setUp(change: Partial<EdgeDeps> = {}) {
  const feedback: GivenFeedback[] = [];
  const codes: string[] = [];
  const remembered: string[] = [];
  let ids = 0;
  const app = createApp({
    bodies: new BodyBudget({ maxBytes: 1 << 24, timeoutMs: 10_000 }),
    catalogue: "demo",
    edgeId: "edge-1",
    host: hostOf("text"),
    releases: {
      status: () => ({ sequence: 1, digest: null, hub: "reachable", problem: null, trouble: null }),
    },
    submitFeedback: (input) => {
      feedback.push(input);
      return Promise.resolve({ idempotencyKey: "k", stored: true, duplicate: false, joined: true });
    },
    recent: { add: (id) => remembered.push(id) },
    review: { offer: () => {} },
    telemetry: {
      answered: () => {},
      problem: (code) => codes.push(code),
      pictureRefused: () => {},
    },
    checkPicture: fakeHeader,
    corsOrigins: [],
    keys: new ApiKeys([], () => 0),
    sleep: () => new Promise(() => {}),
    metrics: () => "aisle_edge_x 1\n",
    limits: { maxBodyBytes: 1_000, maxBatchBytes: 5_000, maxBatch: 3, maxPictureBytes: 300 },
    monotonicMs: () => 0,
    newId: () => `id-${ids++}`,
    log: noLog,
    ...change,
  });
  const post = (path: string, body: unknown, headers: Record<string, string> = {}) =>
    app.request(path, {
      method: "POST",
      headers: { "content-type": "application/json", ...headers },
      body: typeof body === "string" ? body : JSON.stringify(body),
    });
  return { app, post, feedback, codes, remembered };
}

/** Checks that `response` is the problem `code`, in the form of RFC 9457. */
async function assertProblem(response: Response, code: keyof typeof HTTP_STATUS) {
  const body = await response.json();
  assert.deepEqual([body.code, response.status], [code, HTTP_STATUS[code]]);
  assert.equal(response.headers.get("content-type"), "application/problem+json");
  assert.equal(body.status, response.status);
  assert.equal(body.requestId, response.headers.get("x-request-id"));
  return body;
}

for (const path of ["/v1/predict", "/predict"]) {
  Deno.test(`POST ${path} answers JSON and forms alike and remembers the request`, async () => {
    const { app, post, remembered } = setUp();
    const form = new FormData();
    form.set("designation", "a chair");
    form.set("productid", "7");
    const responses = [
      await post(path, { designation: "a chair", productid: 7 }),
      await app.request(path, { method: "POST", body: form }),
      await post(path, "designation=a+chair", {
        "content-type": "application/x-www-form-urlencoded",
      }),
    ];
    for (const response of responses) {
      assert.equal(response.status, 200);
      assert.ok(remembered.includes(Prediction.parse(await response.json()).requestId));
    }
    assert.equal(remembered.length, 3);
  });
}

Deno.test("POST /v1/predict names every problem of a product", async () => {
  const { post, codes } = setUp();
  for (const product of [{}, { designation: " " }, [], null, "x"]) {
    await assertProblem(await post("/v1/predict", product), "input-invalid");
  }
  const body = await assertProblem(
    await post("/v1/predict", { designation: 7, titel: "x" }),
    "input-invalid",
  );
  assert.equal(body.details.length, 2);
  assert.match(body.detail, /designation.*titel/s);
  assert.equal(codes.length, 6);
});

Deno.test("a picture comes as base64, data URL or file part, and is the same picture", async () => {
  const kept: (Uint8Array | null)[] = [];
  const { app, post } = setUp({
    host: hostOf("fused"),
    recent: { add: (_, { product }) => kept.push(product.picture) },
  });
  const image = btoa("a picture");
  const form = new FormData();
  form.set("designation", "");
  form.set("image", new File(["a picture"], "a.jpg"));
  form.set("explain", "true");
  const responses = [
    await post("/v1/predict", { image }),
    await post("/v1/predict", { image: `data:image/jpeg;base64,${image}`, explain: true }),
    await app.request("/v1/predict", { method: "POST", body: form }),
    await post("/v1/predict", new URLSearchParams({ image }).toString(), {
      "content-type": "application/x-www-form-urlencoded",
    }),
  ];
  for (const response of responses) assert.equal(response.status, 200);
  assert.deepEqual(
    kept.map((bytes) => new TextDecoder().decode(bytes!)),
    Array(4).fill("a picture"),
  );
});

Deno.test("a picture that is none, too large or no base64 is refused; in a batch alone", async () => {
  const { app, post, codes } = setUp();
  const product = (image: string) => ({ designation: "x", image: btoa(image) });
  await assertProblem(await post("/v1/predict", product("no picture")), "picture-invalid");
  await assertProblem(await post("/v1/predict", product("x".repeat(301))), "too-large");
  await assertProblem(await post("/v1/predict", { designation: "x", image: "?" }), "input-invalid");
  const form = new FormData();
  form.set("designation", "x");
  form.set("image", new File(["x".repeat(1_400)], "a.jpg"));
  const large = await app.request("/v1/predict", { method: "POST", body: form });
  await assertProblem(large, "too-large");
  codes.length = 0;
  const products = [product("no picture"), product("fine"), { designation: "x", image: "?" }];
  const { predictions, failed } = await (await post("/v1/predict/batch", { products })).json();
  assert.equal(failed, 2);
  assert.deepEqual(predictions.map((p: { error?: { code: string } }) => p.error?.code), [
    "picture-invalid",
    undefined,
    "input-invalid",
  ]);
  assert.deepEqual(codes.sort(), ["input-invalid", "picture-invalid"]);
});

Deno.test("a model of text alone says that it leaves pictures unread, and wants a text", async () => {
  const { post } = setUp();
  const image = btoa("a picture");
  const response = await post("/v1/predict", { designation: "x", image });
  assert.match(response.headers.get("x-aisle-ignored") ?? "", /reads text only/);
  await assertProblem(await post("/v1/predict", { image }), "input-invalid");
  const products = [{ image }, { designation: "x" }];
  const { predictions } = await (await post("/v1/predict/batch", { products })).json();
  assert.equal(predictions[0].error.code, "input-invalid");
  assert.equal(predictions[1].code, "10");
});

Deno.test("every limit has its clear refusal", async () => {
  const { post } = setUp();
  await assertProblem(await post("/v1/predict", { designation: "x".repeat(2_000) }), "too-large");
  const { post: roomy } = setUp({
    limits: { maxBodyBytes: 1e6, maxBatchBytes: 1e6, maxBatch: 3, maxPictureBytes: 1 },
  });
  const long = await roomy("/v1/predict", { designation: "x".repeat(4_001) });
  await assertProblem(long, "input-invalid");
  const products = Array.from({ length: 4 }, () => ({ designation: "x" }));
  const batch = await assertProblem(await post("/v1/predict/batch", { products }), "too-large");
  assert.match(batch.detail, /at most 3 .* 4/);
  await assertProblem(await post("/v1/predict/batch", { products: [] }), "input-invalid");
});

Deno.test("an overloaded model gives 503 with Retry-After; a bug gives 500 and tells nothing", async () => {
  const fail = (error: Error) =>
    setUp({
      host: {
        ...setUpHost(),
        predict: () => Promise.reject(error),
      },
    }).post("/v1/predict", { designation: "x" });
  const full = await fail(new AppError("overloaded", "full", { retryAfterSeconds: 1 }));
  assert.equal(full.headers.get("retry-after"), "1");
  await assertProblem(full, "overloaded");
  const bug = await assertProblem(await fail(new Error("secret inside")), "internal");
  assert.ok(!JSON.stringify(bug).includes("secret"));
});

function setUpHost(): EdgeDeps["host"] {
  return {
    predict: () => Promise.resolve([]),
    status: () => ({
      serving: null,
      workers: 0,
      waiting: 0,
      restarts: 0,
      swaps: 0,
      answers: { hits: 0, misses: 0, bytes: 0 },
      pictures: { known: 0, read: 0 },
    }),
  };
}

for (const path of ["/v1/feedback", "/predict/feedback"]) {
  Deno.test(`POST ${path} takes nested JSON and flat forms`, async () => {
    const { app, post, feedback } = setUp();
    const product = { designation: "a chair", description: "", productid: "7" };
    const form = new FormData();
    for (const [name, value] of Object.entries({ ...product, code: "10", requestId: "r" })) {
      form.set(name, value);
    }
    const responses = [
      await post(path, { product, code: "10", requestId: "r" }),
      await app.request(path, { method: "POST", body: form }),
      await post(path, { requestId: "r", code: "10" }),
    ];
    assert.deepEqual(responses.map((r) => r.status), [201, 201, 201]);
    assert.equal(canonicalJson(feedback[0]), canonicalJson(feedback[1]));
    for (const wrong of [{ code: "10" }, { requestId: "r" }, { requestId: "r", code: "" }]) {
      await assertProblem(await post(path, wrong), "input-invalid");
    }
  });
}

Deno.test("feedback takes a picture beside its product, in forms and in JSON", async () => {
  const { app, post, feedback } = setUp();
  const form = new FormData();
  form.set("code", "10");
  form.set("image", new File(["a picture"], "a.jpg"));
  const product = { image: btoa("a picture") };
  const responses = [
    await app.request("/v1/feedback", { method: "POST", body: form }),
    await post("/v1/feedback", { product, code: "10" }),
    await post("/v1/feedback", new URLSearchParams({ ...product, code: "10" }).toString(), {
      "content-type": "application/x-www-form-urlencoded",
    }),
  ];
  assert.deepEqual(responses.map((r) => r.status), [201, 201, 201]);
  for (const { product } of feedback) {
    assert.equal(new TextDecoder().decode(product!.picture!), "a picture");
  }
  const refused = { product: { image: btoa("no picture") }, code: "10" };
  await assertProblem(await post("/v1/feedback", refused), "picture-invalid");
});

Deno.test("a request id that comes in goes out, unless it could harm a log", async () => {
  const { app } = setUp();
  const idFor = async (given: string) =>
    (await app.request("/healthz", { headers: { "x-request-id": given } })).headers
      .get("x-request-id");
  assert.equal(await idFor("trace-1.a_b"), "trace-1.a_b");
  assert.equal(await idFor('x"} evil'), "id-0");
  assert.equal(await idFor("x".repeat(65)), "id-1");
});

Deno.test("unknown paths give 404, known ones with another method 405 with Allow", async () => {
  const { app } = setUp();
  await assertProblem(await app.request("/nothing/here"), "not-found");
  const wrong = await app.request("/v1/predict");
  assert.equal(wrong.headers.get("allow"), "POST");
  await assertProblem(wrong, "method-not-allowed");
});

Deno.test("another site's page cannot post through a visitor's browser; programs and the own page can", async () => {
  const { post } = setUp();
  const send = (headers: Record<string, string>) =>
    post("/v1/feedback", { requestId: "r", code: "10" }, headers);
  const host = { host: "edge.example" };
  for (
    const headers of [
      { "sec-fetch-site": "cross-site" },
      { "sec-fetch-site": "same-site" },
      { ...host, origin: "https://evil.example" },
      { ...host, origin: "null" },
    ] as Record<string, string>[]
  ) await assertProblem(await send(headers), "forbidden");
  for (
    const headers of [
      {},
      { "sec-fetch-site": "same-origin", origin: "https://behind.proxy" },
      { ...host, origin: "https://edge.example" },
    ] as Record<string, string>[]
  ) assert.equal((await send(headers)).status, 201);
});

Deno.test("readyz is 503 while the only worker is being replaced", async () => {
  const status = setUp().app;
  assert.equal((await status.request("/readyz")).status, 200);
  const { app } = setUp({
    host: {
      ...setUpHost(),
      status: () => ({
        serving: { release: RELEASE, classes: ["10"], kind: "text", maxDifference: 0 },
        workers: 0,
        waiting: 0,
        restarts: 1,
        swaps: 1,
        answers: { hits: 0, misses: 0, bytes: 0 },
        pictures: { known: 0, read: 0 },
      }),
    },
  });
  await assertProblem(await app.request("/readyz"), "not-ready");
});

Deno.test("openapi.json and /docs speak of every path that is served, and of no other", async () => {
  const { app } = setUp();
  const document = await (await app.request("/openapi.json")).json();
  const pages = ["/", "/docs", "/openapi.json"];
  const served = app.routes
    .filter((r) => r.method !== "ALL" && !pages.includes(r.path) && !r.path.startsWith("/assets/"))
    .map((r) => `${r.method} ${r.path.replaceAll(/:(\w+)/g, "{$1}")}`).sort();
  const told = Object.entries<object>(document.paths).flatMap(([path, methods]) =>
    Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`)
  ).sort();
  assert.deepEqual(told, [...new Set(served)]);
  const docs = await (await app.request("/docs")).text();
  for (const path of Object.keys(document.paths)) assert.ok(docs.includes(`</b> ${path}<`), path);
  assert.match(docs, /-F &#39;image=@picture.jpg&#39;/);
  const form = document.paths["/v1/predict"].post.requestBody.content["multipart/form-data"];
  assert.equal(form.schema.properties.image.format, "binary");
});

Deno.test("pages load nothing from elsewhere and run no inline script or style", async () => {
  const { app } = setUp();
  for (const path of ["/", "/docs"]) {
    const response = await app.request(path);
    const page = await response.text();
    assert.match(response.headers.get("content-security-policy") ?? "", /default-src 'none'/);
    assert.doesNotMatch(page, /\b(src|href)="(https?:)?\/\//);
    assert.doesNotMatch(page, /<style|\sstyle=|\son[a-z]+=/);
    const scripts = page.match(/<script[^>]*>/g) ?? [];
    for (const script of scripts) assert.match(script, /src="assets\/|type="application\/json"/);
  }
  for (const name of ["page.css", "dom.js", "picture.js", "try_it.js", "why.js"]) {
    const response = await app.request(`/assets/${name}`);
    assert.equal(response.status, 200);
    const text = await response.text();
    assert.ok(text.length > 1_000);
    for (const [, from] of text.matchAll(/^import .* from "(.*)";$/gm)) {
      assert.ok((await app.request(`/assets/${from}`)).ok, `${name} imports ${from}`);
    }
  }
});

Deno.test("the page speaks the visitor's language, or the one that was asked for", async () => {
  const { app } = setUp();
  const language = async (path: string, accepted?: string) => {
    const headers = new Headers(accepted === undefined ? {} : { "accept-language": accepted });
    return /<html lang="(\w+)"/.exec(await (await app.request(path, { headers })).text())?.[1];
  };
  assert.equal(await language("/"), "en");
  assert.equal(await language("/", "fr-CH, fr;q=0.9, en;q=0.8"), "fr");
  assert.equal(await language("/", "de, fr;q=0.3, en;q=0.8"), "en");
  assert.equal(await language("/", "fr;q=0, de"), "en");
  assert.equal(await language("/?lang=en", "fr"), "en");
  assert.equal(await language("/?lang=xx", "fr"), "fr");
});
