/**
 * Changes that say which state they expect: `If-Match` with the tag of a read, or `expectedRevision` in the body.
 *
 * Numbered things (aliases, labels) have their number as tag. Things without a number (settings, schedules) have the
 * hash of what a person may change about them.
 *
 * @module
 */
import { AppError } from "@aisle/shared/errors";
import { hashJson } from "@aisle/shared/hash";
import type { HubContext } from "./context.ts";

/** The tag of revision `n`. */
export function revisionTag(n: number): string {
  return `"${n}"`;
}

/** The tag of a value: the same for the same JSON. */
export function contentTag(value: unknown): string {
  return `"${hashJson(value).slice(0, 16)}"`;
}

/** The tag that the change expects; null where any will do. */
export function expectedTag(c: HubContext): string | null {
  const header = c.req.header("if-match")?.trim();
  if (header === undefined || header === "*") return null;
  if (/^(W\/)?"[^"]*"$/.test(header)) return header.replace(/^W\//, "");
  throw new AppError(
    "input-invalid",
    `Cannot take the header If-Match: it must be one tag in quotation marks: current value is ${header}`,
  );
}

/** The revision that the change expects, from `If-Match` or the body; undefined where any will do. */
export function expectedRevision(c: HubContext, inBody?: number): number | undefined {
  const tag = expectedTag(c);
  if (tag === null) return inBody;
  const number = /^"(\d{1,15})"$/.exec(tag)?.[1];
  if (number === undefined) {
    // A tag that no revision has: somebody read something else.
    throw stale(`it is expected to be ${tag}`);
  }
  if (inBody === undefined || inBody === Number(number)) return Number(number);
  throw new AppError(
    "input-invalid",
    `Cannot tell which revision is expected: If-Match says ${number} and the body ${inBody}`,
  );
}

/** Refuses a change of a state whose tag is not the expected one. @throws {AppError} `revision-stale` */
export function requireTag(expected: string | null, current: string): void {
  if (expected !== null && expected !== current) {
    throw stale(`it is expected to be ${expected}: current value is ${current}`);
  }
}

function stale(why: string): AppError {
  return new AppError(
    "revision-stale",
    `Cannot change this: ${why}. Somebody else changed it since: read it again`,
  );
}
