import assert from "node:assert/strict";
import { createHubClient, followJob, HubProblem } from "./mod.ts";

/** A client whose hub answers what `answers` say, one after the other; and what it was asked. */
function clientOf(...answers: readonly (Response | Error)[]) {
  const asked: { url: string; init: RequestInit; key: string | null }[] = [];
  const hub = createHubClient({
    url: "https://hub.example/base/",
    token: "t",
    backoffMs: 0,
    fetch: (url, init) => {
      const answer = answers[asked.length]!;
      asked.push({ url, init, key: new Headers(init.headers).get("idempotency-key") });
      return answer instanceof Error ? Promise.reject(answer) : Promise.resolve(answer);
    },
  });
  return { hub, asked };
}
const problem = (status: number, code: string) =>
  Response.json({ code, status, detail: "Cannot", title: code, type: "", requestId: "r" }, {
    status,
    headers: { "content-type": "application/problem+json" },
  });

Deno.test("call() fills in the path and the query, sends the token, and reads JSON", async () => {
  const { hub, asked } = clientOf(Response.json({ items: [], next: null }));
  const page = await hub.call("list-feedback", {
    path: { catalogue: "demo" },
    query: { limit: 5, state: "pending", cursor: undefined },
  });
  assert.deepEqual(page.items, []);
  assert.equal(
    asked[0]!.url,
    "https://hub.example/base/api/v1/catalogues/demo/feedback?limit=5&state=pending",
  );
  assert.equal(new Headers(asked[0]!.init.headers).get("authorization"), "Bearer t");
});

Deno.test("call() sends a POST again with one and the same key while the hub is away", async () => {
  const away = new TypeError("connection refused");
  const { hub, asked } = clientOf(away, problem(503, "overloaded"), Response.json({ id: "j" }));
  const job = await hub.call("start-train", { path: { catalogue: "demo" }, body: {} });
  assert.equal(job.id, "j");
  assert.equal(asked.length, 3);
  assert.equal(new Set(asked.map((a) => a.key)).size, 1);
  assert.notEqual(asked[0]!.key, null);
});

Deno.test("call() sends neither a PATCH nor a stream twice, and gives up after its attempts", async () => {
  const patch = clientOf(new TypeError("gone"));
  await assert.rejects(
    patch.hub.call("set-settings", { path: { catalogue: "demo" }, body: {} }),
    { code: "hub-unreachable" },
  );
  const stream = clientOf(problem(503, "overloaded"));
  await assert.rejects(stream.hub.call("put-blob", { body: new Blob(["x"]).stream() }), {
    code: "overloaded",
  });
  const read = clientOf(...Array.from({ length: 4 }, () => problem(503, "overloaded")));
  await assert.rejects(read.hub.call("list-catalogues"), { code: "overloaded" });
  assert.deepEqual([patch, stream, read].map((c) => c.asked.length), [1, 1, 4]);
});

Deno.test("call() throws the hub's problem at once where waiting does not help", async () => {
  const { hub, asked } = clientOf(problem(409, "revision-stale"));
  const error = await hub.call("rollback", {
    path: { catalogue: "demo" },
    body: { why: "w" },
  }, { ifMatch: '"4"' }).catch((e: unknown) => e);
  assert.ok(error instanceof HubProblem);
  assert.deepEqual([error.code, error.problem.requestId], ["revision-stale", "r"]);
  assert.equal(new Headers(asked[0]!.init.headers).get("if-match"), '"4"');
  const foreign = clientOf(new Response("<h1>nginx</h1>", { status: 404 }));
  await assert.rejects(foreign.hub.call("whoami"), /answered 404: <h1>nginx/);
});

Deno.test("followJob() takes a broken stream up again where it ended", async () => {
  const event = (seq: number, more = "") =>
    `id: ${seq}\ndata: {"seq":${seq},"type":"log"${more}}\n\n`;
  let pulls = 0;
  const broken = new ReadableStream<Uint8Array<ArrayBuffer>>({
    pull(controller) {
      if (pulls++ === 0) controller.enqueue(new TextEncoder().encode(event(1) + event(2)));
      else controller.error(new TypeError("connection reset"));
    },
  });
  const { hub, asked } = clientOf(
    new Response(broken),
    new Response(event(3) + 'data: {"seq":3,"type":"state","final":true}\n\n'),
  );
  const seqs = (await Array.fromAsync(followJob(hub, "j"))).map((e) => e.seq);
  assert.deepEqual(seqs, [1, 2, 3, 3]);
  assert.deepEqual(asked.map((a) => new URL(a.url).search), ["?after=0", "?after=2"]);
});
