/**
 * The edge's side of the hub's edge endpoints: addresses, token, timeouts, answers checked against the contract.
 *
 * It neither verifies signatures (`releases.ts`) nor retries over minutes (its callers do, each by its own rule).
 *
 * @module
 */
import { AppError, type ErrorCode, HTTP_STATUS, messageOf } from "@aisle/shared/errors";
import {
  EDGE_PATHS,
  FeedbackReceipt,
  type FeedbackRecord,
  ReviewReceipt,
  type ReviewSample,
  SignedRelease,
  TelemetryReceipt,
  type TelemetryWindow,
} from "@aisle/shared/contract";
import { type EdgeReport, EdgeReportReceipt } from "@aisle/shared/fleet";
import { type Trace, traceHeaders } from "./trace.ts";

/** What the hub says about the release of this edge's catalogue. */
export type ReleaseAnswer =
  & (
    | { readonly kind: "unchanged" }
    | { readonly kind: "none" }
    | { readonly kind: "release"; readonly signed: SignedRelease; readonly etag: string | null }
  )
  /** After how many milliseconds a hub with many edges wants to be asked again. */
  & { readonly pollMs?: number | undefined };

/** What an edge says to its hub; failures are `AppError`s, `hub-unreachable` where trying again may help. */
export interface HubClient {
  /** @param etag of the release that is served; the hub answers `unchanged` when it is still that one */
  release(etag: string | null, signal?: AbortSignal): Promise<ReleaseAnswer>;
  /** Exactly `sizeBytes` bytes; continues where a broken transfer stopped. */
  bundle(
    digest: string,
    sizeBytes: number,
    signal?: AbortSignal,
  ): Promise<Uint8Array<ArrayBuffer>>;
  telemetry(window: TelemetryWindow): Promise<TelemetryReceipt>;
  /** Says what this edge serves and refuses. */
  report(report: EdgeReport): Promise<EdgeReportReceipt>;
  /** @param trace that this follows from */
  feedback(
    record: FeedbackRecord,
    timeoutMs: number,
    trace?: Trace | null,
  ): Promise<FeedbackReceipt>;
  /** Offers a product to the review queue. */
  reviewSample(sample: ReviewSample, timeoutMs: number): Promise<ReviewReceipt>;
  /** Sends the file of SHA-256 `digest` unless the hub has it. */
  picture(
    digest: string,
    bytes: Uint8Array<ArrayBuffer>,
    timeoutMs: number,
    trace?: Trace | null,
  ): Promise<void>;
}

/** What {@linkcode createHubClient} needs. */
export interface HubClientDeps {
  readonly fetch: typeof fetch;
  readonly hubUrl: URL;
  readonly token: string;
  readonly catalogue: string;
  readonly edgeId: string;
  /** Longest wait for an answer's head, or between two pieces of its body. */
  readonly timeoutMs: number;
}

/** Broken transfers of one bundle that are continued before the caller is told. */
const MAX_RESUMES = 4;
/** Longest wait between polls that a hub can ask for: releases are to arrive within minutes. */
const MAX_POLL_MS = 120_000;
/** More than any release document or receipt; what is longer is not from a hub. */
const MAX_ANSWER_BYTES = 8 << 20;

/** A client for one hub, one catalogue, one edge. */
export function createHubClient(deps: HubClientDeps): HubClient {
  const headers = { authorization: `Bearer ${deps.token}`, "x-edge-id": deps.edgeId };
  // A hub may live under a path, behind a proxy.
  const base = deps.hubUrl.href.replace(/\/+$/, "");

  /** Fetches with a deadline that `touch` pushes back; redirects would carry the token elsewhere. */
  async function open(path: string, init: RequestInit, timeoutMs: number, outer?: AbortSignal) {
    const controller = new AbortController();
    const abort = () => controller.abort(outer?.reason);
    if (outer?.aborted) abort();
    outer?.addEventListener("abort", abort);
    const late = () =>
      controller.abort(new DOMException(`no answer for ${timeoutMs} ms`, "TimeoutError"));
    let timer = setTimeout(late, timeoutMs);
    const touch = () => {
      clearTimeout(timer);
      timer = setTimeout(late, timeoutMs);
    };
    const close = () => {
      clearTimeout(timer);
      outer?.removeEventListener("abort", abort);
    };
    try {
      const response = await deps.fetch(base + path, {
        ...init,
        headers: { ...headers, ...init.headers },
        redirect: "error",
        signal: controller.signal,
      });
      return { response, touch, close };
    } catch (error) {
      close();
      throw unreachable(path, error);
    }
  }

  /** Sends and reads a small answer. */
  async function ask(path: string, init: RequestInit, timeoutMs: number, outer?: AbortSignal) {
    const { response, close } = await open(path, init, timeoutMs, outer);
    try {
      const bytes = await readUpTo(response, MAX_ANSWER_BYTES);
      return { response, text: new TextDecoder().decode(bytes) };
    } catch (error) {
      throw error instanceof AppError ? error : unreachable(path, error);
    } finally {
      close();
    }
  }

  async function post(
    path: string,
    body: unknown,
    timeoutMs: number,
    trace?: Trace | null,
  ): Promise<string> {
    const { response, text } = await ask(path, {
      method: "POST",
      headers: { "content-type": "application/json", ...traceHeaders(trace) },
      body: JSON.stringify(body),
    }, timeoutMs);
    if (!response.ok) throw refused(path, response.status, text);
    return text;
  }

  return {
    async release(etag, signal) {
      const path = `${EDGE_PATHS.release}?catalogue=${encodeURIComponent(deps.catalogue)}`;
      const { response, text } = await ask(
        path,
        { headers: etag === null ? {} : { "if-none-match": etag } },
        deps.timeoutMs,
        signal,
      );
      const asked = Number(response.headers.get("x-poll-ms") ?? NaN);
      const told = asked > 0 ? { pollMs: Math.min(asked, MAX_POLL_MS) } : {};
      if (response.status === 304) return { kind: "unchanged", ...told };
      if (response.status === 404 && problemCode(text) === "not-found") {
        return { kind: "none", ...told };
      }
      if (!response.ok) throw refused(path, response.status, text);
      const signed = parseAs(SignedRelease, text, "release");
      return { kind: "release", signed, etag: response.headers.get("etag"), ...told };
    },

    async bundle(digest, sizeBytes, signal) {
      const path = `${EDGE_PATHS.bundles}/${digest}`;
      const bytes = new Uint8Array(sizeBytes);
      let got = 0;
      for (let resumes = 0;; resumes++) {
        const before = got;
        const { response, touch, close } = await open(
          path,
          { headers: got === 0 ? {} : { range: `bytes=${got}-` } },
          deps.timeoutMs,
          signal,
        );
        try {
          if (!response.ok) {
            throw refused(
              path,
              response.status,
              new TextDecoder().decode(await readUpTo(response, MAX_ANSWER_BYTES)),
            );
          }
          // A hub that does not know ranges sends all of it again.
          if (!startsAt(response, got)) got = 0;
          for await (const piece of response.body ?? []) {
            touch();
            if (got + piece.length > sizeBytes) {
              throw new AppError(
                "bundle-invalid",
                `Cannot take bundle ${digest}: it is longer than the ${sizeBytes} bytes that its release names`,
              );
            }
            bytes.set(piece, got);
            got += piece.length;
          }
          if (got === sizeBytes) return bytes;
          throw new TypeError(`the transfer ended after ${got} of ${sizeBytes} bytes`);
        } catch (error) {
          if (error instanceof AppError) throw error;
          // Only a try that brought something on is worth continuing at once.
          if (signal?.aborted || got <= before || resumes >= MAX_RESUMES) {
            throw unreachable(path, error);
          }
        } finally {
          close();
        }
      }
    },

    telemetry: async (window) =>
      parseAs(
        TelemetryReceipt,
        await post(EDGE_PATHS.telemetry, window, deps.timeoutMs),
        "receipt",
      ),
    feedback: async (record, timeoutMs, trace) =>
      parseAs(
        FeedbackReceipt,
        await post(EDGE_PATHS.feedback, record, timeoutMs, trace),
        "receipt",
      ),

    report: async (report) =>
      parseAs(EdgeReportReceipt, await post(EDGE_PATHS.report, report, deps.timeoutMs), "receipt"),

    reviewSample: async (sample, timeoutMs) =>
      parseAs(ReviewReceipt, await post(EDGE_PATHS.review, sample, timeoutMs), "receipt"),

    async picture(digest, bytes, timeoutMs, trace) {
      const path = `${EDGE_PATHS.pictures}/${digest}`;
      const there = await ask(path, { method: "HEAD", headers: traceHeaders(trace) }, timeoutMs);
      if (there.response.ok) return;
      if (there.response.status !== 404) throw refused(path, there.response.status, there.text);
      const { response, text } = await ask(path, {
        method: "PUT",
        headers: { "content-type": "application/octet-stream", ...traceHeaders(trace) },
        body: bytes,
      }, timeoutMs);
      if (!response.ok) throw refused(path, response.status, text);
    },
  };
}

/** Whether the body of `response` begins at byte `got`. */
function startsAt(response: Response, got: number): boolean {
  if (response.status !== 206) return got === 0;
  const range = /^bytes (\d+)-/.exec(response.headers.get("content-range") ?? "");
  if (range !== null && Number(range[1]) === got) return true;
  throw new TypeError("the hub sent another range than asked for");
}

/**
 * The body of `response`, at most `maxBytes` of it.
 *
 * @throws {AppError} `hub-unreachable` when it is longer.
 */
async function readUpTo(response: Response, maxBytes: number): Promise<Uint8Array<ArrayBuffer>> {
  const pieces: Uint8Array<ArrayBuffer>[] = [];
  let length = 0;
  for await (const piece of response.body ?? []) {
    length += piece.length;
    if (length > maxBytes) {
      throw new AppError("hub-unreachable", `Cannot read the hub's answer: over ${maxBytes} bytes`);
    }
    pieces.push(piece);
  }
  return new Uint8Array(await new Blob(pieces).arrayBuffer());
}

function unreachable(path: string, error: unknown): AppError {
  // "fetch failed" says nothing; what it was caused by does.
  const cause = error instanceof Error && error.cause !== undefined
    ? `: ${messageOf(error.cause)}`
    : "";
  return new AppError(
    "hub-unreachable",
    `Cannot reach the hub at ${path}: ${messageOf(error)}${cause}`,
    { cause: error },
  );
}

/** What the hub answered instead, under its own code when that is one of ours. */
function refused(path: string, status: number, text: string): AppError {
  const temporary = status >= 500 || status === 408 || status === 429;
  const code = temporary ? "hub-unreachable" : problemCode(text) ?? codeOfStatus(status);
  const detail = problemMember(text, "detail") ?? text.slice(0, 200);
  return new AppError(code, `The hub refused ${path} with ${status}: ${detail}`);
}

function codeOfStatus(status: number): ErrorCode {
  const byStatus: Partial<Record<number, ErrorCode>> = {
    400: "input-invalid",
    401: "unauthenticated",
    403: "forbidden",
    409: "conflict",
    413: "too-large",
    422: "data-invalid",
  };
  return byStatus[status] ?? "hub-unreachable";
}

function problemCode(text: string): ErrorCode | undefined {
  const code = problemMember(text, "code");
  return code !== undefined && code in HTTP_STATUS ? code as ErrorCode : undefined;
}

function problemMember(text: string, key: string): string | undefined {
  const value = parseJson(text);
  const member = value !== null && typeof value === "object"
    ? (value as Record<string, unknown>)[key]
    : undefined;
  return typeof member === "string" ? member : undefined;
}

/** The JSON value of `text`, or undefined: what is no JSON is judged by its status alone. */
function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

function parseAs<T>(
  schema: { safeParse(value: unknown): { success: true; data: T } | { success: false } },
  text: string,
  what: "release" | "receipt",
): T {
  const parsed = schema.safeParse(parseJson(text));
  if (parsed.success) return parsed.data;
  // A receipt that cannot be read may yet come right; a release that cannot be read is one not to serve.
  throw new AppError(
    what === "release" ? "release-invalid" : "hub-unreachable",
    `Cannot use the hub's answer: it is no ${what}: ${text.slice(0, 120)}`,
  );
}
