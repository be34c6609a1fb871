/**
 * What each edge serves, what it refuses, which are pinned, and what served where at a moment.
 *
 * @module
 */
import { html } from "hono/html";
import type { HubContext } from "../api/context.ts";
import type { EdgePin } from "../registry/fleet.ts";
import { badge, type Html, time } from "./format.ts";
import { textsOf } from "./language.ts";
import { actionForm, mayChange } from "./layout.ts";
import { bundleLink, edgeTable, table } from "./tables.ts";

export const TEXTS = {
  en: {
    edge: "Edge",
    serves: "Serves",
    since: "Since",
    pins: "Pinned edges",
    pinsText: "They serve a bundle of their own, whatever the champion is.",
    noPin: "No edge is pinned.",
    bundle: "Bundle",
    why: "Why",
    by: "By",
    pin: "Pin",
    unpin: "Unpin",
    unpinEdge: (edge: string) => `Unpin ${edge}`,
    digest: "Bundle (its digest)",
    trouble: "Not served",
    refuses: "Refuses",
    reason: "Reason",
    quarantined: "in quarantine",
    refused: "refused",
    served: "What served where",
    at: "At (UTC)",
    show: "Show",
    nothing: "nothing",
    noServed: "No edge was heard of by then.",
  },
  fr: {
    edge: "Nœud",
    serves: "Sert",
    since: "Depuis",
    pins: "Nœuds épinglés",
    pinsText: "Ils servent un modèle à eux, quel que soit le champion.",
    noPin: "Aucun nœud n’est épinglé.",
    bundle: "Modèle",
    why: "Pourquoi",
    by: "Par",
    pin: "Épingler",
    unpin: "Libérer",
    unpinEdge: (edge: string) => `Libérer ${edge}`,
    digest: "Modèle (son empreinte)",
    trouble: "Non servi",
    refuses: "Refuse",
    reason: "Raison",
    quarantined: "en quarantaine",
    refused: "refusé",
    served: "Qui servait quoi",
    at: "Le (UTC)",
    show: "Afficher",
    nothing: "rien",
    noServed: "Aucun nœud n’était encore connu.",
  },
};

/** The panels of the fleet of `catalogue`. */
export async function fleetPanels(c: HubContext, catalogue: string): Promise<Html> {
  const t = textsOf(c, TEXTS), hub = c.get("hub"), nowMs = hub.now(), { registry } = hub;
  const asked = Date.parse(`${c.req.query("at") ?? ""}Z`);
  const at = new Date(Number.isNaN(asked) ? nowMs : asked).toISOString();
  const [edges, aliases, pins, served] = await Promise.all([
    registry.edges.list({ catalogue }),
    registry.aliases.get(catalogue),
    registry.fleet.pins(catalogue),
    registry.fleet.servedAt(catalogue, at),
  ]);
  const troubled = edges.filter((edge) => edge.trouble !== null);
  return html`
    <section class="panel" id="edges" data-live>
      ${edgeTable(c, edges, aliases.champion, nowMs)}
      ${troubled.length === 0 ? "" : html`<h3>${t.trouble}</h3>${
        table(
          [t.edge, t.refuses, t.reason],
          troubled.map(({ edgeId, trouble }) =>
            html`
              <tr>
                <td>${edgeId}</td>
                <td>${bundleLink(trouble!.digest, catalogue)} ${badge(
                  trouble!.quarantined ? t.quarantined : t.refused,
                  { look: "warn" },
                )}</td>
                <td>${trouble!.message}</td>
              </tr>
            `
          ),
          "",
        )
      }`}
    </section>
    <section class="panel" id="pins"><h2>${t.pins}</h2>
      <p class="soft">${t.pinsText}</p>
      ${table(
        [t.edge, t.bundle, { name: t.why, extra: true }, { name: t.by, extra: true }, ""],
        pins.map((pin) => pinRow(c, pin)),
        t.noPin,
      )}
      ${mayChange(c) ? pinForm(c, catalogue) : ""}
    </section>
    <section class="panel" id="served"><h2>${t.served}</h2>
      <form method="get"><input type="hidden" name="catalogue" value="${catalogue}"><label>${t.at}
        <input type="datetime-local" step="1" name="at" value="${at.slice(
          0,
          19,
        )}"></label><button>${t.show}</button></form>
      ${table(
        [t.edge, t.serves, t.since],
        served.map((row) =>
          html`
            <tr>
              <td>${row.edgeId}</td>
              <td>${row.digest === null ? t.nothing : bundleLink(row.digest, catalogue)}</td>
              <td>${time(row.at)}</td>
            </tr>
          `
        ),
        t.noServed,
      )}
    </section>
  `;
}

function pinRow(c: HubContext, { catalogue, edgeId, digest, why, by }: EdgePin): Html {
  const t = textsOf(c, TEXTS);
  return html`
    <tr>
      <td>${edgeId}</td>
      <td>${bundleLink(digest, catalogue)}</td>
      <td>${why}</td>
      <td>${by}</td>
      <td>${mayChange(c)
        ? actionForm(c, {
          action: "/ui/edges/unpin",
          button: t.unpin,
          label: t.unpinEdge(edgeId),
          hidden: { catalogue, edgeId },
        })
        : ""}</td>
    </tr>
  `;
}

function pinForm(c: HubContext, catalogue: string): Html {
  const t = textsOf(c, TEXTS);
  return actionForm(c, {
    action: "/ui/edges/pin",
    button: t.pin,
    hidden: { catalogue },
    fields: html`
      <label>${t.edge} <input name="edgeId" required maxlength="100"></label>
      <label>${t.digest} <input name="digest" required pattern="[0-9a-f]{64}"></label>
      <label>${t.why} <input name="why" required maxlength="1000"></label>
    `,
  });
}
