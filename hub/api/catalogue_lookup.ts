/**
 * Finds what a path names, or says that it is not there.
 *
 * @module
 */
import { AppError } from "@aisle/shared/errors";
import type { Catalogue } from "../registry/catalogues.ts";
import type { HubDeps } from "./ports.ts";

/** The catalogue of that name. @throws {AppError} `not-found`, naming those that there are */
export async function findCatalogue(hub: HubDeps, name: string): Promise<Catalogue> {
  const found = await hub.registry.catalogues.get(name);
  if (found !== null) return found;
  const names = (await hub.registry.catalogues.list()).map((c) => c.name);
  const known = names.length === 0 ? "there is none yet" : `there are ${names.join(", ")}`;
  throw new AppError("not-found", `Cannot find the catalogue ${name}: ${known}`);
}

/** `value`, or `not-found` when it is null. */
export function found<T>(value: T | null, what: string, name: string): T {
  if (value === null) throw new AppError("not-found", `Cannot find ${what} ${name}: there is none`);
  return value;
}
