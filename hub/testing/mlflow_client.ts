/**
 * Calls MLflow's API of a hub under test as MLflow's clients do: queries for GET, JSON for all else.
 *
 * @module
 */
import type { Role } from "../registry/tokens.ts";
import type { TestHub } from "./test_hub.ts";

/** An answer. */
export interface Answer {
  readonly status: number;
  // deno-lint-ignore no-explicit-any -- tests look into whatever comes
  readonly body: any;
}

/** Sends calls with the token of `role`, an operator's where absent. */
export function mlflowClient(hub: TestHub, role: Role = "operator") {
  return async (
    method: string,
    path: string,
    input: Readonly<Record<string, unknown>> = {},
  ): Promise<Answer> => {
    const query = new URLSearchParams();
    if (method === "GET") {
      for (const [name, value] of Object.entries(input)) {
        for (const one of Array.isArray(value) ? value : [value]) query.append(name, String(one));
      }
    }
    const response = await hub.send(
      role,
      method,
      `/api/2.0/mlflow${path}?${query}`,
      method === "GET" ? {} : { json: input },
    );
    return { status: response.status, body: await response.json() };
  };
}

/** `[{ key, value }]` as an object. */
export function asRecord(
  pairs: readonly { readonly key: string; readonly value: unknown }[],
): Record<string, unknown> {
  return Object.fromEntries(pairs.map(({ key, value }) => [key, value]));
}
