/**
 * `deno task soak [minutes]`: mixed load on an edge in a process of its own for 20 minutes (texts, pictures, batches,
 * feedback, bad inputs, swaps every half a minute); prints its memory over time and what was answered.
 *
 * @module
 */
import { messageOf } from "@aisle/shared/errors";
import { rng } from "@aisle/shared/random";
import { type EdgeProcess, residentMb, startEdgeProcess } from "./edge_process.ts";
import { inputOf } from "./fuzz_edge.ts";
import { below, pick } from "./mutations.ts";
import { type Corpus, pictureCorpus } from "./picture_inputs.ts";
import { requestBytes, Wire } from "./wire.ts";

const encoder = new TextEncoder();
const JSON_TYPE = { "content-type": "application/json" };
const SWAP_MS = 30_000;
const LOOK_MS = 15_000;
/** Pause of each connection between two requests: a load that leaves the machine usable. */
const PAUSE_MS = 10;

/** What came of it; times in milliseconds. */
export interface SoakReport {
  readonly seconds: number;
  readonly answers: Readonly<Record<string, number>>;
  /** Good requests that were answered otherwise than 200 or 201. */
  readonly failed: readonly string[];
  readonly p50: number;
  readonly p99: number;
  readonly swaps: number;
  readonly rssMb: readonly number[];
}

/** Loads `process` for `minutes`. */
export async function soak(
  process: EdgeProcess,
  minutes: number,
  onLook: (line: string) => void = () => {},
): Promise<SoakReport> {
  const corpus = await pictureCorpus();
  const good = corpus.filter(({ name }) => !name.startsWith("refused"));
  const answers: Record<string, number> = {}, failed: string[] = [], times: number[] = [];
  const rssMb: number[] = [];
  const startedMs = performance.now(), endMs = startedMs + minutes * 60_000;
  let swaps = 0;

  async function client(seed: number): Promise<void> {
    const random = rng(seed);
    using wire = new Wire(process.port);
    for (let i = 0; performance.now() < endMs; i++) {
      const bad = random() < 0.15;
      const bytes = bad ? inputOf(seed, i, corpus).bytes : goodRequest(random, good);
      const sentMs = performance.now(), reply = await wire.send(bytes);
      const key = `${bad ? "bad" : "good"} ${reply.status}`;
      answers[key] = (answers[key] ?? 0) + 1;
      // What is left of an odd request would be taken for the next one
      if (bad) wire[Symbol.dispose]();
      else {
        times.push(performance.now() - sentMs);
        if (reply.status !== 200 && reply.status !== 201) failed.push(`${key} ${reply.body}`);
      }
      await new Promise((done) => setTimeout(done, PAUSE_MS));
    }
  }
  async function swapping(): Promise<void> {
    for (; performance.now() + SWAP_MS < endMs; swaps++) {
      await new Promise((done) => setTimeout(done, SWAP_MS));
      await process.swap();
    }
  }
  async function looking(): Promise<void> {
    for (; performance.now() < endMs;) {
      rssMb.push(await residentMb(process.edge.pid));
      const seconds = Math.round((performance.now() - startedMs) / 1000);
      onLook(
        `${seconds} s, ${rssMb.at(-1)} MB, ${times.length} good answers, ${failed.length} failed`,
      );
      await new Promise((done) => setTimeout(done, Math.min(LOOK_MS, endMs - performance.now())));
    }
    rssMb.push(await residentMb(process.edge.pid));
  }
  await Promise.all([...[1, 2, 3, 4].map(client), swapping(), looking()]);
  times.sort((a, b) => a - b);
  return {
    seconds: Math.round((performance.now() - startedMs) / 1000),
    answers,
    failed,
    p50: times[times.length >> 1] ?? NaN,
    p99: times[Math.floor(times.length * 0.99)] ?? NaN,
    swaps,
    rssMb,
  };
}

/** A text, a picture, a batch or feedback as honest clients send them. */
function goodRequest(random: () => number, corpus: Corpus): Uint8Array {
  const product = () => ({
    designation: `product ${below(random, 1e6)}`,
    description: "words of a shop ".repeat(1 + below(random, 20)),
  });
  const withPicture = () => ({ ...product(), image: pick(random, corpus).bytes.toBase64() });
  const kind = random();
  const [path, value] = kind < 0.5
    ? ["/v1/predict", product()]
    : kind < 0.85
    ? ["/v1/predict", withPicture()]
    : kind < 0.9
    ? ["/v1/predict/batch", { products: Array.from({ length: 8 }, product) }]
    : ["/v1/feedback", { code: "10", product: random() < 0.3 ? withPicture() : product() }];
  return requestBytes(`POST ${path} HTTP/1.1`, JSON_TYPE, encoder.encode(JSON.stringify(value)));
}

if (import.meta.main) {
  const minutes = Number(Deno.args[0] ?? 20);
  await using process = await startEdgeProcess({ EDGE_BODY_TIMEOUT_MS: "1000" });
  try {
    const report = await soak(process, minutes, (line) => console.log(line));
    console.log(JSON.stringify({ ...report, failed: report.failed.slice(0, 10) }));
    if (report.failed.length > 0) Deno.exitCode = 1;
  } catch (error) {
    console.log(process.edge.output().slice(-3_000));
    console.error(messageOf(error));
    Deno.exitCode = 1;
  }
}
