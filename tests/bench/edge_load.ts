/**
 * An edge under load beside the peers that a user would write instead: `deno task bench:edge`.
 *
 * The products of a case's test rows, each once a pass in an order of its own, the answer cache off, over kept
 * connections on loopback; CPU time of the whole server process; edge and peer in turns, medians of the turns' ratios.
 * Text beside FastAPI with scikit-learn's TF-IDF and LinearSVC; text with picture beside FastAPI with PIL and native ONNX
 * Runtime on the very graphs and features of the bundle.
 *
 * Needs AISLE_CASES (a folder with `flipkart/train` and `flipkart/test` in the challenge's layout) and, for the peers,
 * Python with scikit-learn, FastAPI, uvicorn and PIL, and wrk for the load at half rate; says so and passes where they
 * are missing. AISLE_BENCH_DATA keeps the trained bundle for the next time; AISLE_BENCH_ROUNDS: turns, 3 by default;
 * AISLE_BENCH_ONLY: text, pictures, starts or memory alone.
 *
 * @module
 */
import { FakeHub } from "../../edge/testing/fake_hub.ts";
import { classifierScores } from "./edge_load/scores.ts";
import { type HalfLoad, halfLoad } from "./edge_load/half_load.ts";
import type { LoadPlan, LoadResult } from "./edge_load/load_client.ts";
import {
  type Bundles,
  testProducts,
  trainBundles,
  writePeerFiles,
  writeRequests,
} from "./edge_load/material.ts";
import { type Server, startEdge, startPeer, whyNoPeers } from "./edge_load/servers.ts";
import { quantile } from "@aisle/shared/stats";

const ROUNDS = Number(Deno.env.get("AISLE_BENCH_ROUNDS") ?? 3);
const ONLY = Deno.env.get("AISLE_BENCH_ONLY");
/** Enough to keep any server busy, few enough to queue nothing for long. */
const USERS = 8;
const HALF_SECONDS = 5;
const NO_CACHE = { EDGE_ANSWER_CACHE_BYTES: "0", EDGE_FEATURE_CACHE_BYTES: "0" };

async function measure(folder: string): Promise<void> {
  const scratch = await Deno.makeTempDir({ prefix: "aisle-bench-" });
  try {
    const bundles = await trainBundles(
      Deno.env.get("AISLE_BENCH_DATA") ?? `${scratch}/data`,
      folder,
    );
    const products = await testProducts(folder);
    const load = new Load(scratch, products.length, products.map(({ code }) => code));
    await writeRequests(load.folderOf("text"), products, false);
    await writeRequests(load.folderOf("pictures"), products, true);
    const peers = await whyNoPeers();
    if (peers !== null) console.log(`no peers: ${peers}`);
    const parts = { text, pictures, starts, memory };
    for (const [name, part] of Object.entries(parts)) {
      if (ONLY === undefined || ONLY === name) await part(load, bundles, peers === null);
    }
  } finally {
    await Deno.remove(scratch, { recursive: true });
  }
}

/** Runs loads in a process of their own. */
class Load {
  readonly scratch: string;
  readonly #requests: number;
  readonly #codes: readonly string[];
  #seed = 1;

  constructor(scratch: string, requests: number, codes: readonly string[]) {
    this.scratch = scratch;
    this.#requests = requests;
    this.#codes = codes;
  }

  folderOf(kind: string): string {
    return `${this.scratch}/${kind}`;
  }

  /** At a mean `rate` for a few seconds. */
  half(server: Server, kind: "text" | "pictures", rate: number): Promise<HalfLoad | null> {
    const plan = {
      folder: this.folderOf(kind),
      count: this.#requests,
      rate,
      seconds: HALF_SECONDS,
    };
    return halfLoad(server.port, plan);
  }

  async run(
    server: Server,
    kind: "text" | "pictures",
    change: Partial<LoadPlan>,
  ): Promise<Measured> {
    const plan: LoadPlan = {
      port: server.port,
      folder: this.folderOf(kind),
      requests: this.#requests,
      passes: 1,
      users: USERS,
      rate: null,
      watch: [],
      seed: this.#seed++,
      ...change,
    };
    const file = `${this.scratch}/plan.json`;
    await Deno.writeTextFile(file, JSON.stringify(plan));
    const before = server.cpuMs();
    const { success, stdout } = await new Deno.Command(Deno.execPath(), {
      args: [
        "run",
        "-q",
        "-A",
        new URL("./edge_load/load_client.ts", import.meta.url).pathname,
        file,
      ],
      stderr: "inherit",
    }).output();
    if (!success) throw new Error("the client of the load failed");
    const result = JSON.parse(new TextDecoder().decode(stdout)) as LoadResult;
    if (result.failed > 0) throw new Error(`${server.name} failed ${result.failed} requests`);
    return {
      ...result,
      cpuMs: (server.cpuMs() - before) / result.sent,
      perSecond: result.sent / result.seconds,
      weightedF1: classifierScores(this.#codes, result.codes),
      skipped: result.pictures.filter((use) => use === "skipped").length / this.#requests,
    };
  }
}

interface Measured extends LoadResult {
  /** CPU time a request. */
  readonly cpuMs: number;
  readonly perSecond: number;
  readonly weightedF1: number;
  /** Share of the products whose picture stayed unread. */
  readonly skipped: number;
}

async function text(load: Load, { cascade, trainCsv }: Bundles, peers: boolean): Promise<void> {
  await using hub = await hubOf(cascade);
  await using edge = await startEdge("edge", hub, "main", NO_CACHE);
  await using peer = peers ? await startPeer("peer", "text_peer.py", [trainCsv]) : null;
  await load.run(edge, "text", { passes: 5 });
  if (peer !== null) await load.run(peer, "text", { passes: 1 });
  const ours: Measured[] = [], theirs: Measured[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    ours.push(await load.run(edge, "text", { passes: 20, watch: ["/healthz", "/metrics"] }));
    if (peer !== null) theirs.push(await load.run(peer, "text", { passes: 2 }));
  }
  tell("text, edge", ours);
  tell("text, FastAPI + scikit-learn", theirs);
  if (peer !== null) {
    const ratios = ours.map((mine, i) => theirs[i]!.cpuMs / mine.cpuMs);
    bar("text: requests a CPU second, times the peer's", median(ratios), ">=", 10, "x");
  }
  watched("text", ours);
  const half: HalfLoad[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const rate = median(ours.map((run) => run.perSecond)) / 2;
    const run = await load.half(edge, "text", rate);
    if (run === null) return console.log("no p99 at half load: there is no wrk");
    half.push(run);
  }
  const [rate, p50] = [
    median(half.map((run) => run.perSecond)),
    median(half.map((run) => run.p50)),
  ];
  console.log(`text, edge at half load: ${rate.toFixed(0)} a second; p50 ${p50.toFixed(1)} ms`);
  bar("text: p99 at half load", median(half.map((run) => run.p99)), "<", 5, "ms");
}

async function pictures(load: Load, bundles: Bundles, peers: boolean): Promise<void> {
  const files = `${load.scratch}/peer`;
  await writePeerFiles(files, bundles.opened);
  await using cascadeHub = await hubOf(bundles.cascade);
  await using alwaysHub = await hubOf(bundles.always);
  await using on = await startEdge("cascade on", cascadeHub, "main", NO_CACHE);
  await using off = await startEdge("cascade off", alwaysHub, "main", NO_CACHE);
  await using native = await startEdge("native, cascade off", alwaysHub, "native_main", NO_CACHE);
  await using peer = peers
    ? await startPeer("FastAPI + ONNX Runtime", "picture_peer.py", [files])
    : null;
  const servers = [on, off, native, ...(peer === null ? [] : [peer])];
  const runs = new Map<Server, Measured[]>(servers.map((server) => [server, []]));
  for (const server of servers) await load.run(server, "pictures", {});
  for (let round = 0; round < ROUNDS; round++) {
    for (const server of servers) {
      const watch = server === off ? ["/healthz", "/metrics"] : [];
      const passes = server === on ? 5 : 1;
      runs.get(server)!.push(await load.run(server, "pictures", { passes, watch }));
    }
  }
  for (const server of servers) tell(`text + picture, ${server.name}`, runs.get(server)!);
  if (peer !== null) {
    for (const [server, limit] of [[on, 1], [off, 2], [native, 0.8]] as const) {
      const ratios = runs.get(server)!.map((run, i) => run.cpuMs / runs.get(peer)![i]!.cpuMs);
      bar(`${server.name}: CPU time, times the peer's`, median(ratios), "<=", limit, "x");
    }
  }
  watched("text + picture, cascade off", runs.get(off)!);
}

/** From the start of the process until a model serves. */
async function starts(_load: Load, { cascade }: Bundles): Promise<void> {
  await using hub = await hubOf(cascade);
  const cached: number[] = [], fetched: number[] = [];
  for (let round = -1; round < ROUNDS + 2; round++) {
    for (const [EDGE_CACHE, times] of [["clear", fetched], ["keep", cached]] as const) {
      const env = { EDGE_ID: "bench-starts", EDGE_CACHE };
      await using edge = await startEdge("edge", hub, "main", env);
      // The first of each fills what Deno keeps of compiled code
      if (round >= 0) times.push(edge.readyMs);
    }
  }
  bar("start to ready, bundle cached", median(cached), "<", 600, "ms");
  bar("start to ready, from the hub", median(fetched), "<", 1_500, "ms");
}

async function memory(load: Load, { cascade }: Bundles): Promise<void> {
  const given = Deno.env.get("AISLE_BENCH_BUNDLE");
  const bytes = given === undefined ? cascade : await Deno.readFile(given);
  await using hub = await hubOf(bytes);
  await using edge = await startEdge("edge", hub, "main", { EDGE_WORKERS: "1" });
  const atStart = edge.residentBytes() / 1e6;
  await load.run(edge, "pictures", { passes: 10 });
  await load.run(edge, "text", { passes: 10 });
  console.log(
    `memory at ready: ${atStart.toFixed(0)} MB (bundle of ${(bytes.length / 1e6).toFixed(1)} MB)`,
  );
  bar("memory after 4,200 requests, one worker", edge.residentBytes() / 1e6, "<", 300, "MB");
}

async function hubOf(bundle: Uint8Array<ArrayBuffer>): Promise<FakeHub> {
  const hub = await FakeHub.start();
  await hub.release(bundle);
  return hub;
}

function tell(what: string, runs: readonly Measured[]): void {
  if (runs.length === 0) return;
  const of = (take: (run: Measured) => number) => median(runs.map(take));
  const cpu = of((run) => run.cpuMs);
  console.log(
    `${what}: ${cpu.toFixed(2)} CPU-ms a request, ${(1000 / cpu).toFixed(0)} a CPU second, ` +
      `${of((run) => run.perSecond).toFixed(0)} a second; p50 ${
        of((run) => run.latencyMs.p50).toFixed(1)
      } ms, ` +
      `p99 ${of((run) => run.latencyMs.p99).toFixed(1)} ms; weighted F1 ${
        of((run) => run.weightedF1).toFixed(4)
      }; pictures unread ${(100 * of((run) => run.skipped)).toFixed(1)} % (${runs.length} x ${
        runs[0]!.sent
      })`,
  );
}

function watched(what: string, runs: readonly Measured[]): void {
  const p99 = median(runs.map((run) => run.watchMs.p99));
  bar(`${what}: p99 of /healthz and /metrics while saturated`, p99, "<", 20, "ms");
}

function bar(
  what: string,
  value: number,
  relation: ">=" | "<=" | "<",
  limit: number,
  unit: string,
): void {
  const met = relation === ">="
    ? value >= limit
    : relation === "<"
    ? value < limit
    : value <= limit;
  console.log(
    `${met ? "met   " : "MISSED"} ${what}: ${
      value.toFixed(2)
    } ${unit} (bar ${relation} ${limit} ${unit})`,
  );
}

function median(values: readonly number[]): number {
  return quantile([...values], 0.5);
}

const cases = Deno.env.get("AISLE_CASES");
if (cases === undefined) console.log("skipped: AISLE_CASES names no folder of cases");
else await measure(`${cases}/flipkart`);
