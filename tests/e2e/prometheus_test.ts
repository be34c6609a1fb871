/**
 * `/metrics` of hub and edge before the real programs: Debian's `promtool` and `prometheus`.
 *
 * @module
 */
import assert from "node:assert/strict";
import { EXPOSITION_TYPE } from "@aisle/shared/exposition";
import { sha256 } from "@aisle/shared/hash";
import { FakeHub } from "../../edge/testing/fake_hub.ts";
import { fakeBundle } from "../../edge/testing/fake_worker.ts";
import { runEdge } from "../../edge/testing/run_edge.ts";
import { until } from "../../edge/testing/waits.ts";
import { seedMonitoring } from "../../hub/testing/seed_monitoring.ts";
import { openTestHub, type TestHub } from "../../hub/testing/test_hub.ts";

async function hasProgram(name: string): Promise<boolean> {
  try {
    const { success } = await new Deno.Command(name, {
      args: ["--version"],
      stdout: "null",
      stderr: "null",
    }).output();
    return success;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

const PROMTOOL = await hasProgram("promtool"), PROMETHEUS = await hasProgram("prometheus");

/** A hub that has looked at a catalogue and found something. */
async function watchedHub(): Promise<TestHub> {
  const hub = await openTestHub();
  await seedMonitoring(hub, { drifts: true });
  await hub.send("operator", "POST", "/api/v1/catalogues/demo/monitoring/look");
  return hub;
}

async function freePort(): Promise<number> {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr as Deno.NetAddr;
  listener.close();
  return await Promise.resolve(port);
}

/** Fails with what promtool says of `text`. */
async function assertPromtoolTakes(text: string): Promise<void> {
  const child = new Deno.Command("promtool", {
    args: ["check", "metrics"],
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const input = child.stdin.getWriter();
  await input.write(new TextEncoder().encode(text));
  await input.close();
  const { success, stdout, stderr } = await child.output();
  const told = new TextDecoder().decode(stdout) + new TextDecoder().decode(stderr);
  assert.ok(success && told === "", told);
}

Deno.test({
  name: `/metrics of an edge passes promtool check metrics${
    PROMTOOL ? "" : " (skipped: promtool is not installed)"
  }`,
  ignore: !PROMTOOL,
  fn: async () => {
    await using hub = await FakeHub.start();
    const apiKeys = [{ name: "till", sha256: sha256("key"), perMinute: null }];
    await using edge = await runEdge(hub, { config: { apiKeys, answerCacheBytes: 1 << 20 } });
    await hub.release(fakeBundle(["10", "20"]));
    await until(async () => (await edge.app.request("/readyz")).ok, "the release");
    for (const key of ["key", "key", "none"]) {
      await edge.app.request("/v1/predict", {
        method: "POST",
        headers: { "content-type": "application/json", "x-api-key": key },
        body: JSON.stringify({ designation: "10" }),
      });
    }
    const answer = await edge.app.request("/metrics");
    assert.equal(answer.headers.get("content-type"), EXPOSITION_TYPE);
    const text = await answer.text();
    for (
      const sample of [
        'aisle_edge_cache_total{cache="answers",outcome="hit"} 1',
        'aisle_edge_key_requests_total{key="till",outcome="admitted"} 2',
        'aisle_edge_key_requests_total{key="",outcome="refused"} 1',
        "aisle_edge_latency_seconds_count 2",
        "aisle_edge_swaps_total 1",
      ]
    ) assert.ok(text.includes(`${sample}\n`), `${sample} is missing in\n${text}`);
    await assertPromtoolTakes(text);
  },
});

Deno.test({
  name: `/metrics of the hub passes promtool check metrics${
    PROMTOOL ? "" : " (skipped: promtool is not installed)"
  }`,
  ignore: !PROMTOOL,
  fn: async () => {
    await using hub = await watchedHub();
    assert.equal((await hub.send(null, "GET", "/metrics")).status, 401);
    const answer = await hub.send("viewer", "GET", "/metrics");
    assert.equal(answer.headers.get("content-type"), EXPOSITION_TYPE);
    const text = await answer.text();
    for (
      const sample of [
        'aisle_hub_edges{catalogue="demo"} 3',
        'aisle_hub_alerts{catalogue="demo",severity="critical"} 1',
        'aisle_hub_monitor_drift_level{catalogue="demo"} 2',
        'aisle_hub_requests_total{method="GET",route="/metrics",status="401"} 1',
      ]
    ) assert.ok(text.includes(`${sample}\n`), `${sample} is missing in\n${text}`);
    await assertPromtoolTakes(text);
  },
});

Deno.test({
  name: `a real Prometheus scrapes the hub with a viewer's token${
    PROMETHEUS ? "" : " (skipped: prometheus is not installed)"
  }`,
  ignore: !PROMETHEUS,
  fn: async () => {
    await using hub = await watchedHub();
    const server = Deno.serve(
      { hostname: "127.0.0.1", port: 0, onListen() {} },
      (request) => hub.app.fetch(request),
    );
    const folder = await Deno.makeTempDir({ prefix: "aisle-prometheus-" });
    const port = await freePort(), url = `http://127.0.0.1:${port}`;
    await Deno.writeTextFile(
      `${folder}/prometheus.yml`,
      `global: { scrape_interval: 1s }
scrape_configs:
  - job_name: aisle
    authorization: { credentials: ${hub.tokens.viewer} }
    static_configs: [{ targets: ["127.0.0.1:${server.addr.port}"] }]
`,
    );
    const child = new Deno.Command("prometheus", {
      args: [
        `--config.file=${folder}/prometheus.yml`,
        `--storage.tsdb.path=${folder}/data`,
        `--web.listen-address=127.0.0.1:${port}`,
      ],
      stdin: "null",
      stdout: "null",
      stderr: "null",
    }).spawn();
    try {
      const query = async (promql: string): Promise<{ value: [number, string] }[]> => {
        try {
          const answer = await fetch(`${url}/api/v1/query?query=${encodeURIComponent(promql)}`);
          return answer.ok ? (await answer.json()).data.result : (await answer.body?.cancel(), []);
        } catch (error) {
          if (error instanceof TypeError) return []; // it does not listen yet
          throw error;
        }
      };
      const psi = 'aisle_hub_monitor_drift_psi{catalogue="demo",what="classes"}';
      for (let attempt = 0; (await query(psi)).length === 0; attempt++) {
        assert.ok(attempt < 300, "nothing was scraped within 30 seconds");
        await new Promise((done) => setTimeout(done, 100));
      }
      assert.ok(Number((await query(psi))[0]!.value[1]) > 0.25);
      assert.equal((await query('up{job="aisle"}'))[0]!.value[1], "1");
      assert.equal((await query("count(aisle_hub_request_duration_seconds_bucket)")).length, 1);
    } finally {
      child.kill("SIGTERM");
      await child.status;
      await server.shutdown();
      await Deno.remove(folder, { recursive: true });
    }
  },
});
