/**
 * 10,000 edges, each with a token and windows of its own, send telemetry every ten seconds to a real hub over
 * loopback, and ask for their release as often as it tells so many to: 2,000 requests a second, and the hub held to
 * one core where `taskset` is there.
 *
 * Times count from when a request was due, so that a hub that falls behind shows. Requests share connections, as
 * behind a proxy.
 *
 * Run: deno task bench:edges [--edges 10000] [--seconds 90]
 *
 * @module
 */
import { parseArgs } from "node:util";
import { openDatabase } from "../../hub/db/database.ts";
import { releases, tokens } from "../../hub/db/schema/mod.ts";
import { createRegistry } from "../../hub/registry/create_registry.ts";
import type { TelemetryWindow } from "../../shared/contract.ts";
import { sha256 } from "../../shared/hash.ts";
import { addInput, noInputs } from "../../shared/inputs.ts";
import { rng } from "../../shared/random.ts";
import { quantile, sketchAdd } from "../../shared/stats.ts";

const EVERY_MS = 10_000, CLASSES = 27, PER_WINDOW = 20, WARM_UP_S = 15;
const ETAG = '"1-bench"';
/** Connections at most: processes may have 1,024 files open where nobody says otherwise. */
const MAX_OPEN = 700;

const { values } = parseArgs({
  options: {
    edges: { type: "string", default: "10000" },
    seconds: { type: "string", default: "90" },
  },
});
const EDGES = Number(values.edges), SECONDS = Number(values.seconds);

/** From one request to the next: each edge sends a window and asks once in EVERY_MS. */
const GAP_MS = EVERY_MS / EDGES / 2;

const folder = await Deno.makeTempDir({ prefix: "aisle-edges-" });
try {
  await makeTokens();
  const pinned = await hasTaskset();
  const hub = new Deno.Command(pinned ? "taskset" : Deno.execPath(), {
    args: [
      ...(pinned ? ["-c", "0", Deno.execPath()] : []),
      ...["run", "-q", "--no-prompt", "-P=hub", "hub/cli.ts", "hub", "--port", "0"],
    ],
    env: { AISLE_DATA: folder, HUB_LOG: "warn" },
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
  try {
    const url = await addressOf(hub);
    console.log(
      `edges: ${EDGES}, a window of ${PER_WINDOW} answers each ${EVERY_MS / 1000} s` +
        `${pinned ? ", hub on core 0" : ""}`,
    );
    await measure(url, hub.pid);
  } finally {
    hub.kill("SIGTERM");
    await hub.status;
  }
} finally {
  await Deno.remove(folder, { recursive: true });
}

/** One token an edge, written before the hub has the folder: asking for each would only measure something else. */
async function makeTokens(): Promise<void> {
  await using database = await openDatabase({ url: `file:${folder}/aisle.db` });
  const registry = createRegistry(database, { now: Date.now, newId: () => crypto.randomUUID() });
  await registry.catalogues.ensure("shop");
  const at = new Date().toISOString();
  await database.write((tx) =>
    tx.insert(releases).values({
      catalogue: "shop",
      sequence: 1,
      digest: "a".repeat(64),
      kind: "promote",
      payload: "{}",
      keyId: "0".repeat(16),
      signature: "",
      etag: ETAG,
      by: "bench",
      why: "",
      createdAt: at,
    })
  );
  for (let from = 0; from < EDGES; from += 500) {
    await database.write((tx) =>
      tx.insert(tokens).values(
        Array.from({ length: Math.min(500, EDGES - from) }, (_, i) => ({
          id: crypto.randomUUID(),
          name: `edge ${from + i}`,
          role: "edge" as const,
          hash: sha256(tokenOf(from + i)),
          createdAt: at,
        })),
      )
    );
  }
}

function tokenOf(edge: number): string {
  return `aisle_edge_${String(edge).padStart(32, "0")}`;
}

async function hasTaskset(): Promise<boolean> {
  try {
    return (await new Deno.Command("taskset", { args: ["-V"], stdout: "null" }).output()).success;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

async function addressOf(hub: Deno.ChildProcess): Promise<string> {
  let text = "";
  for await (const piece of hub.stdout.pipeThrough(new TextDecoderStream())) {
    text += piece;
    const url = /^Hub +(http\S+)/m.exec(text)?.[1];
    if (url !== undefined) return url;
  }
  throw new Error(`the hub did not start: ${text}`);
}

async function measure(url: string, pid: number): Promise<void> {
  const random = rng(1), seqs = new Uint32Array(EDGES);
  const latencies = { window: [] as number[], poll: [] as number[] };
  let failed = 0, open = 0, mostOpen = 0, sent = 0, toldMs = "nothing";
  const begun = performance.now();
  const warm = begun + WARM_UP_S * 1000, end = warm + SECONDS * 1000;
  const send = async (kind: "window" | "poll", edge: number, dueMs: number) => {
    open++;
    mostOpen = Math.max(mostOpen, open);
    try {
      const answer = await (kind === "window" ? tell(edge) : ask(edge));
      await answer.arrayBuffer();
      if (answer.status !== (kind === "window" ? 200 : 304)) failed++;
    } catch {
      failed++;
    }
    open--;
    if (dueMs >= warm) latencies[kind].push(performance.now() - dueMs);
  };
  const tell = (edge: number) =>
    fetch(`${url}/edge/v1/telemetry`, {
      method: "POST",
      headers: {
        authorization: `Bearer ${tokenOf(edge)}`,
        "content-type": "application/json",
      },
      body: JSON.stringify(windowOf(edge, ++seqs[edge]!, random)),
    });
  const ask = async (edge: number) => {
    const answer = await fetch(`${url}/edge/v1/release?catalogue=shop`, {
      headers: {
        authorization: `Bearer ${tokenOf(edge)}`,
        "x-edge-id": `edge-${edge}`,
        "if-none-match": ETAG,
      },
    });
    toldMs = answer.headers.get("x-poll-ms") ?? toldMs;
    return answer;
  };
  const half = (warm + end) / 2;
  let next = 0, before: Usage | null = null, middle: Usage | null = null;
  const pending = new Set<Promise<void>>();
  for (let now = performance.now(); now < end; now = performance.now()) {
    if (before === null && now >= warm) before = await usage(pid);
    if (middle === null && now >= half) middle = await usage(pid);
    for (; begun + next * GAP_MS <= now && open < MAX_OPEN; next++) {
      sent++;
      const kind = next % 2 === 0 ? "window" : "poll";
      const one = send(kind, Math.floor(next / 2) % EDGES, begun + next * GAP_MS);
      pending.add(one);
      one.finally(() => pending.delete(one));
    }
    await new Promise((done) => setTimeout(done, 2));
  }
  const after = await usage(pid), seconds = (performance.now() - warm) / 1000;
  await Promise.all(pending);
  const mb = (bytes: number) => `${(bytes / 1e6).toFixed(1)} MB`;
  const { window, poll } = latencies;
  console.log(
    `sent ${sent}, ${((window.length + poll.length) / seconds).toFixed(0)}/s measured, ` +
      `failed ${failed}, at most ${mostOpen} under way; told to ask after ms: ${toldMs}`,
  );
  for (const [name, times] of [["windows", window], ["polls", poll]] as const) {
    const ms = (q: number) => `${quantile(times, q).toFixed(1)} ms`;
    console.log(`${name} answered within: p50 ${ms(0.5)}, p99 ${ms(0.99)}, longest ${ms(1)}`);
  }
  console.log(
    `hub: ${((after.cpuS - before!.cpuS) / seconds * 100).toFixed(0)} % of a core, ` +
      `RSS ${mb(before!.rss)} -> ${mb(middle!.rss)} -> ${mb(after.rss)}, most ${mb(after.peakRss)}`,
  );
  console.log(
    `file: ${mb(before!.file)} -> ${mb(middle!.file)} -> ${mb(after.file)}, log ${
      mb(after.log)
    }; ` +
      "rows of an hour fill up while it lasts, each hour adds as many",
  );
  await tellRows();
}

/** What an hour of all edges takes in the file, read from the file itself. */
async function tellRows(): Promise<void> {
  await using database = await openDatabase({ url: `file:${folder}/aisle.db` });
  const registry = createRegistry(database, { now: Date.now, newId: () => crypto.randomUUID() });
  const { windows, predictions } = await registry.telemetry.summary("shop");
  const began = performance.now();
  await registry.telemetry.summary("shop", Date.now() - 86_400_000);
  console.log(
    `stored ${windows} windows of ${predictions} answers; a day's summary takes ` +
      `${(performance.now() - began).toFixed(0)} ms`,
  );
}

interface Usage {
  readonly cpuS: number;
  readonly rss: number;
  readonly peakRss: number;
  readonly file: number;
  readonly log: number;
}

/** CPU time and memory by /proc (100 ticks a second), sizes of the database's files. */
async function usage(pid: number): Promise<Usage> {
  const stat = (await Deno.readTextFile(`/proc/${pid}/stat`)).split(") ")[1]!.split(" ");
  const status = await Deno.readTextFile(`/proc/${pid}/status`);
  const kb = (name: string) => Number(new RegExp(`${name}:\\s+(\\d+)`).exec(status)![1]) * 1024;
  const size = async (name: string) => (await Deno.stat(`${folder}/${name}`)).size;
  return {
    cpuS: (Number(stat[11]) + Number(stat[12])) / 100,
    rss: kb("VmRSS"),
    peakRss: kb("VmHWM"),
    file: await size("aisle.db"),
    log: await size("aisle.db-wal"),
  };
}

function windowOf(edge: number, seq: number, random: () => number): TelemetryWindow {
  const codes: Record<string, number> = {};
  const confidenceSums: Record<string, [number, number]> = {};
  const confidence = new Array<number>(20).fill(0), latencyMs = {}, inputs = noInputs();
  for (let i = 0; i < PER_WINDOW; i++) {
    const code = String(1000 + Math.floor(CLASSES * random() ** 2)), sure = 1 - random() ** 3;
    codes[code] = (codes[code] ?? 0) + 1;
    const sums = confidenceSums[code] ??= [0, 0];
    sums[0] += sure;
    sums[1] += sure ** 2;
    confidence[Math.min(19, Math.floor(sure * 20))]!++;
    sketchAdd(latencyMs, 1 + 5 * random() ** 2);
    const designation = "x".repeat(Math.floor(80 * random()));
    addInput(inputs, { designation, description: "", unknown: random(), pictureBytes: null });
  }
  const at = new Date().toISOString();
  return {
    edgeId: `edge-${edge}`,
    bootId: "boot",
    seq,
    catalogue: "shop",
    startedAt: at,
    endedAt: at,
    digest: "a".repeat(64),
    predictions: PER_WINDOW,
    requests: PER_WINDOW,
    errors: {},
    codes,
    decisions: { auto: PER_WINDOW - 3, review: 3 },
    confidence,
    confidenceSums,
    latencyMs,
    inputs,
    feedback: { received: 0, delivered: 0, waiting: 0, dropped: 0 },
    pictures: { used: 0, skipped: 0, invalid: 0 },
    droppedWindows: 0,
  };
}
