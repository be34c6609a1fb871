/**
 * What the door of a whole edge lets in: streams of lines, other origins, keys, traces; through real sockets.
 *
 * @module
 */
import assert from "node:assert/strict";
import { sha256 } from "@aisle/shared/hash";
import type { EdgeConfig } from "./config.ts";
import { FakeHub } from "./testing/fake_hub.ts";
import { fakeBundle } from "./testing/fake_worker.ts";
import { runEdge } from "./testing/run_edge.ts";
import { until } from "./testing/waits.ts";

type Ask = (path: string, init?: RequestInit) => Promise<Response>;
type LogLine = Record<string, unknown>;

async function served(
  config: Partial<EdgeConfig>,
  work: (ask: Ask, parts: { hub: FakeHub; logged: LogLine[] }) => Promise<void>,
): Promise<void> {
  await using hub = await FakeHub.start();
  const logged: LogLine[] = [];
  const log = (level: string, message: string, fields = {}) =>
    void logged.push({ level, message, ...fields });
  await using edge = await runEdge(hub, { config, log });
  await hub.release(fakeBundle(["10", "20"]));
  await until(async () => (await edge.app.request("/readyz")).ok, "the release");
  await using server = Deno.serve(
    { port: 0, hostname: "127.0.0.1", onListen: () => {} },
    edge.app.fetch,
  );
  const { port } = server.addr;
  await work((path, init) => fetch(`http://127.0.0.1:${port}${path}`, init), {
    hub,
    logged,
  });
}

const product = (designation: string, headers: Record<string, string> = {}) => ({
  method: "POST",
  headers: { "content-type": "application/json", ...headers },
  body: JSON.stringify({ designation }),
});
const lines = (body: BodyInit, headers: Record<string, string> = {}) => ({
  method: "POST",
  headers: { "content-type": "application/x-ndjson", ...headers },
  body,
});
async function status(response: Response): Promise<number> {
  await response.body?.cancel();
  return response.status;
}
const told = (text: string) =>
  text.trimEnd().split("\n").map((line) => JSON.parse(line)).map((answer) =>
    answer.code ?? answer.error.code
  );

Deno.test("a stream of thousands of lines is answered in order; bad lines answer for themselves", () =>
  served({ maxQueue: 40, maxBodyBytes: 2_000, maxPictureBytes: 3_000 }, async (ask) => {
    const wanted: string[] = [], sent: string[] = [];
    for (let i = 0; i < 4_000; i++) {
      const kind = i % 50;
      sent.push(
        kind === 7
          ? "{"
          : kind === 9
          ? `{"designation":"${"x".repeat(7_000)}"}`
          : kind === 11
          ? `{"titel":"x"}`
          : JSON.stringify({ designation: i % 2 === 0 ? "10" : "20" }),
      );
      wanted.push(
        kind === 9
          ? "too-large"
          : kind === 7 || kind === 11
          ? "input-invalid"
          : i % 2 === 0
          ? "10"
          : "20",
      );
      if (kind === 13) sent.push("", " \r");
    }
    const response = await ask("/v1/predict/stream", lines(sent.join("\n")));
    assert.equal(response.headers.get("content-type"), "application/x-ndjson");
    assert.deepEqual(told(await response.text()), wanted);
    assert.equal(await status(await ask("/v1/predict/stream", product("10"))), 415);
  }));

Deno.test("a line of a stream is answered before the next is sent, and a stream left ends", () =>
  served({}, async (ask) => {
    const pipe = new TransformStream<Uint8Array<ArrayBuffer>>();
    const writer = pipe.writable.getWriter(), encoder = new TextEncoder();
    const first = writer.write(encoder.encode(`{"designation":"20"}\n{"desig`));
    const response = await ask("/v1/predict/stream", lines(pipe.readable));
    await first;
    const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader();
    assert.deepEqual(told((await reader.read()).value!), ["20"]);
    await writer.write(encoder.encode(`nation":"10"}\n`));
    assert.deepEqual(told((await reader.read()).value!), ["10"]);
    await reader.cancel();
    await writer.abort().catch(() => undefined);
    assert.equal(await status(await ask("/v1/predict", product("10"))), 200);
  }));

Deno.test("pages of the origins named may ask, preflight and all; others may not", () =>
  served({ corsOrigins: ["https://shop.example"] }, async (ask) => {
    const from = (origin: string) => ({ origin, "sec-fetch-site": "cross-site" });
    const preflight = await ask("/v1/predict", {
      method: "OPTIONS",
      headers: { ...from("https://shop.example"), "access-control-request-method": "POST" },
    });
    assert.deepEqual(
      [preflight.status, preflight.headers.get("access-control-allow-origin")],
      [204, "https://shop.example"],
    );
    assert.match(preflight.headers.get("access-control-allow-headers") ?? "", /content-type/);
    const good = await ask("/v1/predict", product("10", from("https://shop.example")));
    assert.equal(await status(good), 200);
    assert.equal(good.headers.get("access-control-allow-origin"), "https://shop.example");
    assert.equal(good.headers.get("vary"), "origin");
    const other = await ask("/v1/predict", product("10", from("https://evil.example")));
    assert.equal(await status(other), 403);
    assert.equal(other.headers.get("access-control-allow-origin"), null);
  }));

Deno.test("keys: 401 without, 429 with a time above the rate, in each protocol's form; health stays open", () =>
  served(
    { apiKeys: [{ name: "till", sha256: sha256("the-key"), perMinute: 3 }] },
    async (ask, { logged }) => {
      const without = await ask("/v1/predict", product("10"));
      assert.equal(without.headers.get("www-authenticate"), "Bearer");
      assert.equal(without.headers.get("content-type"), "application/problem+json");
      assert.equal((await without.json()).code, "unauthenticated");
      assert.deepEqual(Object.keys(await (await ask("/v2/models/demo")).json()), ["error"]);
      const key = { "x-api-key": "the-key" };
      assert.equal(await status(await ask("/v1/predict", product("10", key))), 200);
      const batch = await ask("/v1/predict/batch", {
        method: "POST",
        headers: { "content-type": "application/json", authorization: "Bearer the-key" },
        body: JSON.stringify({ products: [{ designation: "10" }, { designation: "20" }] }),
      });
      assert.equal(await status(batch), 200);
      const over = await ask("/v1/predict", product("10", key));
      assert.equal(over.status, 429);
      assert.ok(Number(over.headers.get("retry-after")) > 0);
      assert.equal((await over.json()).code, "too-many-requests");
      for (const path of ["/healthz", "/readyz", "/metrics", "/", "/docs", "/v2/health/live"]) {
        assert.equal(await status(await ask(path)), 200, path);
      }
      assert.ok(!JSON.stringify(logged).includes("the-key"));
    },
  ));

Deno.test("a trace goes through: answered, logged where it is sampled, told to the hub with feedback", () =>
  served({}, async (ask, { hub, logged }) => {
    const traceId = "4bf92f3577b34da6a3ce929d0e0e4736";
    const trace = { traceparent: `00-${traceId}-00f067aa0ba902b7-01`, tracestate: "shop=1" };
    const response = await ask("/v1/predict", product("10", trace));
    assert.match(response.headers.get("traceresponse") ?? "", new RegExp(`^00-${traceId}-`));
    assert.match(response.headers.get("server-timing") ?? "", /dur=\d/);
    const { requestId } = await response.json();
    const [line] = logged.filter(({ message }) => message === "request");
    assert.deepEqual([line?.["traceId"], line?.["status"], line?.["path"]], [
      traceId,
      200,
      "/v1/predict",
    ]);
    const feedback = await ask("/v1/feedback", {
      method: "POST",
      headers: { "content-type": "application/json", ...trace },
      body: JSON.stringify({ requestId, code: "20" }),
    });
    assert.equal(await status(feedback), 201);
    const [span] = hub.traces;
    assert.match(span ?? "", new RegExp(`^00-${traceId}-(?!00f067aa0ba902b7)`));
    assert.equal(await status(await ask("/v1/predict", product("10"))), 200);
    assert.equal(logged.filter(({ message }) => message === "request").length, 2);
  }));
