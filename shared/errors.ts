/**
 * Errors that a caller is expected to handle, each with a stable code, and how they look on the wire.
 *
 * Message form: `Cannot <do> <what>: <rule>: current value is <v>. <How to mend it>`.
 * Bugs stay built-in errors and become `internal`.
 *
 * @module
 */

/** Code to HTTP status; the code is part of the wire contract. */
export const HTTP_STATUS = {
  "input-invalid": 400,
  "csv-invalid": 422,
  "data-invalid": 422,
  "params-invalid": 422,
  "usage": 400,
  "unauthenticated": 401,
  "token-expired": 401,
  "forbidden": 403,
  "not-found": 404,
  "method-not-allowed": 405,
  "request-timeout": 408,
  "conflict": 409,
  "revision-stale": 409,
  "key-reused": 409,
  "outcome-unknown": 409,
  "locked": 409,
  "too-large": 413,
  "unsupported-media-type": 415,
  "range-invalid": 416,
  "unknown-code": 422,
  "picture-invalid": 422,
  "bundle-invalid": 422,
  "model-invalid": 422,
  "release-invalid": 422,
  "too-many-requests": 429,
  "cancelled": 499,
  "internal": 500,
  "training-failed": 500,
  "hub-unreachable": 502,
  "model-unavailable": 502,
  "no-release": 503,
  "not-ready": 503,
  "overloaded": 503,
  "timed-out": 504,
} as const;

/** One of the codes of {@linkcode HTTP_STATUS}. */
export type ErrorCode = keyof typeof HTTP_STATUS;

/** Options of an {@linkcode AppError}. */
export interface AppErrorOptions extends ErrorOptions {
  /** Machine-readable particulars, such as the list of problems found. */
  readonly details?: unknown;
  /** Seconds after which trying again makes sense (Retry-After). */
  readonly retryAfterSeconds?: number;
}

/** A condition that a caller is expected to handle. */
export class AppError extends Error {
  override readonly name = "AppError";
  readonly details: unknown;
  readonly retryAfterSeconds: number | undefined;
  constructor(readonly code: ErrorCode, message: string, options: AppErrorOptions = {}) {
    super(message, options);
    this.details = options.details;
    this.retryAfterSeconds = options.retryAfterSeconds;
  }
  /** HTTP status of this error's code. */
  get status(): number {
    return HTTP_STATUS[this.code];
  }
}

/** An RFC 9457 problem document, as every HTTP error of hub and edge looks. */
export interface Problem {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly code: ErrorCode;
  readonly detail: string;
  readonly requestId: string;
  readonly details?: unknown;
}

/** `error` as a problem document; what is not an {@linkcode AppError} says nothing of its inside. */
export function problem(error: unknown, requestId: string): Problem {
  const known = error instanceof AppError;
  const code: ErrorCode = known ? error.code : "internal";
  return {
    type: `urn:aisle:error:${code}`,
    title: code.replaceAll("-", " "),
    status: HTTP_STATUS[code],
    code,
    detail: known ? error.message : "Cannot answer: an internal error, see the log of this request",
    requestId,
    ...(known && error.details !== undefined ? { details: error.details } : {}),
  };
}

/** The message of anything thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
