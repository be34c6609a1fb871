/**
 * What is refused before a route sees it: too many requests at once, encoded bodies, very long addresses.
 *
 * It bounds what one request and all of them together may hold. What cannot be seen from here (connections that send
 * nothing, headers that come slowly) is for a proxy in front: `deploy/Caddyfile`.
 *
 * @module
 */
import { AppError, problem } from "@aisle/shared/errors";
import type { Handler } from "./listener.ts";

/** How much is let in. */
export interface GuardLimits {
  /** Requests under way, whatever they ask; more are refused at once. */
  readonly maxRequests: number;
}

/** Longest address, in characters; no route has one of more than some dozens. */
const MAX_URL_CHARS = 8_192;

/** `handler` for what is let in. Whether the edge lives and how it is can be asked however full it is. */
export function guarded(handler: Handler, { maxRequests }: GuardLimits): Handler {
  let underWay = 0;
  return async (request) => {
    const refused = refusal(request) ??
      (underWay >= maxRequests && !isProbe(request)
        ? new AppError("overloaded", `Cannot take more than ${maxRequests} requests at once`, {
          retryAfterSeconds: 1,
        })
        : null);
    if (refused !== null) return answerOf(refused);
    underWay++;
    try {
      return await handler(request);
    } finally {
      underWay--;
    }
  };
}

/** What is wrong with the request whatever it asks. */
function refusal({ url, headers }: Request): AppError | null {
  if (url.length > MAX_URL_CHARS) {
    return new AppError(
      "too-large",
      `Cannot take the address: at most ${MAX_URL_CHARS} characters: current value is ${url.length}`,
    );
  }
  const encoding = headers.get("content-encoding");
  // A kilobyte of gzip can stand for a megabyte: nothing is ever inflated here
  if (encoding !== null && encoding.trim().toLowerCase() !== "identity") {
    return new AppError(
      "unsupported-media-type",
      `Cannot read the body: send it without Content-Encoding: current value is ${
        encoding.slice(0, 40)
      }`,
    );
  }
  return null;
}

function isProbe({ method, url }: Request): boolean {
  return method === "GET" && /^https?:\/\/[^/]*\/(healthz|readyz|metrics)$/.test(url);
}

/** The connection ends with it: the body that may still come would have to be read to its end. */
function answerOf(error: AppError): Response {
  const document = problem(error, crypto.randomUUID());
  return new Response(JSON.stringify(document), {
    status: document.status,
    headers: {
      "content-type": "application/problem+json",
      "cache-control": "no-store",
      ...(error.retryAfterSeconds === undefined
        ? { connection: "close" }
        : { "retry-after": String(error.retryAfterSeconds), connection: "close" }),
    },
  });
}
