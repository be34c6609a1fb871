/**
 * Changes that come through MLflow's API, written into the audit with the first thing that they write.
 *
 * The door's own audit leaves MLflow's paths to this: most of what comes there is figures, which are no changes and
 * must not cost a second transaction.
 *
 * @module
 */
import { AppError } from "@aisle/shared/errors";
import { toldOf } from "../api/audit_changes.ts";
import type { HubContext } from "../api/context.ts";

/** A change as the audit tells of it. */
export interface MlflowChange {
  readonly action: string;
  readonly target: string;
  /** What was asked; secrets are left out. */
  readonly what: unknown;
}

/** Does `work` so that a hub that dies in the midst of it tells of it when it starts again. @throws what `work` does */
export async function audited<T>(
  c: HubContext,
  { action, target, what }: MlflowChange,
  work: () => Promise<T>,
): Promise<T> {
  const principal = c.get("principal");
  const details = {
    tokenId: principal?.tokenId ?? null,
    requestId: c.get("requestId"),
    what: toldOf(what),
  };
  const entry = { actor: principal?.name ?? "nobody", action, target, details };
  const outcome: PromiseSettledResult<T>[] = [];
  await c.get("hub").registry.audit.during(entry, async () => {
    const [result] = await Promise.allSettled([work()]);
    outcome.push(result);
    if (result.status === "fulfilled") return entry;
    return result.reason instanceof AppError ? null : "broken";
  });
  const [result] = outcome as [PromiseSettledResult<T>];
  if (result.status === "rejected") throw result.reason;
  return result.value;
}
