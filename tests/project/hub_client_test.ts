import assert from "node:assert/strict";
import { createHubClient, followJob } from "../../shared/client/mod.ts";
import { seed } from "../../hub/testing/seed.ts";
import { openTestHub } from "../../hub/testing/test_hub.ts";
import { CLIENT_FILE, currentClientSource } from "../../hub/testing/write_client.ts";

Deno.test("the typed client fits the API (else: deno task client:generate)", async () => {
  assert.equal(await Deno.readTextFile(CLIENT_FILE), await currentClientSource());
});

Deno.test("the typed client works a hub: reads, changes, files, a job's events, problems", async () => {
  await using hub = await openTestHub({
    handler: ({ emit }) => {
      emit({ type: "log", message: "hello" });
      return Promise.resolve({ done: true });
    },
  });
  const { bundles } = await seed(hub.registry, hub.blobs);
  const client = createHubClient({
    url: "http://hub",
    token: hub.tokens.operator,
    fetch: async (url, init) => await hub.app.request(url, init),
  });
  assert.equal((await client.call("whoami")).role, "operator");
  const aliases = await client.call("promote", {
    path: { catalogue: "demo" },
    body: { digest: bundles[0]!, why: "test" },
  });
  assert.equal(aliases.champion, bundles[0]);
  await assert.rejects(
    client.call("rollback", { path: { catalogue: "demo" }, body: { why: "x" } }, {
      ifMatch: '"99"',
    }),
    { code: "revision-stale" },
  );
  const bytes = crypto.getRandomValues(new Uint8Array(65_536));
  const { digest } = await client.call("put-blob", { body: bytes });
  const answer = await client.call("get-blob", { path: { digest } }, {
    headers: { range: "bytes=10-19" },
  });
  assert.equal(answer.status, 206);
  assert.deepEqual(await answer.bytes(), bytes.slice(10, 20));

  const job = await client.call("start-train", { path: { catalogue: "demo" }, body: {} });
  const events = await Array.fromAsync(followJob(client, job.id));
  assert.ok(events.some((e) => e["message"] === "hello"));
  assert.equal(events.at(-1)?.["state"], "succeeded");
  await assert.rejects(client.call("list-tokens"), { code: "forbidden" });
  await assert.rejects(client.call("get-job", { path: { id: "none" } }), { code: "not-found" });
});
