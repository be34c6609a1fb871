import assert from "node:assert/strict";
import { AppError } from "@aisle/shared/errors";
import { JOB_KINDS } from "./ports.ts";
import { seed } from "../testing/seed.ts";
import { openTestHub, type TestHub } from "../testing/test_hub.ts";

/** Events of a stream, to its end. */
async function eventsOf(
  response: Response,
): Promise<{ id: string | null; data: Record<string, unknown> }[]> {
  const text = await response.text();
  return text.split("\n\n").filter((part) => part.includes("data:")).map((part) => ({
    id: /^id: (.*)$/m.exec(part)?.[1] ?? null,
    data: JSON.parse(/^data: (.*)$/m.exec(part)![1]!),
  }));
}

async function start(hub: TestHub, kind: string, json: unknown = {}) {
  return await hub.send("operator", "POST", `/api/v1/catalogues/demo/${kind}`, { json });
}

Deno.test("starting a job answers 202 with its address, and the job ends with its result", async () => {
  await using hub = await openTestHub();
  await seed(hub.registry, hub.blobs);
  const response = await hub.send("operator", "POST", "/api/v1/catalogues/demo/jobs", {
    json: { kind: "split" },
  });
  assert.equal(response.status, 202);
  const job = await response.json();
  assert.equal(response.headers.get("location"), `/api/v1/jobs/${job.id}`);
  assert.equal(job.by, "the operator");
  await hub.jobs.idle();
  const ended = await (await hub.send("viewer", "GET", `/api/v1/jobs/${job.id}`)).json();
  assert.deepEqual([ended.state, ended.result], ["succeeded", { done: true }]);
});

Deno.test("every kind has a path of its own, with or without a body", async () => {
  await using hub = await openTestHub();
  await seed(hub.registry, hub.blobs);
  const csv = (await hub.blobs.put(new TextEncoder().encode("title\nBall\n"))).digest;
  for (const kind of JOB_KINDS) {
    // Only scoring cannot begin without saying what.
    const source = { kind: "table", csv, text: ["title"], label: null, id: null, image: null };
    const json = kind === "score" ? { source: { ...source, images: null } } : undefined;
    const response = await hub.send("operator", "POST", `/api/v1/catalogues/demo/${kind}`, {
      json,
    });
    assert.equal(response.status, 202, `${kind}: ${await response.clone().text()}`);
    assert.equal((await response.json()).kind, kind);
  }
});

Deno.test("a job that cannot work is refused before it is queued", async () => {
  await using hub = await openTestHub();
  await seed(hub.registry, hub.blobs);
  const code = async (response: Promise<Response>) => (await (await response).json()).code;
  assert.equal(await code(start(hub, "train", { forse: ["train"] })), "input-invalid");
  assert.equal(await code(start(hub, "train", { force: ["trian"] })), "input-invalid");
  const source = { kind: "challenge", x: "0".repeat(64), y: null, images: null };
  assert.equal(await code(start(hub, "ingest", { source })), "data-invalid");
  assert.equal(await code(start(hub, "ingest", { source: { kind: "zip" } })), "input-invalid");
  const elsewhere = hub.send("operator", "POST", "/api/v1/catalogues/nowhere/train", { json: {} });
  assert.equal(await code(elsewhere), "not-found");
  assert.equal(await code(start(hub, "destroy")), "not-found");
  const generic = hub.send("operator", "POST", "/api/v1/catalogues/demo/jobs", {
    json: { kind: "train", input: { forse: [] } },
  });
  assert.equal(await code(generic), "input-invalid");
  assert.deepEqual((await hub.registry.jobs.list()).items, []);
});

Deno.test("a source makes the catalogue that it is for", async () => {
  await using hub = await openTestHub();
  const { digest } = await hub.blobs.put(new TextEncoder().encode("a,b\n"));
  const response = await hub.send("operator", "POST", "/api/v1/catalogues/shop/pipeline", {
    json: { source: { kind: "challenge", x: digest, y: digest, images: null } },
  });
  assert.equal(response.status, 202);
  const { items } = await (await hub.send("viewer", "GET", "/api/v1/catalogues")).json();
  assert.deepEqual(items.map((c: { name: string }) => c.name), ["shop"]);
});

Deno.test("events: the log, then what happens, then how it ended; each line once", async () => {
  const gate = Promise.withResolvers<void>();
  await using hub = await openTestHub({
    handler: async ({ emit }) => {
      emit({ type: "log", message: "early" });
      await gate.promise;
      emit({ type: "progress", done: 1, total: 2 });
      emit({ type: "log", message: "late" });
      return 42;
    },
  });
  await seed(hub.registry, hub.blobs);
  const job = await (await start(hub, "train")).json();
  const response = await hub.send("viewer", "GET", `/api/v1/jobs/${job.id}/events`);
  assert.match(response.headers.get("content-type") ?? "", /text\/event-stream/);
  const events = eventsOf(response);
  gate.resolve();
  const told = await events;
  const logged = told.filter((e) => e.data["type"] === "log").map((e) => e.data["message"]);
  assert.deepEqual(logged, ["early", "late"]);
  const last = told.at(-1)!.data;
  assert.deepEqual([last["type"], last["state"], last["result"], last["final"]], [
    "state",
    "succeeded",
    42,
    true,
  ]);
  const ids = told.flatMap((e) => (e.id === null ? [] : [Number(e.id)]));
  assert.deepEqual(ids, ids.toSorted((a, b) => a - b));
  assert.equal(new Set(ids).size, ids.length);

  // Who comes back after a break gets only the rest.
  const again = await eventsOf(
    await hub.send("viewer", "GET", `/api/v1/jobs/${job.id}/events`, {
      headers: { "last-event-id": String(ids.at(-2)) },
    }),
  );
  assert.deepEqual(again.flatMap((e) => (e.id === null ? [] : [Number(e.id)])), [ids.at(-1)]);
  const log = await (await hub.send("viewer", "GET", `/api/v1/jobs/${job.id}/log?after=1`)).json();
  assert.equal(log.items[0].seq, 2);
});

Deno.test("progress is passed on while a job runs", async () => {
  const seen = Promise.withResolvers<void>(), running = Promise.withResolvers<void>();
  await using hub = await openTestHub({
    handler: async ({ emit }) => {
      running.resolve();
      const tick = setInterval(() => emit({ type: "progress", done: 1, total: 2 }), 10);
      await seen.promise;
      clearInterval(tick);
      return null;
    },
  });
  await seed(hub.registry, hub.blobs);
  const job = await (await start(hub, "train")).json();
  await running.promise;
  const response = await hub.send("viewer", "GET", `/api/v1/jobs/${job.id}/events`);
  let text = "";
  for await (const piece of response.body!.pipeThrough(new TextDecoderStream())) {
    text += piece;
    if (text.includes('"progress"')) seen.resolve();
  }
  assert.match(text, /"progress"/);
  assert.match(text, /"final":true/);
});

Deno.test("a reader that goes away leaves no listener behind", async () => {
  const gate = Promise.withResolvers<void>();
  await using hub = await openTestHub({ handler: () => gate.promise });
  await seed(hub.registry, hub.blobs);
  let listeners = 0;
  const { subscribe } = hub.jobs;
  hub.jobs.subscribe = (id, listener) => {
    listeners++;
    const stop = subscribe.call(hub.jobs, id, listener);
    return () => {
      listeners--;
      stop();
    };
  };
  const job = await (await start(hub, "train")).json();
  const response = await hub.send("viewer", "GET", `/api/v1/jobs/${job.id}/events`);
  const reader = response.body!.getReader();
  await reader.read();
  assert.equal(listeners, 1);
  await reader.cancel();
  for (let i = 0; i < 100 && listeners > 0; i++) await new Promise((done) => setTimeout(done, 20));
  assert.equal(listeners, 0);
  gate.resolve();
});

Deno.test("a hub that stops ends its event streams", async () => {
  const stop = new AbortController(), gate = Promise.withResolvers<void>();
  await using hub = await openTestHub({ handler: () => gate.promise, stopping: stop.signal });
  await seed(hub.registry, hub.blobs);
  const job = await (await start(hub, "train")).json();
  const response = await hub.send("viewer", "GET", `/api/v1/jobs/${job.id}/events`);
  const reader = response.body!.getReader();
  await reader.read();
  stop.abort();
  while (!(await reader.read()).done);
  gate.resolve();
});

Deno.test("cancelling stops a running job, once", async () => {
  await using hub = await openTestHub({
    handler: ({ signal }) =>
      new Promise((_, reject) => {
        const stop = () => reject(new AppError("cancelled", "stopped"));
        if (signal.aborted) stop();
        signal.addEventListener("abort", stop);
      }),
  });
  await seed(hub.registry, hub.blobs);
  const job = await (await start(hub, "train")).json();
  const cancel = () => hub.send("operator", "POST", `/api/v1/jobs/${job.id}/cancel`);
  assert.equal((await cancel()).status, 200);
  await hub.jobs.idle();
  const ended = await (await hub.send("viewer", "GET", `/api/v1/jobs/${job.id}`)).json();
  assert.equal(ended.state, "cancelled");
  assert.equal((await cancel()).status, 409);
  assert.equal((await hub.send("operator", "POST", "/api/v1/jobs/nope/cancel")).status, 404);
});

Deno.test("stages show what a job went through, and its log can be followed by stage", async () => {
  await using hub = await openTestHub({
    handler: ({ emit }) => {
      emit({ type: "stage", stage: "split", state: "unchanged" });
      emit({ type: "stage", stage: "train", state: "running" });
      emit({ type: "log", stage: "train", message: "pass 1" });
      emit({ type: "log", message: "of no stage" });
      emit({ type: "stage", stage: "train", state: "done", ms: 5 });
      return Promise.resolve(null);
    },
  });
  await seed(hub.registry, hub.blobs);
  const job = await (await start(hub, "train")).json();
  await hub.jobs.idle();
  const get = (path: string) => hub.send("viewer", "GET", `/api/v1/jobs/${path}`);
  const { items } = await (await get(`${job.id}/stages`)).json();
  assert.deepEqual(
    items.map((s: { stage: string; state: string }) => `${s.stage} ${s.state}`),
    [
      "split unchanged",
      "features skipped",
      "pictures skipped",
      "encoder skipped",
      "sentences skipped",
      "train done",
      "export skipped",
    ],
  );
  assert.equal((await get("nope/stages")).status, 404);
  const log = await (await get(`${job.id}/log?stage=train`)).json();
  assert.deepEqual(log.items.map((l: { type: string }) => l.type), ["stage", "log", "stage"]);
  const events = await eventsOf(await get(`${job.id}/events?stage=train`));
  assert.deepEqual(events.map((e) => e.data["stage"] ?? e.data["state"]), [
    "train",
    "train",
    "train",
    "succeeded",
  ]);
});

Deno.test("a job takes params of its own, and wrong ones are refused before it is queued", async () => {
  await using hub = await openTestHub();
  await seed(hub.registry, hub.blobs);
  const wrong = await start(hub, "train", { params: { "train.sea": 3 } });
  assert.equal(wrong.status, 422);
  assert.match((await wrong.json()).detail, /did you mean train.seed|unknown key train.sea/);
  const right = await start(hub, "train", { params: { "train.c": 3 } });
  assert.equal(right.status, 202);
  assert.deepEqual((await right.json()).input, { params: { "train.c": 3 } });
});
