/**
 * Bytes into the hub, unless it has them.
 *
 * @module
 */
import { AppError } from "@aisle/shared/errors";
import { sha256 } from "@aisle/shared/hash";
import type { HubClient } from "./hub_client.ts";

/** Sends `bytes` unless the hub has them; their digest. */
export async function uploadBytes(
  client: HubClient,
  bytes: Uint8Array<ArrayBuffer>,
  digest = sha256(bytes),
): Promise<string> {
  if (await hubHas(client, digest)) return digest;
  await client.fetch("/api/v1/blobs", { method: "PUT", body: bytes });
  return digest;
}

/** Whether the hub has a blob. */
export async function hubHas(client: HubClient, digest: string): Promise<boolean> {
  try {
    const response = await client.fetch(`/api/v1/blobs/${digest}`, { method: "HEAD" });
    await response.body?.cancel();
    return true;
  } catch (error) {
    if (error instanceof AppError && (error.code === "not-found" || error.code === "internal")) {
      return false;
    }
    throw error;
  }
}
