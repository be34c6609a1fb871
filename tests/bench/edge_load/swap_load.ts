/**
 * Users who ask by the clock and try nothing again, while the model under them is swapped: what each was told, by which
 * model, and after how long.
 *
 * @module
 */
import { quantile } from "@aisle/shared/stats";
import type { FakeHub } from "../../../edge/testing/fake_hub.ts";
import { Connection } from "./load_client.ts";
import type { Server } from "./servers.ts";

/** A request as it goes over the wire. */
export type WireRequest = Uint8Array<ArrayBuffer>;

/** What a bundle answers to one request. */
export interface Expected {
  readonly code: string;
  readonly confidence: number;
}

/** By digest, what the bundle answers to each request. */
export type Expectations = ReadonlyMap<string, readonly Expected[]>;

/** What came of a load. */
export interface SwapFigures {
  readonly sent: number;
  /** No answer, or another than 200. */
  readonly failed: number;
  /** Answers that are not what the bundle they name answers. */
  readonly wrong: number;
  /** Answers by digest. */
  readonly byDigest: Readonly<Record<string, number>>;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly maxMs: number;
  /** The first failures and wrong answers, in words. */
  readonly problems: readonly string[];
}

/** Confidences of one bundle on one machine differ by no more, however its products were batched. */
const TOLERANCE = 1e-4;
const USERS = 32;

/** A JSON request of `body`. */
export function wireRequest(body: unknown): WireRequest {
  const bytes = new TextEncoder().encode(JSON.stringify(body));
  const head = new TextEncoder().encode(
    "POST /v1/predict HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-type: application/json\r\n" +
      `content-length: ${bytes.length}\r\n\r\n`,
  );
  const whole = new Uint8Array(head.length + bytes.length);
  whole.set(head);
  whole.set(bytes, head.length);
  return whole;
}

/** What the model that `server` serves answers to each of `requests`, and its digest. */
export async function expected(
  server: Server,
  requests: readonly WireRequest[],
): Promise<[digest: string, answers: Expected[]]> {
  const connection = new Connection(server.port);
  const answers: Expected[] = [];
  let digest = "";
  for (const request of requests) {
    const { status, body } = await connection.ask(request);
    if (status !== 200) throw new Error(`a quiet edge answered ${status}: ${body}`);
    const answer = JSON.parse(body);
    digest = answer.digest;
    answers.push({ code: answer.code, confidence: answer.confidence });
  }
  connection.close();
  return [digest, answers];
}

/** Requests a second that `server` answers when eight users ask as fast as they can. */
export async function capacity(
  server: Server,
  requests: readonly WireRequest[],
  seconds: number,
): Promise<number> {
  const endMs = performance.now() + seconds * 1000;
  let answered = 0;
  await Promise.all(Array.from({ length: 8 }, async (_, user) => {
    const connection = new Connection(server.port);
    for (let i = user; performance.now() < endMs; i++) {
      await connection.ask(requests[i % requests.length]!);
      answered++;
    }
    connection.close();
  }));
  return answered / seconds;
}

/** Asks `server` `rate` times a second until `until` resolves. Latency counts from the moment the clock gave. */
export async function loadWhile(
  server: Server,
  { requests, rate, expectations }: {
    readonly requests: readonly WireRequest[];
    readonly rate: number;
    readonly expectations: Expectations;
  },
  until: Promise<unknown>,
): Promise<SwapFigures> {
  let stop = false, next = 0, failed = 0, wrong = 0;
  const latencies: number[] = [], problems: string[] = [], byDigest: Record<string, number> = {};
  const tell = (problem: string) => {
    if (problems.length < 5) problems.push(problem);
  };
  const startMs = performance.now();
  const users = Array.from({ length: USERS }, async () => {
    const connection = new Connection(server.port);
    while (!stop) {
      const i = next++, dueMs = startMs + i * 1000 / rate, wait = dueMs - performance.now();
      if (wait > 0) await new Promise((resolve) => setTimeout(resolve, wait));
      const at = i % requests.length;
      try {
        const { status, body } = await connection.ask(requests[at]!);
        latencies.push(performance.now() - dueMs);
        if (status !== 200) throw new Error(`${status}: ${body.slice(0, 200)}`);
        const { digest, code, confidence } = JSON.parse(body);
        byDigest[digest] = (byDigest[digest] ?? 0) + 1;
        const right = expectations.get(digest)?.[at];
        if (
          right === undefined || right.code !== code ||
          !(Math.abs(right.confidence - confidence) <= TOLERANCE)
        ) {
          wrong++;
          tell(`request ${at}: ${digest} answered ${code} at ${confidence}, not ${right?.code}`);
        }
      } catch (error) {
        failed++;
        tell(String(error));
        connection.close();
      }
    }
    connection.close();
  });
  await until;
  stop = true;
  await Promise.all(users);
  const at = (q: number) => quantile(latencies, q);
  return {
    sent: latencies.length,
    failed,
    wrong,
    byDigest,
    p50Ms: at(0.5),
    p99Ms: at(0.99),
    maxMs: at(1),
    problems,
  };
}

/** Releases `bundles` in turn, one every `everyMs`, and tells `onSwap` once each serves. */
export async function swapInTurn(
  { hub, server, bundles, swaps, everyMs, firstSequence }: {
    readonly hub: FakeHub;
    readonly server: Server;
    readonly bundles: readonly Uint8Array<ArrayBuffer>[];
    readonly swaps: number;
    readonly everyMs: number;
    readonly firstSequence: number;
  },
  onSwap: (swap: number, tookMs: number) => void,
): Promise<void> {
  for (let swap = 1; swap <= swaps; swap++) {
    const startMs = performance.now(), sequence = firstSequence + swap - 1;
    await hub.release(bundles[swap % bundles.length]!, { sequence });
    await untilServes(server, sequence);
    const tookMs = performance.now() - startMs;
    onSwap(swap, tookMs);
    await new Promise((resolve) => setTimeout(resolve, Math.max(0, everyMs - tookMs)));
  }
}

/** Resolves once `server` serves release `sequence`. */
export async function untilServes(server: Server, sequence: number): Promise<void> {
  const endMs = performance.now() + 30_000;
  for (;;) {
    const response = await fetch(`http://127.0.0.1:${server.port}/readyz`);
    const body = await response.json() as { readonly sequence?: number };
    if (body.sequence === sequence) return;
    if (performance.now() > endMs) {
      throw new Error(`no swap to ${sequence}: ${JSON.stringify(body)}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
