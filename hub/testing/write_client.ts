/**
 * Writes what the typed client is compiled against; `deno task client:generate`.
 *
 * @module
 */
import { clientSource } from "../api/client_source.ts";
import { emptyDeps, wholeApp } from "./every_route.ts";

/** Where it stands. */
export const CLIENT_FILE = new URL("../../shared/client/hub_api.ts", import.meta.url);

/** The source that fits the API as it is. */
export async function currentClientSource(): Promise<string> {
  const response = await wholeApp(emptyDeps()).request("/openapi.json", {
    headers: { authorization: "Bearer viewer" },
  });
  return clientSource(await response.json());
}

if (import.meta.main) await Deno.writeTextFile(CLIENT_FILE, await currentClientSource());
