import assert from "node:assert/strict";
import { createHubClient, type HubClient } from "./hub_client.ts";
import { FAKE_TOKEN, FakeHub } from "./testing/fake_hub.ts";

const BYTES = new Uint8Array(10_000).map((_, i) => i % 251);

function clientOf(url: URL, { token = FAKE_TOKEN, timeoutMs = 1_000 } = {}): HubClient {
  return createHubClient({
    fetch,
    hubUrl: url,
    token,
    catalogue: "demo",
    edgeId: "edge-1",
    timeoutMs,
  });
}

/** A server that answers everything with `answer`. */
function answering(answer: (request: Request) => Response | Promise<Response>) {
  const server = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen: () => {} }, answer);
  return {
    url: new URL(`http://127.0.0.1:${server.addr.port}/aisle/`),
    [Symbol.asyncDispose]: () => server.shutdown(),
  };
}

Deno.test("release() tells none, a release and unchanged apart", async () => {
  await using hub = await FakeHub.start();
  const client = clientOf(hub.url);
  assert.deepEqual(await client.release(null), { kind: "none" });
  const signed = await hub.release(BYTES);
  const answer = await client.release(null);
  assert.ok(answer.kind === "release" && answer.etag !== null);
  assert.deepEqual(answer.signed, signed);
  assert.deepEqual(await client.release(answer.etag), { kind: "unchanged" });
});

Deno.test("release() tells how long a hub with many edges wants it to wait, within reason", async () => {
  let told = "9000";
  await using server = answering(() =>
    new Response(null, { status: 304, headers: { "x-poll-ms": told } })
  );
  const client = clientOf(server.url);
  assert.deepEqual(await client.release('"1"'), { kind: "unchanged", pollMs: 9_000 });
  told = "1e12";
  assert.deepEqual(await client.release('"1"'), { kind: "unchanged", pollMs: 120_000 });
  for (told of ["-1", "soon", "0"]) {
    assert.deepEqual(await client.release('"1"'), { kind: "unchanged" });
  }
});

Deno.test("a hub's address may have a path, and the edge names itself and its catalogue", async () => {
  const seen: string[] = [];
  await using server = answering((request) => {
    seen.push(new URL(request.url).pathname + new URL(request.url).search);
    seen.push(`${request.headers.get("x-edge-id")} ${request.headers.get("authorization")}`);
    return Response.json({ code: "not-found" }, { status: 404 });
  });
  await clientOf(server.url).release(null);
  assert.deepEqual(seen, [
    "/aisle/edge/v1/release?catalogue=demo",
    `edge-1 Bearer ${FAKE_TOKEN}`,
  ]);
});

Deno.test("a wrong token, an overload and a missing hub are told apart", async () => {
  await using hub = await FakeHub.start();
  await assert.rejects(clientOf(hub.url, { token: "wrong" }).release(null), {
    code: "unauthenticated",
  });
  hub.faults.status = 503;
  await assert.rejects(clientOf(hub.url).release(null), { code: "hub-unreachable" });
  await hub.down();
  await assert.rejects(clientOf(hub.url).release(null), {
    code: "hub-unreachable",
    message: /refused/,
  });
});

Deno.test("a 404 that is no answer of a hub is not taken for 'nothing released'", async () => {
  await using server = answering(() => new Response("<html>nginx</html>", { status: 404 }));
  await assert.rejects(clientOf(server.url).release(null), { code: "hub-unreachable" });
});

Deno.test("a redirect is refused: it would carry the token elsewhere", async () => {
  let elsewhere = 0;
  await using other = answering(() => {
    elsewhere++;
    return Response.json({});
  });
  await using server = answering(() => Response.redirect(other.url.href, 302));
  await assert.rejects(clientOf(server.url).release(null), { code: "hub-unreachable" });
  assert.equal(elsewhere, 0);
});

Deno.test("a hub that does not answer in time counts as unreachable", async () => {
  await using hub = await FakeHub.start();
  hub.faults.delayMs = 200;
  await assert.rejects(clientOf(hub.url, { timeoutMs: 30 }).release(null), {
    code: "hub-unreachable",
    message: /no answer for 30 ms/,
  });
});

Deno.test("an endless answer is cut off", async () => {
  await using server = answering(() => {
    const chunk = new Uint8Array(1 << 20);
    return new Response(new ReadableStream({ pull: (c) => c.enqueue(chunk) }));
  });
  await assert.rejects(clientOf(server.url).release(null), {
    code: "hub-unreachable",
    message: /over/,
  });
});

Deno.test("bundle() continues a broken transfer by ranges and starts over where ranges are unknown", async () => {
  await using hub = await FakeHub.start();
  const { payload } = await hub.release(BYTES);
  const { digest } = JSON.parse(payload);
  hub.faults.breaksAfter = [10, 4_000, 1];
  assert.deepEqual(await clientOf(hub.url).bundle(digest, BYTES.length), BYTES);
  assert.equal(hub.seen.filter((line) => line.endsWith(" 206")).length, 3);

  let tries = 0;
  await using plain = answering(() => new Response(++tries === 1 ? BYTES.slice(0, 99) : BYTES));
  assert.deepEqual(await clientOf(plain.url).bundle(digest, BYTES.length), BYTES);
});

Deno.test("bundle() gives up on a transfer that brings nothing on, and on one that never ends", async () => {
  let tries = 0;
  await using stuck = answering(() => {
    tries++;
    return new Response(null, { status: 200 });
  });
  await assert.rejects(clientOf(stuck.url).bundle("0", 10), { code: "hub-unreachable" });
  assert.equal(tries, 1);
  await using long = answering(() => new Response(BYTES));
  await assert.rejects(clientOf(long.url).bundle("0", 10), { code: "bundle-invalid" });
});

Deno.test("bundle() refuses another range than the one asked for", async () => {
  await using server = answering((request) =>
    request.headers.has("range")
      ? new Response(BYTES, { status: 206, headers: { "content-range": "bytes 0-9/10" } })
      : new Response(BYTES.slice(0, 5))
  );
  await assert.rejects(clientOf(server.url).bundle("0", BYTES.length), { code: "hub-unreachable" });
});
