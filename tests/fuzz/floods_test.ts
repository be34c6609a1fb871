/**
 * Clients that send slowly, without end, too much or nothing at all, to a real edge in a process of its own; while they
 * do, a good request is answered.
 */
import assert from "node:assert/strict";
import { until } from "../e2e/processes.ts";
import { type EdgeProcess, residentMb, startEdgeProcess } from "./edge_process.ts";
import { joined, requestBytes, Wire } from "./wire.ts";

const encoder = new TextEncoder();
const JSON_TYPE = { "content-type": "application/json" };
const GOOD = requestBytes(
  "POST /v1/predict HTTP/1.1",
  JSON_TYPE,
  encoder.encode('{"designation":"a chair"}'),
);
const CHUNKED = encoder.encode(
  "POST /v1/predict HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n",
);

async function serves({ port }: EdgeProcess): Promise<void> {
  using wire = new Wire(port);
  const reply = await wire.send(GOOD);
  assert.equal(reply.status, 200, reply.body);
}
const codeOf = (body: string): string => (JSON.parse(body) as { code: string }).code;

Deno.test("bodies that do not come in time are given up, and cost nobody else anything", async () => {
  await using process = await startEdgeProcess({ EDGE_BODY_TIMEOUT_MS: "300" });
  const head = "POST /v1/predict HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n";
  const slow = [
    encoder.encode(`${head}content-length: 5000\r\n\r\n{"designation`),
    joined(CHUNKED, encoder.encode('5\r\n{"des\r\n')),
  ];
  const conns = await Promise.all(Array.from({ length: 60 }, async (_, i) => {
    const conn = await Deno.connect({ hostname: "127.0.0.1", port: process.port });
    await conn.write(slow[i % 2]!);
    return conn;
  }));
  await serves(process);
  for (const conn of conns) {
    const answer = new Uint8Array(2_000), count = await conn.read(answer);
    assert.match(new TextDecoder().decode(answer.subarray(0, count ?? 0)), /^HTTP\/1\.1 408 /);
    conn.close();
  }
  await serves(process);
});

Deno.test("a body of chunks without end is refused at its limit, whatever follows", async () => {
  await using process = await startEdgeProcess({
    EDGE_MAX_BODY_BYTES: "10000",
    EDGE_MAX_PICTURE_BYTES: "10000",
  });
  const before = await residentMb(process.edge.pid);
  const chunk = joined(
    encoder.encode("10000\r\n"),
    new Uint8Array(65_536).fill(0x61),
    encoder.encode("\r\n"),
  );
  await Promise.all(Array.from({ length: 8 }, async () => {
    using conn = await Deno.connect({ hostname: "127.0.0.1", port: process.port });
    let sent = 0;
    const answer = Promise.withResolvers<string>();
    const buffer = new Uint8Array(2_000);
    conn.read(buffer).then(
      (count) => answer.resolve(new TextDecoder().decode(buffer.subarray(0, count ?? 0))),
      () => answer.resolve("reset"),
    );
    let answered = false;
    answer.promise.then(() => answered = true);
    await conn.write(CHUNKED);
    // 64 MB, unless the server hangs up
    try {
      for (; sent < 1_000 && !answered; sent++) {
        for (let at = 0; at < chunk.length;) at += await conn.write(chunk.subarray(at));
      }
    } catch (error) {
      assert.ok(error instanceof Error);
    }
    assert.match(await answer.promise, /^HTTP\/1\.1 413 |^reset$/);
  }));
  await serves(process);
  const grown = await residentMb(process.edge.pid) - before;
  assert.ok(grown < 100, `${grown} MB more`);
});

Deno.test("huge heads, addresses and compressed bodies are refused before anything is kept or inflated", async () => {
  await using process = await startEdgeProcess();
  using wire = new Wire(process.port);
  const none = new Uint8Array();
  const long = "a".repeat(1 << 20),
    many = Object.fromEntries(Array.from({ length: 5_000 }, (_, i) => [`x-${i}`, "1"]));
  for (
    const [line, headers] of [
      ["GET /healthz HTTP/1.1", { "x-a": long }],
      ["GET /healthz HTTP/1.1", many],
      [`GET /${long} HTTP/1.1`, {}],
    ] as const
  ) {
    const { status } = await wire.send(requestBytes(line, headers, none));
    assert.ok(
      status === 400 || status === 431 || status === 414 || status === "closed",
      `${status}`,
    );
  }
  const address = await wire.send(requestBytes(`GET /${"a".repeat(20_000)} HTTP/1.1`, {}, none));
  assert.deepEqual([address.status, codeOf(address.body)], [413, "too-large"]);
  // 50 MB of zeros in 50 kB
  const zeros = new Blob([new Uint8Array(50 << 20)]).stream().pipeThrough(
    new CompressionStream("gzip"),
  );
  const bomb = new Uint8Array(await new Response(zeros).arrayBuffer());
  const refused = await wire.send(
    requestBytes("POST /v1/predict HTTP/1.1", { ...JSON_TYPE, "content-encoding": "gzip" }, bomb),
  );
  assert.deepEqual([refused.status, codeOf(refused.body)], [415, "unsupported-media-type"]);
  await serves(process);
});

Deno.test("two thousand connections that say nothing cost little and keep nobody out", async () => {
  await using process = await startEdgeProcess();
  const before = await residentMb(process.edge.pid);
  const idle: Deno.Conn[] = [];
  try {
    for (let i = 0; i < 2_000; i++) {
      idle.push(await Deno.connect({ hostname: "127.0.0.1", port: process.port }));
      if (i % 2 === 0) await idle[i]!.write(encoder.encode("POST /v1/predict HTTP/1.1\r\nhost:"));
    }
    await serves(process);
    const grown = await residentMb(process.edge.pid) - before;
    assert.ok(grown < 150, `${grown} MB more`);
  } finally {
    for (const conn of idle) conn.close();
  }
  await serves(process);
});

Deno.test("an edge that ran out of open files serves again as soon as there are some", async () => {
  await using process = await startEdgeProcess({}, 120);
  const crowd: Deno.Conn[] = [];
  try {
    for (let i = 0; i < 300; i++) {
      const conn = await Deno.connect({ hostname: "127.0.0.1", port: process.port }).catch(() =>
        null
      );
      if (conn !== null) crowd.push(conn);
    }
    await until(
      "the edge to notice",
      () => Promise.resolve(process.edge.output().includes("opening the port again")),
    );
  } finally {
    for (const conn of crowd) conn.close();
  }
  await until("the edge to serve again", async () => {
    try {
      await serves(process);
      return true;
    } catch (error) {
      if (error instanceof assert.AssertionError) throw error;
      return false;
    }
  });
});

Deno.test("more work than fits is refused at once, and what was let in is answered", async () => {
  await using process = await startEdgeProcess({
    EDGE_MAX_QUEUE: "8",
    EDGE_MAX_BATCH: "8",
    EDGE_ANSWER_CACHE_BYTES: "0",
  });
  const long = "a few words of a listing ".repeat(700);
  const statuses = await Promise.all(Array.from({ length: 60 }, async (_, i) => {
    using wire = new Wire(process.port);
    const body = encoder.encode(JSON.stringify({ designation: `chair ${i}`, description: long }));
    const reply = await wire.send(requestBytes("POST /v1/predict HTTP/1.1", JSON_TYPE, body));
    if (reply.status === 503) assert.equal(codeOf(reply.body), "overloaded");
    return reply.status;
  }));
  assert.ok(statuses.every((status) => status === 200 || status === 503), `${statuses}`);
  assert.ok(statuses.filter((status) => status === 200).length >= 8, `${statuses}`);
  assert.ok(statuses.includes(503), `${statuses}`);
  await serves(process);
});
