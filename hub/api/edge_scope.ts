/**
 * Edges whose token is for one catalogue stay in it.
 *
 * Every endpoint that names a catalogue (in its path, its query or its body) is checked before its handler runs, so
 * that none can forget; those that name things by digest ask `scopeOf`.
 *
 * @module
 */
import { AppError } from "@aisle/shared/errors";
import type { HubContext } from "./context.ts";

/** The only catalogue that whoever asks may ask for; null for all. */
export function scopeOf(c: HubContext): string | null {
  return c.get("principal")?.catalogue ?? null;
}

/** Lets a request for `catalogue` through. @throws {AppError} `forbidden` when its token is for another */
export function stayInCatalogue(c: HubContext, catalogue: unknown): void {
  const scope = scopeOf(c);
  if (scope === null || catalogue === undefined || catalogue === scope) return;
  throw new AppError(
    "forbidden",
    `Cannot ${c.req.method} ${c.req.path} for catalogue ${String(catalogue)}: ` +
      `this token is for one catalogue: current value is ${scope}`,
  );
}
