/**
 * The users of a load, in a process of their own: requests over kept connections, answers read and timed.
 *
 *     load_client.ts PLAN.json      prints one JSON object
 *
 * Closed: so many users, each sends when it has its answer. Open: requests leave by the clock, whatever the answers do,
 * and latency counts from the moment that the clock gave. Beside either, one more connection asks `watch` paths now and
 * then.
 *
 * @module
 */
import { quantile } from "@aisle/shared/stats";

/** What to send. */
export interface LoadPlan {
  readonly port: number;
  /** Folder of whole requests, `0`, `1`, ..., each as it goes over the wire. */
  readonly folder: string;
  readonly requests: number;
  /** How often all of them are sent, in an order of its own each time. */
  readonly passes: number;
  readonly users: number;
  /** Requests a second by the clock; null: closed. */
  readonly rate: number | null;
  readonly watch: readonly string[];
  readonly seed: number;
}

/** What came back. */
export interface LoadResult {
  readonly sent: number;
  readonly failed: number;
  readonly seconds: number;
  readonly latencyMs: Quantiles;
  readonly watchMs: Quantiles;
  /** Code answered to each request the last time, and what became of its picture. */
  readonly codes: readonly (string | null)[];
  readonly pictures: readonly (string | null)[];
}

/** Medians and tails. */
export interface Quantiles {
  readonly n: number;
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
}

const HEAD_END = new TextEncoder().encode("\r\n\r\n");
/** Between two questions of the watcher. */
const WATCH_MS = 20;

/** One kept connection; one request at a time. Not tried again where it fails. */
export class Connection {
  #tcp: Deno.TcpConn | null = null;
  readonly #port: number;
  readonly #buffer = new Uint8Array(1 << 20);

  constructor(port: number) {
    this.#port = port;
  }

  /** Sends `request` and reads its whole answer. */
  async ask(request: Uint8Array): Promise<{ status: number; body: string }> {
    const tcp = this.#tcp ??= await Deno.connect({ hostname: "127.0.0.1", port: this.#port });
    tcp.setNoDelay(true);
    for (let at = 0; at < request.length;) at += await tcp.write(request.subarray(at));
    let size = 0, bodyAt = -1, length = 0, head = "";
    while (bodyAt < 0 || size < bodyAt + length) {
      const got = await tcp.read(this.#buffer.subarray(size));
      if (got === null) throw new Error("the server hung up");
      size += got;
      if (bodyAt >= 0) continue;
      const end = indexOf(this.#buffer.subarray(0, size), HEAD_END);
      if (end < 0) continue;
      head = new TextDecoder().decode(this.#buffer.subarray(0, end));
      bodyAt = end + HEAD_END.length;
      length = Number(/content-length: *(\d+)/i.exec(head)?.[1] ?? 0);
    }
    if (/connection: *close/i.test(head)) this.close();
    const body = new TextDecoder().decode(this.#buffer.subarray(bodyAt, bodyAt + length));
    return { status: Number(head.split(" ", 2)[1]), body };
  }

  close(): void {
    this.#tcp?.close();
    this.#tcp = null;
  }
}

function indexOf(bytes: Uint8Array, part: Uint8Array): number {
  for (let at = bytes.indexOf(part[0]!); at >= 0; at = bytes.indexOf(part[0]!, at + 1)) {
    if (part.every((byte, i) => bytes[at + i] === byte)) return at;
  }
  return -1;
}

/** Runs `plan`. */
async function load(plan: LoadPlan): Promise<LoadResult> {
  const requests = await Promise.all(
    Array.from({ length: plan.requests }, (_, i) => Deno.readFile(`${plan.folder}/${i}`)),
  );
  const order: number[] = [];
  let state = plan.seed | 0;
  const random = (below: number) => {
    state = Math.imul(state, 1_664_525) + 1_013_904_223 | 0;
    return Math.floor((state >>> 0) / 2 ** 32 * below);
  };
  for (let pass = 0; pass < plan.passes; pass++) {
    const once = requests.map((_, i) => i);
    for (let i = once.length - 1; i > 0; i--) {
      const j = random(i + 1);
      [once[i], once[j]] = [once[j]!, once[i]!];
    }
    order.push(...once);
  }
  const latencies: number[] = [], watched: number[] = [];
  const codes = new Array<string | null>(requests.length).fill(null), pictures = codes.slice();
  let failed = 0, next = 0, done = false;
  const startMs = performance.now();
  const dueMs = (i: number) => plan.rate === null ? null : startMs + i * 1000 / plan.rate;

  async function user(): Promise<void> {
    const connection = new Connection(plan.port);
    while (next < order.length) {
      const i = next++, due = dueMs(i);
      if (due !== null) {
        const wait = due - performance.now();
        if (wait > 0) await new Promise((resolve) => setTimeout(resolve, wait));
      }
      const from = due === null ? performance.now() : Math.max(due, startMs);
      try {
        const { status, body } = await connection.ask(requests[order[i]!]!);
        if (status !== 200) throw new Error(`${status}: ${body}`);
        latencies.push(performance.now() - from);
        const answer = JSON.parse(body);
        codes[order[i]!] = answer.code;
        pictures[order[i]!] = answer.picture ?? null;
      } catch (error) {
        if (failed++ === 0) console.error(error);
        connection.close();
      }
    }
    connection.close();
  }

  async function watcher(): Promise<void> {
    const connection = new Connection(plan.port);
    const texts = plan.watch.map((path) =>
      new TextEncoder().encode(`GET ${path} HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n`)
    );
    for (let i = 0; !done && texts.length > 0; i++) {
      const from = performance.now();
      await connection.ask(texts[i % texts.length]!);
      watched.push(performance.now() - from);
      await new Promise((resolve) => setTimeout(resolve, WATCH_MS));
    }
    connection.close();
  }

  const watching = watcher();
  await Promise.all(Array.from({ length: plan.users }, user));
  const seconds = (performance.now() - startMs) / 1000;
  done = true;
  await watching;
  return {
    sent: order.length,
    failed,
    seconds,
    latencyMs: quantiles(latencies),
    watchMs: quantiles(watched),
    codes,
    pictures,
  };
}

function quantiles(values: number[]): Quantiles {
  const at = (q: number) => values.length === 0 ? NaN : quantile(values, q);
  return { n: values.length, p50: at(0.5), p99: at(0.99), max: at(1) };
}

if (import.meta.main) {
  const plan = JSON.parse(await Deno.readTextFile(Deno.args[0]!)) as LoadPlan;
  console.log(JSON.stringify(await load(plan)));
}
