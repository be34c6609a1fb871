/**
 * Sends hostile inputs to an edge over connections that are kept open, and looks after it all the while.
 *
 * @module
 */
import assert from "node:assert/strict";
import { readPictureHeader } from "@aisle/shared/images";
import { rng } from "@aisle/shared/random";
import {
  headersInput,
  type Input,
  jsonInput,
  multipartInput,
  pictureInput,
  v2Input,
} from "./body_inputs.ts";
import { cpuSeconds, type EdgeProcess, residentMb } from "./edge_process.ts";
import { below, type Random } from "./mutations.ts";
import { type Corpus, hostilePicture, pictureCorpus } from "./picture_inputs.ts";
import { type Reply, requestBytes, Wire } from "./wire.ts";

/** How much is sent. */
export interface FuzzOptions {
  readonly inputs: number;
  readonly seed: number;
  /** Connections that send at the same time. */
  readonly connections: number;
  /** After so many inputs of a connection a good request must be answered as ever. */
  readonly checkEvery: number;
  /** Told of the state now and then. */
  readonly onProgress?: (line: string) => void;
}

/** What came of it. */
export interface FuzzReport {
  readonly inputs: number;
  readonly passedFirst: number;
  readonly byKind: Readonly<Record<string, number>>;
  readonly passedByKind: Readonly<Record<string, number>>;
  readonly byStatus: Readonly<Record<string, number>>;
  readonly goodRequests: number;
  readonly rssMb: readonly number[];
  readonly seconds: number;
  readonly edgeCpuSeconds: number;
  readonly workersReplaced: number;
  /** Inputs that were answered 500 or not at all, to be sent again by hand. */
  readonly findings: readonly {
    readonly status: string;
    readonly index: number;
    readonly kind: string;
    readonly base64: string;
    readonly answer: string;
  }[];
}

/** Shares of the kinds. */
const KINDS: readonly (readonly [
  until: number,
  make: (random: Random, corpus: Corpus, i: number) => Input,
])[] = [
  [0.4, (random, corpus, i) => {
    const picture = hostilePicture(corpus, random);
    return pictureInput(picture, passesHeader(picture), i);
  }],
  [0.55, (random, corpus) => multipartInput(random, hostilePicture(corpus, random))],
  [0.75, (random, corpus) => jsonInput(random, () => hostilePicture(corpus, random))],
  [0.9, (random, corpus) => v2Input(random, () => hostilePicture(corpus, random))],
  [1, (random) => headersInput(random)],
];

function passesHeader(picture: Uint8Array): boolean {
  try {
    readPictureHeader(picture);
    return true;
  } catch {
    return false;
  }
}

/** Input number `i` of a run with `seed`. */
export function inputOf(seed: number, i: number, corpus: Corpus): Input {
  const random = rng(seed * 1_000_003 + i);
  const share = random();
  return KINDS.find(([until]) => share < until)![1](random, corpus, i);
}

const GOOD = requestBytes(
  "POST /v1/predict HTTP/1.1",
  { "content-type": "application/json" },
  new TextEncoder().encode('{"designation":"a good request"}'),
);

/** Runs it. @throws {AssertionError} where the edge stops answering good requests as before */
export async function fuzzEdge(
  { edge, port }: EdgeProcess,
  options: FuzzOptions,
): Promise<FuzzReport> {
  const corpus = await pictureCorpus();
  const byKind: Record<string, number> = {},
    passedByKind: Record<string, number> = {},
    byStatus: Record<string, number> = {};
  const findings: FuzzReport["findings"][number][] = [], rssMb: number[] = [];
  const startedMs = performance.now(), cpuBefore = await cpuSeconds(edge.pid);
  const codeOf = ({ body }: Reply) => (JSON.parse(body) as { code: string }).code;
  using first = new Wire(port);
  const expected = codeOf(await first.send(GOOD));
  let next = 0, goodRequests = 0, passedFirst = 0;

  async function sender(): Promise<void> {
    using wire = new Wire(port, 5_000);
    using probe = new Wire(port);
    for (let sent = 1; next < options.inputs; sent++) {
      const i = next++, input = inputOf(options.seed, i, corpus);
      if (input.kind === "headers") wire[Symbol.dispose]();
      const reply = await wire.send(input.bytes);
      // What is left of an odd request would be taken for the next one
      if (input.kind === "headers") wire[Symbol.dispose]();
      const status = String(reply.status);
      const passes = input.passesFirst ??
        (reply.type === "application/problem+json" || reply.status === 200);
      byKind[input.kind] = (byKind[input.kind] ?? 0) + 1;
      byStatus[status] = (byStatus[status] ?? 0) + 1;
      if (passes) {
        passedFirst++;
        passedByKind[input.kind] = (passedByKind[input.kind] ?? 0) + 1;
      }
      const odd = input.kind !== "headers" && (status === "closed" || status === "timeout");
      if (status === "500" || odd) {
        const base64 = input.bytes.toBase64().slice(0, 20_000);
        findings.push({
          status,
          index: i,
          kind: input.kind,
          base64,
          answer: reply.body.slice(0, 300),
        });
      }
      if (sent % options.checkEvery === 0) {
        const good = await probe.send(GOOD);
        assert.equal(
          good.status,
          200,
          `a good request after input ${i}: ${good.status} ${good.body}`,
        );
        assert.equal(codeOf(good), expected);
        goodRequests++;
      }
      if (i % Math.max(1, Math.ceil(options.inputs / 20)) === 0) {
        rssMb.push(await residentMb(edge.pid));
        const seconds = Math.round((performance.now() - startedMs) / 1000);
        options.onProgress?.(
          `${i} inputs, ${seconds} s, ${rssMb.at(-1)} MB, ${findings.length} findings`,
        );
      }
    }
  }
  await Promise.all(Array.from({ length: options.connections }, sender));
  rssMb.push(await residentMb(edge.pid));
  const metrics = await (await fetch(`${edge.url}/metrics`)).text();
  return {
    inputs: next,
    passedFirst,
    byKind,
    passedByKind,
    byStatus,
    goodRequests,
    rssMb,
    seconds: (performance.now() - startedMs) / 1000,
    edgeCpuSeconds: await cpuSeconds(edge.pid) - cpuBefore,
    workersReplaced: Number(/^aisle_edge_worker_restarts_total (\d+)/m.exec(metrics)?.[1] ?? NaN),
    findings,
  };
}

/** A seed that nobody chose. */
export const anySeed = (): number => below(Math.random, 1_000_000);
