/**
 * A hub for tests: the edge endpoints over real HTTP on loopback, with faults that a test switches on.
 *
 * @module
 */
import { type SigningKey, signRelease, toBase64 } from "@aisle/shared/bundle";
import { sha256 } from "@aisle/shared/hash";
import {
  EDGE_PATHS,
  FeedbackRecord,
  type ReleaseDocument,
  ReviewSample,
  type SignedRelease,
  TelemetryWindow,
} from "@aisle/shared/contract";
import { EdgeReport } from "@aisle/shared/fleet";

/** Token that {@linkcode FakeHub} takes. */
export const FAKE_TOKEN = "token-of-the-tests";

/** What the fake hub does wrong. */
export interface Faults {
  /** Status that every endpoint answers with. */
  status: number | null;
  /** The release's body, instead of the true one. */
  releaseBody: string | null;
  /** What is done to the bundle's bytes on the way. */
  bundle: (bytes: Uint8Array<ArrayBuffer>) => Uint8Array<ArrayBuffer>;
  /** Bytes after which one transfer of the bundle breaks off; each use takes one entry. */
  breaksAfter: number[];
  /** Codes that feedback is refused for. */
  unknownCodes: Set<string>;
  /** Milliseconds that each answer takes. */
  delayMs: number;
}

/** An Ed25519 key as the hub makes one. */
export async function newSigningKey(): Promise<SigningKey> {
  const pair = await crypto.subtle.generateKey("Ed25519", true, ["sign", "verify"]);
  if (!("privateKey" in pair)) throw new TypeError("Ed25519 makes pairs");
  const raw = new Uint8Array(await crypto.subtle.exportKey("raw", pair.publicKey));
  return { key: pair.privateKey, keyId: sha256(raw).slice(0, 16), publicKey: toBase64(raw) };
}

/** A release document of `bytes`; `change` replaces members. */
export function releaseOf(
  bytes: Uint8Array,
  change: Partial<ReleaseDocument> = {},
): ReleaseDocument {
  return {
    format: "aisle-release/1",
    catalogue: "demo",
    sequence: 1,
    digest: sha256(bytes),
    sizeBytes: bytes.length,
    kind: "promote",
    runId: "run-1",
    dataset: "d".repeat(64),
    verdict: { accept: true, digest: "e".repeat(64) },
    metrics: { weightedF1: 0.9 },
    labels: { version: 1, entries: [{ code: "10", name: "Books" }, { code: "20", name: "Toys" }] },
    createdAt: "2026-01-02T03:04:05.000Z",
    ...change,
  };
}

/** A running fake hub; dispose it to stop it. */
export class FakeHub implements AsyncDisposable {
  readonly faults: Faults = {
    status: null,
    releaseBody: null,
    bundle: (bytes) => bytes,
    breaksAfter: [],
    unknownCodes: new Set(),
    delayMs: 0,
  };
  readonly feedback = new Map<string, FeedbackRecord>();
  /** Products that the edge was unsure of. */
  readonly samples: ReviewSample[] = [];
  /** What edges said they serve. */
  readonly reports: EdgeReport[] = [];
  /** `traceparent` of what came with one. */
  readonly traces: string[] = [];
  /** Pictures by digest. */
  readonly pictures = new Map<string, Uint8Array>();
  readonly windows = new Map<string, TelemetryWindow>();
  /** Requests seen, as "METHOD /path" with the status answered. */
  readonly seen: string[] = [];
  readonly #bundles = new Map<string, Uint8Array<ArrayBuffer>>();
  readonly #key: SigningKey;
  #signed: SignedRelease | null = null;
  #server: Deno.HttpServer<Deno.NetAddr> | null = null;
  #port = 0;

  private constructor(key: SigningKey) {
    this.#key = key;
  }

  /** Starts one with a key of its own, or with `key`. */
  static async start(key?: SigningKey): Promise<FakeHub> {
    const hub = new FakeHub(key ?? await newSigningKey());
    hub.up();
    return hub;
  }

  get url(): URL {
    return new URL(`http://127.0.0.1:${this.#port}`);
  }

  get publicKey(): string {
    return this.#key.publicKey;
  }

  /** Listens (again, on the same port). */
  up(): void {
    this.#server = Deno.serve(
      { port: this.#port, hostname: "127.0.0.1", onListen: () => {} },
      (request) => this.#answer(request),
    );
    this.#port = this.#server.addr.port;
  }

  /** Stops listening, as a hub that crashed. */
  async down(): Promise<void> {
    const server = this.#server;
    this.#server = null;
    await server?.shutdown();
  }

  /** Releases `bytes`; `key` signs in place of the hub's own. */
  async release(
    bytes: Uint8Array<ArrayBuffer>,
    change: Partial<ReleaseDocument> = {},
    key: SigningKey = this.#key,
  ): Promise<SignedRelease> {
    const document = releaseOf(bytes, change);
    this.#bundles.set(document.digest, bytes);
    this.#signed = await signRelease(document, key);
    return this.#signed;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.down();
  }

  async #answer(request: Request): Promise<Response> {
    const { pathname } = new URL(request.url);
    const trace = request.headers.get("traceparent");
    if (trace !== null) this.traces.push(trace);
    const { delayMs, status } = this.faults;
    if (delayMs > 0) await new Promise((resolve) => setTimeout(resolve, delayMs));
    const authorised = request.headers.get("authorization") === `Bearer ${FAKE_TOKEN}`;
    const response = status !== null
      ? problemOf(status, "internal")
      : !authorised
      ? problemOf(401, "unauthenticated")
      : await this.#route(request, pathname);
    this.seen.push(`${request.method} ${pathname} ${response.status}`);
    return response;
  }

  async #route(request: Request, pathname: string): Promise<Response> {
    if (pathname === EDGE_PATHS.release) return this.#release(request);
    if (pathname.startsWith(`${EDGE_PATHS.bundles}/`)) {
      return this.#bundle(request, pathname.slice(EDGE_PATHS.bundles.length + 1));
    }
    if (pathname === EDGE_PATHS.feedback) {
      const record = FeedbackRecord.parse(await request.json());
      if (this.faults.unknownCodes.has(record.code)) return problemOf(422, "unknown-code");
      const duplicate = this.feedback.has(record.idempotencyKey);
      if (!duplicate) this.feedback.set(record.idempotencyKey, record);
      return Response.json({ stored: !duplicate, duplicate });
    }
    if (pathname === EDGE_PATHS.review) {
      this.samples.push(ReviewSample.parse(await request.json()));
      return Response.json({ stored: true, wanted: true });
    }
    if (pathname === EDGE_PATHS.report) {
      this.reports.push(EdgeReport.parse(await request.json()));
      return Response.json({ stored: true });
    }
    if (pathname.startsWith(`${EDGE_PATHS.pictures}/`)) {
      return await this.#picture(request, pathname.slice(EDGE_PATHS.pictures.length + 1));
    }
    if (pathname === EDGE_PATHS.telemetry) {
      const window = TelemetryWindow.parse(await request.json());
      const name = `${window.edgeId}/${window.bootId}/${window.seq}`;
      const duplicate = this.windows.has(name);
      if (!duplicate) this.windows.set(name, window);
      return Response.json({ stored: !duplicate, duplicate });
    }
    return problemOf(404, "not-found");
  }

  async #picture(request: Request, digest: string): Promise<Response> {
    if (request.method === "HEAD") {
      return new Response(null, { status: this.pictures.has(digest) ? 204 : 404 });
    }
    const bytes = await request.bytes();
    if (sha256(bytes) !== digest) return problemOf(422, "data-invalid");
    this.pictures.set(digest, bytes);
    return Response.json({ digest, sizeBytes: bytes.length }, { status: 201 });
  }

  #release(request: Request): Response {
    if (this.faults.releaseBody !== null) return new Response(this.faults.releaseBody);
    if (this.#signed === null) return problemOf(404, "not-found");
    const etag = `"${sha256(this.#signed.payload).slice(0, 16)}"`;
    if (request.headers.get("if-none-match") === etag) return new Response(null, { status: 304 });
    return Response.json(this.#signed, { headers: { etag } });
  }

  #bundle(request: Request, digest: string): Response {
    const stored = this.#bundles.get(digest);
    if (stored === undefined) return problemOf(404, "not-found");
    const whole = this.faults.bundle(stored);
    const from = Number(/^bytes=(\d+)-$/.exec(request.headers.get("range") ?? "")?.[1] ?? 0);
    const bytes = whole.subarray(from);
    const headers = new Headers();
    if (from > 0) {
      headers.set("content-range", `bytes ${from}-${whole.length - 1}/${whole.length}`);
    }
    const breakAt = this.faults.breaksAfter.shift();
    const body = breakAt === undefined ? bytes : brokenAfter(bytes, breakAt);
    return new Response(body, { status: from > 0 ? 206 : 200, headers });
  }
}

/** A body that ends after `count` bytes, as a proxy ends it whose upstream went away. */
function brokenAfter(
  bytes: Uint8Array<ArrayBuffer>,
  count: number,
): ReadableStream<Uint8Array<ArrayBuffer>> {
  return new ReadableStream({
    start(controller) {
      controller.enqueue(bytes.slice(0, count));
      controller.close();
    },
  });
}

function problemOf(status: number, code: string): Response {
  return new Response(JSON.stringify({ status, code, detail: `a fake ${code}` }), {
    status,
    headers: { "content-type": "application/problem+json" },
  });
}
