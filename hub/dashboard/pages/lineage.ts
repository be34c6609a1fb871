/**
 * Lineage both ways: what made a bundle, a run, a data version or an answer, and what came of it.
 *
 * @module
 */
import { html } from "hono/html";
import type { HubContext } from "../../api/context.ts";
import type { LineageSide, LineageStart } from "../../registry/lineage_answer.ts";
import { type Html, short, time, whole } from "../format.ts";
import { textsOf } from "../language.ts";
import { chosenCatalogue, respondWithPage } from "../layout.ts";
import { stateBadge } from "../states.ts";
import { bundleLink, table } from "../tables.ts";

export const TEXTS = {
  en: {
    title: "Lineage",
    models: "Models",
    from: "Start from",
    id: "Its digest, id, key or request id",
    trace: "Trace",
    bundle: "a bundle",
    run: "a run",
    dataset: "a data version",
    feedback: "a record of feedback",
    request: "an answer (request id)",
    origins: "What made it",
    effects: "What came of it",
    bundles: "Bundles",
    runs: "Runs",
    datasets: "Data versions",
    records: "Feedback",
    nothing: "Nothing.",
    version: (version: number) => `version ${version}`,
    served: (since: string) => `champion since ${since}`,
    answered: (count: string, right: string) => `${count} answers judged by users, ${right} right`,
    rows: (count: string) => `${count} products`,
    merged: (count: string) => `${count} from feedback`,
    shown: (shown: string, all: string) => `${shown} of ${all} shown.`,
    key: "Key",
    code: "True code",
    state: "State",
    at: "When",
  },
  fr: {
    title: "Filiation",
    models: "Modèles",
    from: "Partir",
    id: "Son empreinte, identifiant, clé ou identifiant de requête",
    trace: "Suivre",
    bundle: "d’un modèle",
    run: "d’un entraînement",
    dataset: "d’une version des données",
    feedback: "d’un retour d’utilisateur",
    request: "d’une réponse (identifiant de requête)",
    origins: "D’où il vient",
    effects: "Ce qu’il a donné",
    bundles: "Modèles",
    runs: "Entraînements",
    datasets: "Versions des données",
    records: "Retours d’utilisateurs",
    nothing: "Rien.",
    version: (version: number) => `version ${version}`,
    served: (since: string) => `champion depuis le ${since}`,
    answered: (count: string, right: string) =>
      `${count} réponses jugées par les utilisateurs, ${right} justes`,
    rows: (count: string) => `${count} produits`,
    merged: (count: string) => `dont ${count} de retours`,
    shown: (shown: string, all: string) => `${shown} sur ${all}.`,
    key: "Clé",
    code: "Vrai code",
    state: "État",
    at: "Quand",
  },
};

const KINDS = ["bundle", "run", "dataset", "feedback", "request"] as const;
/** Records of feedback shown on each side. */
const RECORDS = 20;

/** Answers `/lineage`. */
export async function lineagePage(c: HubContext): Promise<Response> {
  const t = textsOf(c, TEXTS), { registry } = c.get("hub");
  const { catalogue } = await chosenCatalogue(c);
  const kind = KINDS.find((known) => known === c.req.query("kind")) ?? "bundle";
  const id = (c.req.query("id") ?? "").trim();
  const answer = catalogue === null || id === ""
    ? null
    : await registry.lineage.trace(catalogue, { [kind]: id } as unknown as LineageStart);
  const body = html`
    <section class="panel">
      <form method="get" class="row">
    <input type="hidden" name="catalogue" value="${catalogue ?? ""}">
    <div><label for="kind">${t.from}</label><select id="kind" name="kind">${KINDS.map((known) =>
      html`
        <option value="${known}" ${known === kind
          ? html`
            selected
          `
          : ""}>${t[known]}</option>
      `
    )}</select></div>
    <div class="wide"><label for="id">${t.id}</label><input id="id" name="id" value="${id}" required
      spellcheck="false" autocomplete="off"></div>
    <button>${t.trace}</button></form>
    </section>
    ${answer === null ? "" : html`
      <div class="grid">
        <section class="panel"><h2>${t.origins}</h2>${side(c, answer.origins, catalogue!)}</section>
        <section class="panel"><h2>${t.effects}</h2>${side(c, answer.effects, catalogue!)}</section>
      </div>
    `}
  `;
  return await respondWithPage(c, {
    title: t.title,
    section: "/models",
    catalogue,
    parent: {
      href: `/models${catalogue === null ? "" : `?catalogue=${encodeURIComponent(catalogue)}`}`,
      name: t.models,
    },
    body,
  });
}

function side(
  c: HubContext,
  { bundles, runs, datasets, feedback }: LineageSide,
  catalogue: string,
) {
  const t = textsOf(c, TEXTS);
  const at = `catalogue=${encodeURIComponent(catalogue)}`;
  const parts: Html[] = [];
  const list = (title: string, items: readonly Html[]) => {
    if (items.length > 0) {
      parts.push(html`
        <h3>${title}</h3>
        <ul>${items.map((i) => html`<li>${i}</li>`)}</ul>
      `);
    }
  };
  list(
    t.bundles,
    bundles.map(({ digest, version, reigns: [reign], answered }) =>
      html`${bundleLink(digest, catalogue)} ${t.version(version)}${
        reign === undefined ? "" : `, ${t.served(reign.since.slice(0, 16).replace("T", " "))}`
      }${
        answered.feedback === 0
          ? ""
          : `, ${t.answered(whole(answered.feedback), whole(answered.right))}`
      }`
    ),
  );
  list(
    t.runs,
    runs.map(({ id, kind, state, startedAt, by }) =>
      html`<a href="/runs/${encodeURIComponent(id)}">${kind} ${id.slice(0, 8)}</a> ${
        stateBadge(c, state)
      } ${time(startedAt, "ago")}, ${by}`
    ),
  );
  list(
    t.datasets,
    datasets.map(({ digest, rows, merged, createdAt }) =>
      html`<a href="/lineage?${at}&amp;kind=dataset&amp;id=${digest}"><code>${
        short(digest)
      }</code></a>
${t.rows(whole(rows))}${merged === 0 ? "" : `, ${t.merged(whole(merged))}`}, ${time(createdAt)}`
    ),
  );
  if (feedback.total > 0) {
    const shown = feedback.items.slice(0, RECORDS);
    parts.push(html`<h3>${t.records}</h3>${
      table(
        [t.key, t.code, t.state, { name: t.at, extra: true }],
        shown.map((record) =>
          html`
            <tr>
              <td><a href="/lineage?${at}&amp;kind=feedback&amp;id=${encodeURIComponent(
                record.key,
              )}">${record.key.slice(0, 24)}</a></td>
              <td>${record.code}</td>
              <td>${stateBadge(c, record.state)}</td>
              <td>${time(record.at)}</td>
            </tr>
          `
        ),
        "",
      )
    }<p class="soft">${t.shown(whole(shown.length), whole(feedback.total))}</p>`);
  }
  return parts.length === 0 ? html`<p class="soft">${t.nothing}</p>` : html`${parts}`;
}
