/**
 * Two bundled edges behind a real Caddy with the configuration of the compose file: edges are stopped and started one
 * after the other under load, and a client without retries sees no failure.
 */
import assert from "node:assert/strict";
import { bundleEdge } from "../../tools/bundle_edge.ts";
import { type Running, scratch, startBundledEdge, until } from "./processes.ts";
import { openDataFolder, releaseTinyBundle, serve } from "./released_hub.ts";

async function hasCaddy(): Promise<boolean> {
  try {
    return (await new Deno.Command("caddy", { args: ["version"], stdout: "null" }).output())
      .success;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}
const CADDY = await hasCaddy();

function freePort(): number {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return listener.addr.port;
}

Deno.test({
  name: `edges behind the proxy restart one by one under load, and no request fails${
    CADDY ? "" : ": skipped, there is no caddy"
  }`,
  ignore: !CADDY,
  fn: async () => {
    await using data = await scratch();
    await using folder = await scratch();
    await bundleEdge(`${folder.path}/edge`);
    const hub = await openDataFolder(data.path);
    await releaseTinyBundle(hub, data.path);
    await using served = await serve(hub);
    const ports = [freePort(), freePort()], front = freePort();
    const start = (i: number) =>
      startBundledEdge(`${folder.path}/edge`, {
        ...served.edgeEnv,
        EDGE_PORT: String(ports[i]),
        EDGE_ID: `edge-${i + 1}`,
        EDGE_STOP_DELAY_MS: "3500",
      });
    const config = (await Deno.readTextFile(new URL("../../deploy/Caddyfile", import.meta.url)))
      .replace("edge-1:8080", `127.0.0.1:${ports[0]}`)
      .replace("edge-2:8080", `127.0.0.1:${ports[1]}`)
      .replace(/^:8080 /m, `http://127.0.0.1:${front} `);
    await Deno.writeTextFile(`${folder.path}/Caddyfile`, config);
    const caddy = new Deno.Command("caddy", {
      args: ["run", "--adapter", "caddyfile", "--config", `${folder.path}/Caddyfile`],
      env: { XDG_DATA_HOME: folder.path, XDG_CONFIG_HOME: folder.path },
      stdin: "null",
      stdout: "null",
      stderr: "null",
    }).spawn();
    const edges: Running[] = [];
    try {
      edges.push(await start(0), await start(1));
      const url = `http://127.0.0.1:${front}`;
      const ask = async () => {
        const response = await fetch(`${url}/v1/predict`, {
          method: "POST",
          headers: { "content-type": "application/json" },
          body: JSON.stringify({ designation: "a chair" }),
        });
        await response.body?.cancel();
        return response.status;
      };
      await until("the proxy", async () => {
        try {
          return await ask() === 200;
        } catch (error) {
          if (error instanceof TypeError) return false;
          throw error;
        }
      });
      let stop = false;
      const statuses = new Map<number, number>();
      const clients = Array.from({ length: 3 }, async () => {
        while (!stop) {
          const status = await ask();
          statuses.set(status, (statuses.get(status) ?? 0) + 1);
          await new Promise((done) => setTimeout(done, 5));
        }
      });
      for (const i of [0, 1]) {
        edges[i]!.signal("SIGTERM");
        assert.equal((await edges[i]!.status).code, 0);
        edges[i] = await start(i);
        // The proxy asks every two seconds who is ready.
        await new Promise((done) => setTimeout(done, 2_500));
      }
      stop = true;
      await Promise.all(clients);
      assert.deepEqual([...statuses.keys()], [200], JSON.stringify([...statuses]));
      assert.ok(statuses.get(200)! > 100);
    } finally {
      for (const edge of edges) await edge[Symbol.asyncDispose]();
      caddy.kill("SIGTERM");
      await caddy.status;
    }
  },
});
