/**
 * What became of feedback on its way from each edge to here.
 *
 * @module
 */
import { html } from "hono/html";
import type { EdgeDelivery } from "../../registry/delivery.ts";
import { badge, type Html, whole } from "../format.ts";
import { table } from "../tables.ts";

/** A row an edge. */
export function deliveryPanel(edges: readonly EdgeDelivery[]): Html {
  const bad = (n: number, what: string) => n === 0 ? "0" : badge(`${n} ${what}`, { look: "warn" });
  const columns = [
    "Sent",
    "Stored",
    "Duplicate",
    "Missing",
    "Kept meanwhile",
    "Refused",
    "Dropped",
  ];
  return html`
    <section class="panel" id="feedback-delivery" data-live>
      <h2>Delivery of feedback, last 7 days</h2>
      ${table(
        ["Edge", ...columns.map((number) => ({ number }))],
        edges.map((e) =>
          html`
            <tr>
              <td>${e.edgeId}</td>
              <td class="number">${whole(e.sent)}</td>
              <td class="number">${whole(e.stored)}</td>
              <td class="number">${whole(e.duplicate)}</td>
              <td class="number">${bad(e.gap, "missing")}</td>
              <td class="number">${whole(e.kept)}</td>
              <td class="number">${bad(e.refused, "refused")}</td>
              <td class="number">${bad(e.dropped, "dropped")}</td>
            </tr>
          `
        ),
        "No feedback in the last 7 days.",
      )}
      <p class="soft">
        Missing: an edge was told that it is stored, and it is not here. Refused: its outbox was full, and who
        sent it was told.
      </p>
    </section>
  `;
}
