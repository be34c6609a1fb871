import assert from "node:assert/strict";
import { openFolderStore } from "../artifact/blob_store.ts";
import { hubConfig } from "../config.ts";
import { openHub } from "../hub.ts";
import { noLog } from "../log.ts";
import { parseParams } from "../params.ts";
import { seed, type Seeded } from "../testing/seed.ts";
import { seedFindings } from "../testing/seed_findings.ts";
import { readArguments } from "./command.ts";
import { LIST_COMMANDS } from "./list_commands.ts";
import type { Terminal } from "./terminal.ts";

/** Runs commands against a data folder with the seeded catalogue, whose first bundle is champion since `promotedAt`. */
async function withCommands(
  test: (parts: {
    readonly seeded: Seeded;
    readonly promotedAt: string;
    readonly run: (...words: string[]) => Promise<string>;
  }) => Promise<void>,
): Promise<void> {
  const dataDir = await Deno.makeTempDir({ prefix: "aisle-list-" });
  try {
    const config = hubConfig({ AISLE_DATA: dataDir });
    const params = parseParams(
      await Deno.readTextFile(new URL("../../params.yaml", import.meta.url)),
    );
    let seeded: Seeded, promotedAt: string;
    {
      await using hub = await openHub({ config, params, log: noLog, serves: false });
      const blobs = await openFolderStore(`${dataDir}/blobs`);
      seeded = await seed(hub.registry, blobs);
      await seedFindings({ registry: hub.registry, blobs, params }, seeded);
      const response = await hub.app.request("/api/v1/catalogues/demo/promote", {
        method: "POST",
        headers: {
          authorization: `Bearer ${hub.localToken}`,
          "content-type": "application/json",
        },
        body: JSON.stringify({ digest: seeded.bundles[0], why: "the first" }),
      });
      assert.equal(response.status, 200);
      await response.body?.cancel();
      promotedAt = (await hub.registry.aliases.history("demo"))[0]!.at;
    }
    const run = async (name = "", ...words: string[]) => {
      const lines: string[] = [];
      const command = LIST_COMMANDS.find((command) => command.name === name)!;
      const terminal: Terminal = {
        print: (line = "") => void lines.push(line),
        note: () => {},
        progress: () => {},
        clear: () => {},
      };
      await command.run(readArguments(command, words), {
        config,
        params: () => Promise.resolve(params),
        env: {},
        terminal,
        signal: new AbortController().signal,
      });
      return lines.join("\n");
    };
    await test({ seeded, promotedAt, run });
  } finally {
    await Deno.remove(dataDir, { recursive: true });
  }
}

Deno.test("runs search, models card, trace and at answer from the command line", async (t) => {
  await withCommands(async ({ seeded, promotedAt, run }) => {
    const { bundles, runs, dataset } = seeded;

    await t.step("runs search takes the query language, as one word or as many", async () => {
      const query = "metrics.gold.accuracy > 0.8 order by metrics.gold.accuracy asc";
      const ids = (text: string) => JSON.parse(text).map((found: { id: string }) => found.id);
      assert.deepEqual(ids(await run("runs", "search", query, "--json")), [runs[1], runs[2]]);
      assert.deepEqual(ids(await run("runs", "search", ...query.split(" "), "--json")), [
        ...[runs[1], runs[2]],
      ]);
      assert.deepEqual(ids(await run("runs", "search", query, "--json", "--limit", "1")), [
        runs[1],
      ]);
      const table = await run("runs", "search", query);
      assert.ok(table.includes(runs[1]!) && table.includes("82.0"));
      await assert.rejects(run("runs", "search", "metrics.x >> 1"), {
        code: "input-invalid",
        message: /position 12/,
      });
    });

    await t.step(
      "models card prints the champion's card, or that of the bundle named",
      async () => {
        const card = await run("models", "card");
        assert.match(card, /^# Demo, version 1\n/);
        assert.match(card, /240/);
        const other = JSON.parse(await run("models", "card", bundles[2]!.slice(0, 12), "--json"));
        assert.equal(other.model.digest, bundles[2]);
        assert.ok(other.limits.length > 0);
      },
    );

    await t.step("models trace goes back to the run and the data, and on", async () => {
      const { start, origins } = JSON.parse(await run("models", "trace"));
      assert.deepEqual(start, { bundle: bundles[0] });
      assert.deepEqual(origins.runs.map((found: { id: string }) => found.id), [runs[0]]);
      assert.equal(origins.datasets[0].digest, dataset);
    });

    await t.step("models at says what was champion at a moment, why and by whom", async () => {
      const then = JSON.parse(await run("models", "at", promotedAt));
      assert.equal(then.aliases.champion, bundles[0]);
      assert.deepEqual([then.reign.why, then.reign.by], ["the first", "local"]);
      const before = new Date(Date.parse(promotedAt) - 1).toISOString();
      assert.equal(JSON.parse(await run("models", "at", before)).reign, null);
      await assert.rejects(run("models", "at"), { code: "usage" });
      await assert.rejects(run("models", "at", "yesterday"), { code: "input-invalid" });
    });
  });
});
