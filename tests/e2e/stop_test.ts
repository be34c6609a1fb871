/**
 * SIGTERM to real processes: what is under way ends, the job is given back, the exit status is 0 within a bound; a
 * second signal ends it at once. And what hub and edge log meanwhile holds no secret.
 */
import assert from "node:assert/strict";
import type { Prediction } from "@aisle/shared/contract";
import { readEnvFile } from "../../hub/main.ts";
import {
  hubJson,
  post,
  runJson,
  type Running,
  scratch,
  startEdge,
  startHub,
  until,
} from "./processes.ts";
import { syntheticProducts, writeChallenge } from "./synthetic_catalogue.ts";
import { CATALOGUE, openDataFolder, releaseTinyBundle } from "./released_hub.ts";

interface Job {
  readonly id: string;
  readonly state: string;
  readonly attempt: number;
  readonly maxAttempts: number;
}

/** A request whose body comes in two parts: `end` sends the second. */
function slowPost(url: string, token: string, body: string) {
  const half = body.length >> 1;
  let end = () => {};
  const stream = new ReadableStream<Uint8Array>({
    start(controller) {
      controller.enqueue(new TextEncoder().encode(body.slice(0, half)));
      end = () => {
        controller.enqueue(new TextEncoder().encode(body.slice(half)));
        controller.close();
      };
    },
  });
  const answer = fetch(url, {
    method: "POST",
    headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
    body: stream,
  });
  return { answer, end: () => end() };
}

/** Lines of JSON that a process wrote. */
function logOf(process: Running): Record<string, unknown>[] {
  return process.output().split("\n").filter((line) => line.startsWith("{")).map((line) =>
    JSON.parse(line)
  );
}

/** Whether new requests are sent elsewhere, or not even taken. */
async function refuses(url: string): Promise<boolean> {
  try {
    const answer = await fetch(`${url}/healthz`);
    await answer.body?.cancel();
    return answer.status === 503;
  } catch (error) {
    if (error instanceof TypeError) return true;
    throw error;
  }
}

Deno.test("a hub that is told to stop ends what is under way, gives its job back and exits 0", async () => {
  await using folder = await scratch();
  const dataDir = `${folder.path}/data`;
  await writeChallenge(`${folder.path}/large`, syntheticProducts(12_000, 20, 2));
  const files = ["--x", `${folder.path}/large/x.csv`, "--y", `${folder.path}/large/y.csv`];
  await runJson(dataDir, ["ingest", ...files, "--name", "shop"]);
  await using hub = await startHub(dataDir, { HUB_LOG: "debug" });
  const { token, url } = JSON.parse(await Deno.readTextFile(`${dataDir}/hub.lock`));
  const job = await hubJson<Job>(dataDir, "POST", "/api/v1/catalogues/shop/pipeline", {});
  await until(
    "the training",
    () => Promise.resolve(logOf(hub).some((line) => line["stage"] === "train" && line["run"])),
  );
  // A stream that never ends by itself, and a request whose second half is still to come.
  const events = await fetch(`${url}/api/v1/jobs/${job.id}/events`, {
    headers: { authorization: `Bearer ${token}` },
  });
  const slow = slowPost(
    `${url}/api/v1/catalogues/shop/labels`,
    token,
    JSON.stringify({ code: "new", name: "While it stops" }),
  );
  const wrong = await fetch(`${url}/api/v1/jobs`, {
    headers: { authorization: "Bearer aisle_admin_guessedguessedguessedguessed" },
  });
  assert.equal(wrong.status, 401);
  await wrong.body?.cancel();

  const startedMs = performance.now();
  hub.signal("SIGTERM");
  await until("new requests to be refused", () => refuses(url));
  slow.end();
  const answer = await slow.answer;
  const text = await answer.text();
  assert.ok(answer.ok, `${answer.status} ${text}`);
  await events.text();
  const status = await hub.status;
  const tookMs = performance.now() - startedMs;
  assert.deepEqual([status.code, status.signal], [0, null], hub.output());
  assert.ok(tookMs < 45_000, `${tookMs} ms`);
  assert.ok(logOf(hub).some((line) => line["message"] === "hub stopped" && line["drained"]));
  const back = logOf(hub).find((line) => line["message"] === "job was given back");
  assert.deepEqual([back?.["job"], typeof back?.["run"]], [job.id, "string"]);

  const output = hub.output();
  const adminToken = /Admin token +(\S+)/.exec(output)?.[1];
  const edgeToken = (await readEnvFile(`${dataDir}/edge.env`))["EDGE_TOKEN"];
  const log = output.split("\n").filter((line) => line.startsWith("{")).join("\n");
  for (const secret of [token, adminToken, edgeToken, "guessedguessed"]) {
    assert.ok(secret !== undefined && !log.includes(secret), secret);
  }
  const request = logOf(hub).find((line) => line["path"] === "/api/v1/catalogues/shop/pipeline");
  assert.equal(typeof request?.["requestId"], "string");

  await using again = await startHub(dataDir);
  const now = await hubJson<Job>(dataDir, "GET", `/api/v1/jobs/${job.id}`);
  assert.ok(["queued", "running", "succeeded"].includes(now.state), now.state);
  assert.equal(now.maxAttempts, job.maxAttempts + 1, "stopping costs no attempt");
  await hubJson(dataDir, "POST", `/api/v1/jobs/${job.id}/cancel`).catch(() => {/* it was quick */});
  assert.ok(again.pid > 0);
});

Deno.test("a second signal ends a hub and an edge at once", async () => {
  await using folder = await scratch();
  const dataDir = `${folder.path}/data`;
  {
    await using hub = await openDataFolder(dataDir);
    await releaseTinyBundle(hub, dataDir);
  }
  await using hub = await startHub(dataDir);
  await using edge = await startEdge(dataDir, CATALOGUE);
  const { token, url } = JSON.parse(await Deno.readTextFile(`${dataDir}/hub.lock`));
  // Requests that never end keep both from draining.
  const held = [
    slowPost(`${url}/api/v1/catalogues/${CATALOGUE}/labels`, token, `{"code":"x","name":"y"}`),
    slowPost(`${edge.url}/v1/predict`, "", `{"designation":"a chair"}`),
  ].map(({ answer }) => answer.then((a) => a.body?.cancel(), () => {/* cut off */}));
  await new Promise((done) => setTimeout(done, 200));
  for (const process of [edge, hub]) {
    process.signal("SIGTERM");
    await until("new requests to be refused", () => refuses(process.url));
    const startedMs = performance.now();
    process.signal("SIGTERM");
    assert.equal((await process.status).code, 130);
    assert.ok(performance.now() - startedMs < 5_000);
  }
  await Promise.all(held);
});

Deno.test("an edge that is told to stop answers what is under way and exits 0", async () => {
  await using folder = await scratch();
  const dataDir = `${folder.path}/data`;
  {
    await using hub = await openDataFolder(dataDir);
    await releaseTinyBundle(hub, dataDir);
  }
  await using hub = await startHub(dataDir);
  await using edge = await startEdge(dataDir, CATALOGUE);
  assert.equal(
    (await post<Prediction>(`${edge.url}/v1/predict`, { designation: "x" })).status,
    200,
  );
  const slow = slowPost(`${edge.url}/v1/predict`, "", `{"designation":"a chair"}`);
  await new Promise((done) => setTimeout(done, 100));
  edge.signal("SIGTERM");
  await until("new requests to be refused", () => refuses(edge.url));
  slow.end();
  const answer = await slow.answer;
  assert.equal(answer.status, 200, await answer.text());
  const status = await edge.status;
  assert.deepEqual([status.code, status.signal], [0, null], edge.output());
  const token = (await readEnvFile(`${dataDir}/edge.env`))["EDGE_TOKEN"]!;
  assert.ok(!edge.output().includes(token));
  assert.ok(logOf(edge).some((line) => line["message"] === "edge stopping"));
  assert.ok(hub.pid > 0);
});
