/**
 * The drill: a hub under write load is backed up, destroyed and restored; what it acknowledged before the snapshot
 * is there, and edges that saw releases from after it take the restored hub's.
 */
import assert from "node:assert/strict";
import { EDGE_PATHS } from "@aisle/shared/contract";
import { readEnvFile } from "../../hub/main.ts";
import { hubJson, runJson, runTask, scratch, startEdge, startHub, until } from "./processes.ts";
import { CATALOGUE, openDataFolder, releaseTinyBundle } from "./released_hub.ts";

/** Posts feedback from several writers until stopped; tells the keys that were acknowledged. */
function load(url: string, token: string, writers: number) {
  const acknowledged: string[] = [];
  let stop = false, refused = 0, next = 0;
  const work = Array.from({ length: writers }, async () => {
    while (!stop) {
      const key = `key-${next++}`;
      try {
        const response = await fetch(new URL(EDGE_PATHS.feedback, url), {
          method: "POST",
          headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
          body: JSON.stringify({
            idempotencyKey: key,
            edgeId: "drill",
            catalogue: CATALOGUE,
            requestId: null,
            product: { designation: key, description: "", productid: "", imageid: "" },
            code: "10",
            predicted: null,
            source: "drill",
            at: new Date().toISOString(),
          }),
        });
        if ((await response.json()).stored) acknowledged.push(key);
        else refused++;
      } catch (error) {
        if (!(error instanceof TypeError)) throw error;
        refused++; // the hub is gone
      }
    }
  });
  return {
    acknowledged,
    refused: () => refused,
    async end() {
      stop = true;
      await Promise.all(work);
    },
  };
}

async function sequenceOf(edge: string): Promise<{ sequence: number; problem: unknown }> {
  const response = await fetch(`${edge}/readyz`);
  return await response.json();
}

Deno.test("a hub under load is backed up, destroyed and restored, and its edges follow it", async () => {
  await using folder = await scratch();
  const dataDir = `${folder.path}/data`, backup = `${folder.path}/backup`;
  const passphraseFile = `${folder.path}/passphrase`;
  await Deno.writeTextFile(passphraseFile, "a sentence that nobody guesses\n");
  {
    await using hub = await openDataFolder(dataDir);
    await releaseTinyBundle(hub, dataDir);
  }
  const first = await startHub(dataDir);
  const port = new URL(first.url).port;
  await using edge = await startEdge(dataDir, CATALOGUE);
  const { EDGE_TOKEN: token } = await readEnvFile(`${dataDir}/edge.env`);
  const writing = load(first.url, token!, 3);
  await until("some feedback", () => Promise.resolve(writing.acknowledged.length > 30));

  const before = [...writing.acknowledged];
  const made = await runJson<{ snapshot: string; key: string }>(
    dataDir,
    ["backup", "--to", backup, "--passphrase-file", passphraseFile],
  );
  assert.equal(made.key, "sealed");
  const during = writing.acknowledged.length;
  assert.ok(during > before.length, "writes went on while the backup was made");
  assert.equal(writing.refused(), 0);

  // After the snapshot: a release that edges take and the restored hub knows nothing of.
  await hubJson(dataDir, "POST", `/api/v1/catalogues/${CATALOGUE}/labels/rename`, {
    code: "10",
    name: "renamed after the snapshot",
  });
  await until("the later release", async () => (await sequenceOf(edge.url)).sequence === 2);
  await writing.end();
  await first.kill9();
  await Deno.remove(dataDir, { recursive: true });

  const verified = await runTask(dataDir, ["backup", "--to", backup, "--verify"]);
  assert.equal(verified.code, 0, verified.stderr);
  const wrong = await runTask(dataDir, ["restore", "--from", backup]);
  assert.deepEqual([wrong.code, /passphrase/.test(wrong.stderr)], [2, true], wrong.stderr);
  const restored = await runJson<{ snapshot: string; releases: { sequence: number }[] }>(
    dataDir,
    ["restore", "--from", backup, "--passphrase-file", passphraseFile],
  );
  assert.equal(restored.snapshot, made.snapshot);

  await using second = await startHub(dataDir, { HUB_PORT: port });
  assert.equal(second.url, first.url);
  const there = new Set<string>();
  for (let next: string | null = ""; next !== null;) {
    const page: { items: { idempotencyKey: string }[]; next: string | null } = await hubJson(
      dataDir,
      "GET",
      `/api/v1/catalogues/${CATALOGUE}/feedback?limit=200${next === "" ? "" : `&cursor=${next}`}`,
    );
    for (const { idempotencyKey } of page.items) there.add(idempotencyKey);
    next = page.next;
  }
  assert.deepEqual(before.filter((key) => !there.has(key)), []);
  assert.ok(there.size <= during + 3, "nothing is there that was written after the snapshot");
  const { sequence } = restored.releases[0]!;
  assert.ok(sequence > 2);
  await until(
    "the restored hub's release",
    async () => (await sequenceOf(edge.url)).sequence === sequence,
  );
  const again = await startEdge(dataDir, CATALOGUE);
  assert.equal((await sequenceOf(again.url)).sequence, sequence);
  await again[Symbol.asyncDispose]();
});
