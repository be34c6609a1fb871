/**
 * A made-up catalogue of 84,916 products through everything: the whole pipeline, the same again, bulk prediction,
 * rows a second of the features, and what one request costs in CPU time, natively, in wasm and through a real edge.
 *
 * Each figure is taken once, while the module loads: `Deno.bench` would repeat it, and hides what a bench prints.
 *
 * @module
 */
import process from "node:process";
import * as native from "onnxruntime-node";
import { verify } from "@aisle/shared/bundle";
import { createEncoder, productText } from "@aisle/shared/features";
import {
  createPredictor,
  openPredictor,
  type OrtLike,
  ortRuntime,
  type Predictor,
  readWasmBinary,
} from "@aisle/shared/serving";
import { quantile } from "@aisle/shared/stats";
import { FAKE_TOKEN, FakeHub } from "../../edge/testing/fake_hub.ts";
import { aisle, blobFile, ROOT, told } from "./commands.ts";
import { LARGE_ROWS, largeCatalogue, writeLargeCatalogue } from "./large_catalogue.ts";
import { cpuSecondsOf } from "./measured_command.ts";

const folder = await Deno.makeTempDir({ prefix: "aisle-bench-" });
const data = `${folder}/data`;
const files = ["--x", `${folder}/x.csv`, "--y", `${folder}/y.csv`];
const name = LARGE_ROWS.toLocaleString("en");

/** Products of every length, none of which the timed code has seen in this order before. */
const products = [...largeCatalogue(4_000, 2)].map(({ code: _code, ...product }) => product);
const titles = products.map(({ designation }) => ({ designation, description: "" }));
const described = products.filter(({ description }) => description !== "");
/** Each cost is the median of this many. */
const ROUNDS = 7;
/** What is timed, by its name in the figures. */
const kinds = [["title", titles], ["title with description", described]] as const;

let bundleFile = "";
try {
  await wholePipeline();
  await sameAgain();
  await bulkPrediction();
  await features();
  await predictions();
  await edgeRequests();
} finally {
  await Deno.remove(folder, { recursive: true });
}

async function wholePipeline(): Promise<void> {
  await writeLargeCatalogue(folder);
  const first = await aisle(data, "pipeline", ...files, "--name", "large");
  bundleFile = blobFile(data, String(first.json["bundle"]));
  console.log(`pipeline, ${name} products: ${told(first)}`);
  for (const { command, peakBytes, cpuSeconds } of first.processes) {
    console.log(
      `  ${(peakBytes / 1e6).toFixed()} MB, ${cpuSeconds.toFixed(1)} CPU s: ${
        command.slice(0, 60)
      }`,
    );
  }
  for (const [, stage, seconds] of first.output.matchAll(/^ {2}(\w+) +done ([\d.]+) s/gm)) {
    console.log(`  ${stage!.padEnd(9)} ${seconds} s`);
  }
}

async function sameAgain(): Promise<void> {
  const again = await aisle(data, "pipeline", ...files, "--name", "large");
  console.log(`pipeline again, nothing changed: ${told(again)}`);
}

async function bulkPrediction(): Promise<void> {
  const predicted = await aisle(data, "predict", ...files, "--out", `${folder}/predictions.csv`);
  const { rows, seconds } = predicted.json as { rows: number; seconds: number };
  console.log(
    `predict: ${(rows / seconds).toFixed()} products a second; whole: ${told(predicted)}`,
  );
}

async function features(): Promise<void> {
  const { spec } = verify(await Deno.readFile(bundleFile), null);
  const encoder = createEncoder(spec);
  for (
    const [what, list] of [["titles", titles], ["titles with descriptions", described]] as const
  ) {
    const cost = await costOf(list.length, (i) => {
      encoder.encode([productText(spec, list[i]!)]);
    });
    console.log(
      `features, ${what}: ${(1000 / cost.wallMs).toFixed()} rows a second, one thread`,
    );
  }
}

async function predictions(): Promise<void> {
  const bundle = verify(await Deno.readFile(bundleFile), null);
  const wasmBinary = await readWasmBinary();
  const predictors: Record<string, Predictor> = {
    native: await openPredictor(bundle, ortRuntime("native", native as unknown as OrtLike)),
    wasm: await createPredictor(bundle, { wasmBinary }),
  };
  for (const [what, list] of kinds) {
    for (const [runtime, predictor] of Object.entries(predictors)) {
      const cost = await costOf(1_000, async (i) => {
        await predictor.predict([list[i]!]);
      });
      console.log(`predict one ${what}, ${runtime}: ${toldCost(cost)}`);
    }
  }
  for (const predictor of Object.values(predictors)) await predictor[Symbol.asyncDispose]();
}

async function edgeRequests(): Promise<void> {
  await using hub = await FakeHub.start();
  await hub.release(await Deno.readFile(bundleFile));
  await using edge = await startEdge(hub);
  const post = async (body: unknown) => {
    const response = await fetch(`${edge.url}/v1/predict`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(body),
    });
    if (!response.ok) throw new Error(await response.text());
    await response.body?.cancel();
  };
  for (const [what, list] of kinds) {
    const cost = await costOf(1_000, (i) => post(list[i]!), () => cpuSecondsOf(edge.pid) * 1e3);
    console.log(`POST /v1/predict of one ${what}, wasm: ${toldCost(cost)}`);
  }
}

/** Milliseconds of one call. */
interface CallCost {
  readonly wallMs: number;
  readonly cpuMs: number;
}

function toldCost({ wallMs, cpuMs }: CallCost): string {
  return `${cpuMs.toFixed(3)} CPU-ms, ${(1000 / wallMs).toFixed()} a second one after the other`;
}

/**
 * Cost of `call`, one after the other: the median of rounds, so that neither a neighbour nor code that is still being
 * compiled decides. CPU time of this process unless told otherwise.
 */
async function costOf(
  calls: number,
  call: (i: number) => Promise<void> | void,
  cpuMs: () => number = ownCpuMs,
): Promise<CallCost> {
  const many = Math.min(calls, described.length);
  const rounds: CallCost[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const startMs = performance.now(), before = cpuMs();
    for (let i = 0; i < many; i++) await call(i);
    rounds.push({
      wallMs: (performance.now() - startMs) / many,
      cpuMs: (cpuMs() - before) / many,
    });
  }
  return {
    wallMs: quantile(rounds.map((cost) => cost.wallMs), 0.5),
    cpuMs: quantile(rounds.map((cost) => cost.cpuMs), 0.5),
  };
}

function ownCpuMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e3;
}

/** An edge as users run it, ready to answer. */
async function startEdge(
  hub: FakeHub,
): Promise<{ pid: number; url: string } & AsyncDisposable> {
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "-q", "--no-prompt", "-P=edge", "edge/main.ts"],
    cwd: ROOT,
    env: {
      EDGE_PORT: "0",
      EDGE_HUB_URL: hub.url.href,
      EDGE_TOKEN: FAKE_TOKEN,
      EDGE_PUBLIC_KEY: hub.publicKey,
      EDGE_CATALOGUE: "demo",
      EDGE_CACHE: "memory",
    },
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
  const lines = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
  let text = "", url: string | undefined;
  while (url === undefined) {
    const { value, done } = await lines.read();
    if (done) throw new Error(`The edge did not start: ${text}`);
    text += value;
    url = /"url":"([^"]+)"/.exec(text)?.[1];
  }
  const drained = (async () => {
    while (!(await lines.read()).done);
  })();
  while (true) {
    const response = await fetch(`${url}/readyz`);
    await response.body?.cancel();
    if (response.ok) break;
    await new Promise((done) => setTimeout(done, 50));
  }
  return {
    pid: child.pid,
    url,
    async [Symbol.asyncDispose]() {
      child.kill("SIGTERM");
      await child.status;
      await drained;
    },
  };
}
