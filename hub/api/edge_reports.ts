/**
 * Takes what an edge says of itself, and tells people where a bundle does not run on it.
 *
 * @module
 */
import { AppError } from "@aisle/shared/errors";
import type { EdgeReport, EdgeReportReceipt } from "@aisle/shared/fleet";
import { findCatalogue } from "./catalogue_lookup.ts";
import type { HubContext } from "./context.ts";
import { edgeNameOf } from "./edge_notes.ts";

/** Stores `report`; an edge with a bundle in quarantine raises an alert, one without clears it. */
export async function takeReport(c: HubContext, report: EdgeReport): Promise<EdgeReportReceipt> {
  const { registry } = c.get("hub"), { catalogue, edgeId, trouble } = report;
  const name = edgeNameOf(c);
  if (name !== null && name !== edgeId) {
    throw new AppError(
      "input-invalid",
      `Cannot take the report of ${edgeId}: it must be of the edge that sends it: current sender is ${name}`,
    );
  }
  await findCatalogue(c.get("hub"), catalogue);
  await registry.fleet.report(report);
  const key = `edge-quarantine ${edgeId}`;
  if (trouble?.quarantined) {
    await registry.alerts.raise({
      catalogue,
      key,
      kind: "edge-quarantine",
      severity: "warning",
      message: `Edge ${edgeId} has put bundle ${trouble.digest.slice(0, 12)} in quarantine and ` +
        `serves on what it had: ${trouble.message}`,
      details: { edgeId, ...trouble, serves: report.digest },
    });
  } else await registry.alerts.clear(catalogue, key);
  return { stored: true };
}
