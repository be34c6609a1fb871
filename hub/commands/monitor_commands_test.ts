import assert from "node:assert/strict";
import { hubConfig } from "../config.ts";
import { openHub } from "../hub.ts";
import { noLog } from "../log.ts";
import { parseParams } from "../params.ts";
import type { Alert } from "../registry/alerts.ts";
import type { Delivery, Webhook } from "../registry/webhooks.ts";
import { readArguments } from "./command.ts";
import { MONITOR_COMMANDS } from "./monitor_commands.ts";

const ALERT = {
  catalogue: "shop",
  key: "job:1",
  kind: "job-failed",
  severity: "warning",
  message: "The job failed",
} as const;

/** A data folder with the catalogue `shop` and one alert; `run` gives what a command printed and noted. */
async function withCommands(
  test: (run: (words: string) => Promise<{ out: string; notes: string }>) => Promise<void>,
): Promise<void> {
  const dataDir = await Deno.makeTempDir({ prefix: "aisle-monitor-" });
  try {
    const config = hubConfig({ AISLE_DATA: dataDir });
    const params = parseParams(
      await Deno.readTextFile(new URL("../../params.yaml", import.meta.url)),
    );
    {
      await using hub = await openHub({ config, params, log: noLog, serves: false });
      await hub.registry.catalogues.ensure("shop");
      await hub.registry.alerts.raise(ALERT);
    }
    await test(async (words) => {
      const [name, ...rest] = words.split(" ");
      const command = MONITOR_COMMANDS.find((command) => command.name === name)!;
      const out: string[] = [], notes: string[] = [];
      await command.run(readArguments(command, rest), {
        config,
        params: () => Promise.resolve(params),
        env: {},
        terminal: {
          print: (line = "") => void out.push(line),
          note: (line) => void notes.push(line),
          progress: () => {},
          clear: () => {},
        },
        signal: new AbortController().signal,
      });
      return { out: out.join("\n"), notes: notes.join("\n") };
    });
  } finally {
    await Deno.remove(dataDir, { recursive: true });
  }
}

Deno.test("monitor, alerts and webhooks do from the command line what the page does", async (t) => {
  await withCommands(async (run) => {
    const json = async <T>(words: string): Promise<T> =>
      JSON.parse((await run(`${words} --json`)).out);

    await t.step("monitor looks where nobody has, and shows that look again", async () => {
      const first = await json<{ at: string; catalogue: string }>("monitor");
      assert.deepEqual(await json("monitor"), first);
      assert.notEqual((await json<{ at: string }>("monitor --look")).at, first.at);
      assert.match((await run("monitor")).out, /champion +none[\s\S]+predictions +0 in/);
    });

    await t.step("alerts are listed, acknowledged, muted for a span and resolved", async () => {
      const [alert] = await json<Alert[]>("alerts");
      assert.deepEqual([alert!.key, alert!.state], ["job:1", "open"]);
      const { id } = alert!;
      assert.equal((await json<Alert[]>(`alerts acknowledge ${id}`))[0]!.state, "acknowledged");
      const before = Date.now();
      const [muted] = await json<Alert[]>(`alerts mute ${id} --for 8h`);
      const ms = Date.parse(muted!.mutedUntil!) - before;
      assert.ok(ms >= 8 * 3_600_000 && ms < 9 * 3_600_000, muted!.mutedUntil!);
      assert.equal((await json<Alert[]>(`alerts unmute ${id}`))[0]!.mutedUntil, null);
      assert.match((await run(`alerts resolve ${id}`)).out, /resolved.*The job failed/);
      assert.deepEqual(await json("alerts"), []);
      assert.deepEqual(await json("alerts --catalogue garden --all"), []);
      assert.equal((await json<Alert[]>("alerts --all"))[0]!.id, id);
      for (const wrong of ["alerts forget x", "alerts mute", `alerts mute ${id} --for soon`]) {
        await assert.rejects(run(wrong), { code: "usage" }, wrong);
      }
    });

    await t.step(
      "a webhook is added with a secret told once, tested, switched, removed",
      async () => {
        const url = "https://hooks.test/secret-path";
        const added = await run(`webhooks add ${url} --min-severity critical --catalogue shop`);
        const secret = /: ([0-9a-f]{64})$/.exec(added.notes)?.[1];
        assert.ok(secret !== undefined, added.notes);
        const [hook] = await json<Webhook[]>("webhooks");
        assert.deepEqual(
          [hook!.name, hook!.origin, hook!.catalogue, hook!.minSeverity, hook!.enabled],
          ["hooks.test", "https://hooks.test", "shop", "critical", true],
        );
        const { id } = hook!;
        const [sent] = await json<Delivery[]>(`webhooks test ${id}`);
        assert.deepEqual(
          (await json<Delivery[]>(`webhooks deliveries ${id}`)).map((d) => [d.id, d.event]),
          [[sent!.id, "test"]],
        );
        assert.equal((await json<Webhook[]>(`webhooks off ${id}`))[0]!.enabled, false);
        const list = await run("webhooks");
        assert.match(list.out, /hooks\.test.*critical.*off/);
        assert.ok(!list.out.includes("secret-path") && !list.out.includes(secret));
        await run(`webhooks remove ${id}`);
        assert.deepEqual(await json("webhooks list"), []);
        await assert.rejects(run("webhooks add http://hooks.test"), { code: "input-invalid" });
        await assert.rejects(run(`webhooks remove ${id}`), { code: "not-found" });
        await assert.rejects(run("webhooks test"), { code: "usage" });
      },
    );
  });
});
