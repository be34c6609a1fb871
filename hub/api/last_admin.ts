/**
 * Keeps the hub from losing its last administrator.
 *
 * @module
 */
import { AppError } from "@aisle/shared/errors";
import { isLive } from "../registry/tokens.ts";
import type { HubDeps } from "./ports.ts";

/** @throws {AppError} `conflict` where `id` is the only admin token that counts */
export async function refuseLastAdmin({ registry, now }: HubDeps, id: string): Promise<void> {
  const at = new Date(now()).toISOString();
  const admins = (await registry.tokens.list()).filter((token) =>
    token.role === "admin" && isLive(token, at)
  );
  if (admins.length !== 1 || admins[0]!.id !== id) return;
  throw new AppError(
    "conflict",
    "Cannot revoke the last admin token: nobody could make another. Make one first",
  );
}
