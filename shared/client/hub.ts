/**
 * A typed client of the hub's API: operations by name, problems as errors, retries where they do no harm.
 *
 * A call that may be sent twice is sent again when the network or the hub is away: reads, PUT and DELETE by their
 * nature, POST by an idempotency key that the client adds. PATCH is sent once.
 *
 * @module
 */
import { AppError, type ErrorCode, HTTP_STATUS, type Problem } from "../errors.ts";
import { HUB_OPERATIONS, type HubOperations } from "./hub_api.ts";

/** Name of an operation, as in the API reference. */
export type OperationId = keyof HubOperations;
/** What an operation takes: path, query, body. */
export type Input<Id extends OperationId> = HubOperations[Id]["input"];
/** What an operation answers: JSON, a text, or a response whose body is bytes. */
export type Answer<Id extends OperationId> = HubOperations[Id]["answer"];

/** Options of one call. */
export interface CallOptions {
  readonly signal?: AbortSignal;
  /** The key of a POST; a fresh one when absent. */
  readonly idempotencyKey?: string;
  /** The ETag of what was read: a change is refused when it is another by now. */
  readonly ifMatch?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Options of {@linkcode createHubClient}. */
export interface HubClientOptions {
  /** Address of the hub, without `/api`. */
  readonly url: string;
  readonly token: string;
  /** Attempts beyond the first; 3 when absent. */
  readonly retries?: number;
  /** Wait before the second attempt, twice as long before each further one; 200 ms when absent. */
  readonly backoffMs?: number;
  /** In the place of the global one: tests, proxies. */
  readonly fetch?: (url: string, init: RequestInit) => Promise<Response>;
}

type NoInput = Record<never, never>;

/** Calls operations of a hub. */
export interface HubClient {
  /** @throws {HubProblem} what the hub refused; {AppError} `hub-unreachable` */
  call<Id extends OperationId>(
    id: Id,
    ...rest: NoInput extends Input<Id> ? [input?: Input<Id>, options?: CallOptions]
      : [input: Input<Id>, options?: CallOptions]
  ): Promise<Answer<Id>>;
}

/** A problem that the hub answered with. */
export class HubProblem extends AppError {
  constructor(readonly problem: Problem, options: { readonly retryAfterSeconds?: number } = {}) {
    const code = (problem.code in HTTP_STATUS ? problem.code : "internal") as ErrorCode;
    super(code, problem.detail, { details: problem.details, ...options });
  }
}

/** Answers after which the same request may go well. */
const PASSING = new Set([429, 502, 503, 504]);

/** A client of the hub at `options.url`. */
export function createHubClient(options: HubClientOptions): HubClient {
  const { token, retries = 3, backoffMs = 200 } = options;
  const base = options.url.replace(/\/+$/, "");
  const send = options.fetch ?? ((url, init) => fetch(url, init));

  return {
    async call(id, ...[given, callOptions = {}]) {
      const [method, pattern, kind] = HUB_OPERATIONS[id];
      const input = (given ?? {}) as Parts;
      const headers = new Headers({ authorization: `Bearer ${token}`, ...callOptions.headers });
      const body = bodyOf(input.body, headers);
      if (method === "POST") {
        headers.set("idempotency-key", callOptions.idempotencyKey ?? crypto.randomUUID());
      }
      if (callOptions.ifMatch !== undefined) headers.set("if-match", callOptions.ifMatch);
      const url = base + addressOf(pattern, input);
      const { signal } = callOptions;
      const init = {
        method,
        headers,
        ...(body === undefined ? {} : { body }),
        ...(signal ? { signal } : {}),
      };
      // A stream can be read once only.
      const attempts = method === "PATCH" || body instanceof ReadableStream ? 1 : retries + 1;
      for (let attempt = 1;; attempt++) {
        const waitMs = backoffMs * 2 ** (attempt - 1) * (0.5 + Math.random() / 2);
        let response: Response;
        try {
          response = await send(url, init);
        } catch (error) {
          if (!(error instanceof TypeError)) throw error;
          if (attempt < attempts) {
            await wait(waitMs, signal);
            continue;
          }
          throw new AppError("hub-unreachable", `Cannot reach the hub: ${error.message}`, {
            cause: error,
          });
        }
        if (response.ok) return await read(response, kind) as Answer<typeof id>;
        const problem = await problemOf(response);
        if (attempt >= attempts || !PASSING.has(response.status)) throw problem;
        await wait(Math.max(waitMs, 1000 * (problem.retryAfterSeconds ?? 0)), signal);
      }
    },
  };
}

/** An input with its types forgotten. */
interface Parts {
  readonly path?: Readonly<Record<string, string>>;
  readonly query?: Readonly<Record<string, string | number | boolean | null | undefined>>;
  readonly body?: unknown;
}

function bodyOf(body: unknown, headers: Headers): BodyInit | undefined {
  if (body === undefined) return undefined;
  const bytes = body instanceof ReadableStream || body instanceof Blob ||
    body instanceof ArrayBuffer || ArrayBuffer.isView(body);
  headers.set("content-type", bytes ? "application/octet-stream" : "application/json");
  return bytes ? body as BodyInit : JSON.stringify(body);
}

function addressOf(pattern: string, { path = {}, query = {} }: Parts): string {
  const address = pattern.replaceAll(
    /\{(\w+)\}/g,
    (_, name: string) => encodeURIComponent(path[name] ?? ""),
  );
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    if (value !== undefined && value !== null) search.set(name, String(value));
  }
  return search.size === 0 ? address : `${address}?${search}`;
}

async function read(response: Response, kind: "json" | "text" | "bytes"): Promise<unknown> {
  if (kind === "bytes") return response;
  return await (kind === "text" ? response.text() : response.json());
}

async function problemOf(response: Response): Promise<HubProblem> {
  const text = await response.text(), seconds = Number(response.headers.get("retry-after"));
  const options = seconds > 0 ? { retryAfterSeconds: seconds } : {};
  try {
    const problem = JSON.parse(text) as Problem;
    if (typeof problem.code === "string") return new HubProblem(problem, options);
  } catch { /* something between here and the hub answered: told below */ }
  return new HubProblem({
    type: "about:blank",
    title: "not the hub's answer",
    status: response.status,
    code: PASSING.has(response.status) ? "hub-unreachable" : "internal",
    detail: `The hub's address answered ${response.status}: ${text.slice(0, 200)}`,
    requestId: response.headers.get("x-request-id") ?? "",
  }, options);
}

function wait(ms: number, signal?: AbortSignal): Promise<void> {
  signal?.throwIfAborted();
  return new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, ms);
    signal?.addEventListener("abort", () => {
      clearTimeout(timer);
      reject(signal.reason);
    }, { once: true });
  });
}
