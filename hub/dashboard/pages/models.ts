/**
 * Bundles of a catalogue: champion against challenger, the list, and what was served when.
 *
 * @module
 */
import { html } from "hono/html";
import type { HubContext } from "../../api/context.ts";
import type { AliasState } from "../../registry/aliases.ts";
import type { Model } from "../../registry/models.ts";
import { aliasHistory } from "../alias_history.ts";
import { bytes, type Html, percent, time } from "../format.ts";
import { textsOf } from "../language.ts";
import { chosenCatalogue, respondWithPage } from "../layout.ts";
import { promoteForm, rollbackForm } from "../release_forms.ts";
import { stateBadge } from "../states.ts";
import { bundleLink, emptyState, pager, table } from "../tables.ts";
import { verdictPanel } from "../verdict_panel.ts";

export const TEXTS = {
  en: {
    title: "Models",
    duel: "Champion against challenger",
    served: "What is served",
    champion: "champion",
    challenger: "challenger",
    previous: "previous",
    tryBoth: "Try both on a product",
    noChampion: "Nothing is served yet.",
    version: "Version",
    bundle: "Bundle",
    is: "Is",
    packed: "Packed",
    f1: "F1",
    accuracy: "Accuracy",
    textF1: "Text F1",
    pictureF1: "Picture F1",
    gate: "Gate",
    size: "Size",
    all: "All bundles",
    none: "No bundle yet",
    noneText: "The first training packs one: deno task pipeline, or Train on the catalogue’s page.",
  },
  fr: {
    title: "Modèles",
    duel: "Le champion contre le prétendant",
    served: "Ce qui est servi",
    champion: "champion",
    challenger: "prétendant",
    previous: "précédent",
    tryBoth: "Essayer les deux sur un produit",
    noChampion: "Rien n’est encore servi.",
    version: "Version",
    bundle: "Modèle",
    is: "Rôle",
    packed: "Empaqueté",
    f1: "F1",
    accuracy: "Exactitude",
    textF1: "F1 texte",
    pictureF1: "F1 image",
    gate: "Contrôle",
    size: "Taille",
    all: "Tous les modèles",
    none: "Aucun modèle",
    noneText:
      "Le premier entraînement en empaquette un : deno task pipeline, ou Entraîner dans le catalogue.",
  },
};

const PER_PAGE = 50;
/** The aliases, in the order in which they matter. */
const ALIASES = ["champion", "challenger", "previous"] as const;

/** Answers `/models`. */
export async function modelsPage(c: HubContext): Promise<Response> {
  const t = textsOf(c, TEXTS), { registry } = c.get("hub");
  const { catalogue, catalogues } = await chosenCatalogue(c);
  if (catalogue === null) {
    const body = html`<section class="panel">${emptyState(t.none, t.noneText)}</section>`;
    return await respondWithPage(c, { title: t.title, section: "/models", body });
  }
  const before = Number(c.req.query("cursor") ?? NaN);
  const [models, aliases, history] = await Promise.all([
    registry.models.list({
      catalogue,
      limit: PER_PAGE + 1,
      before: Number.isInteger(before) ? before : undefined,
    }),
    registry.aliases.get(catalogue),
    registry.aliases.history(catalogue),
  ]);
  const shown = models.slice(0, PER_PAGE);
  const next = models.length > PER_PAGE ? String(shown.at(-1)!.version) : null;
  const body = html`
    ${await duel(c, aliases)}
    <section class="panel"><h2>${t.all}</h2>${table(
      [
        { number: t.version },
        t.bundle,
        t.is,
        { name: t.packed, extra: true },
        { number: t.f1 },
        { number: t.accuracy, extra: true },
        { number: t.textF1, extra: true },
        { number: t.pictureF1, extra: true },
        t.gate,
        { number: t.size, extra: true },
      ],
      await Promise.all(shown.map((model) => row(c, model, aliases))),
      emptyState(t.none, t.noneText),
    )}${pager(c, next)}</section>
    ${aliasHistory(c, catalogue, history)}
  `;
  return await respondWithPage(c, {
    title: t.title,
    section: "/models",
    catalogue,
    catalogues,
    body,
  });
}

/** The names of the aliases that point to `digest`. */
export function rolesOf(c: HubContext, aliases: AliasState, digest: string): string {
  const t = textsOf(c, TEXTS);
  return ALIASES.filter((alias) => aliases[alias] === digest).map((alias) => t[alias]).join(", ");
}

async function row(c: HubContext, model: Model, aliases: AliasState): Promise<Html> {
  const { models } = c.get("hub").registry, { catalogue, digest } = model;
  const [[evaluation], [verdict]] = await Promise.all([
    models.evaluations(digest, { catalogue }),
    models.verdicts(digest, { catalogue }),
  ]);
  const share = (name: string) => percent(evaluation?.metrics[name]);
  return html`
    <tr>
      <td class="number">${model.version}</td>
      <td>${bundleLink(digest, catalogue)}</td>
      <td>${rolesOf(c, aliases, digest)}</td>
      <td>${time(model.createdAt, "ago")}</td>
      <td class="number">${share("weightedF1")}</td>
      <td class="number">${share("accuracy")}</td>
      <td class="number">${share("textWeightedF1")}</td>
      <td class="number">${share("imageWeightedF1")}</td>
      <td>${verdict === undefined
        ? "–"
        : stateBadge(c, verdict.accept ? "accepted" : "refused")}</td>
      <td class="number">${bytes(model.sizeBytes)}</td>
    </tr>
  `;
}

/** What is served, what wants to be, and what decides between them. */
async function duel(c: HubContext, aliases: AliasState): Promise<Html> {
  const t = textsOf(c, TEXTS), { models } = c.get("hub").registry;
  const { catalogue, champion, challenger } = aliases;
  const facts = html`<dl class="facts">${
    ALIASES.map((alias) =>
      aliases[alias] === null ? "" : html`
        <dt>${t[alias]}</dt>
        <dd>${bundleLink(aliases[alias], catalogue)}</dd>
      `
    )
  }</dl>`;
  if (challenger === null) {
    return html`<section class="panel"><h2>${t.served}</h2>${
      champion === null ? html`<p class="soft">${t.noChampion}</p>` : facts
    }${rollbackForm(c, aliases)}</section>`;
  }
  const verdicts = await models.verdicts(challenger, { catalogue });
  const verdict = verdicts.find(({ against }) => against === champion) ?? verdicts[0];
  return html`
    <div class="grid">
      <section class="panel"><h2>${t.duel}</h2>${facts}
    <p><a href="/try?catalogue=${encodeURIComponent(catalogue)}">${t.tryBoth}</a></p>${promoteForm(
      c,
      aliases,
      { digest: challenger, accepted: verdict?.accept ?? false },
    )}${rollbackForm(c, aliases)}</section>
      <section class="panel">${await verdictPanel(c, verdict)}</section>
    </div>
  `;
}
