/**
 * Sends blobs: entity tags, HEAD, and one byte range at a time.
 *
 * @module
 */
import { AppError } from "@aisle/shared/errors";
import type { HubContext } from "./context.ts";
import { problemResponse } from "./problems.ts";

/** How a blob is labelled. */
export interface ByteResponseOptions {
  readonly contentType?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/**
 * Answers with the blob of that digest. Several ranges at once are answered with everything, as RFC 9110 allows.
 *
 * @throws {AppError} `not-found`
 */
export async function respondWithBlob(
  c: HubContext,
  digest: string,
  options: ByteResponseOptions = {},
): Promise<Response> {
  const { blobs } = c.get("hub");
  if (!await blobs.has(digest)) {
    throw new AppError("not-found", `Cannot find the blob ${digest}: it is not stored here`);
  }
  const sizeBytes = await blobs.size(digest);
  const etag = `"${digest}"`;
  const headers = new Headers({
    "content-type": options.contentType ?? "application/octet-stream",
    "accept-ranges": "bytes",
    // Named by their content: what is at this address never changes. Private, as it needs a token.
    "cache-control": "private, max-age=31536000, immutable",
    etag,
    ...options.headers,
  });
  if (matchesTag(c.req.header("if-none-match"), etag)) {
    return new Response(null, { status: 304, headers });
  }
  const wanted = rangeOf(c, etag, sizeBytes);
  if (wanted === "unsatisfiable") {
    const response = problemResponse(
      c,
      new AppError(
        "range-invalid",
        `Cannot send ${c.req.header("range")}: the blob has ${sizeBytes} bytes`,
      ),
    );
    response.headers.set("content-range", `bytes */${sizeBytes}`);
    return response;
  }
  const { start, end } = wanted ?? { start: 0, end: sizeBytes };
  headers.set("content-length", String(end - start));
  if (wanted !== null) headers.set("content-range", `bytes ${start}-${end - 1}/${sizeBytes}`);
  const body = c.req.method === "HEAD"
    ? null
    : await blobs.open(digest, wanted === null ? undefined : wanted);
  return new Response(body, { status: wanted === null ? 200 : 206, headers });
}

/** Whether an If-None-Match header names `etag`; comparison is weak, as RFC 9110 asks for it. */
export function matchesTag(header: string | undefined, etag: string): boolean {
  if (header === undefined) return false;
  return header.split(",").map((tag) => tag.trim().replace(/^W\//, ""))
    .some((tag) => tag === "*" || tag === etag);
}

/** The range asked for, end not included; null for everything. */
function rangeOf(
  c: HubContext,
  etag: string,
  sizeBytes: number,
): { readonly start: number; readonly end: number } | "unsatisfiable" | null {
  const ifRange = c.req.header("if-range");
  const match = /^bytes=(\d*)-(\d*)$/.exec(c.req.header("range") ?? "");
  if (match === null || (ifRange !== undefined && ifRange !== etag)) return null;
  const [, first = "", last = ""] = match;
  if (first === "" && last === "") return null;
  if (first === "") {
    const length = Math.min(Number(last), sizeBytes);
    return length === 0 ? "unsatisfiable" : { start: sizeBytes - length, end: sizeBytes };
  }
  const start = Number(first);
  if (last !== "" && Number(last) < start) return null;
  if (start >= sizeBytes) return "unsatisfiable";
  return { start, end: last === "" ? sizeBytes : Math.min(Number(last) + 1, sizeBytes) };
}
