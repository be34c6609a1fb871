/**
 * Labels: the codes of a catalogue with their names and counts; add, rename, merge; every change.
 *
 * @module
 */
import { html } from "hono/html";
import { found } from "../../api/catalogue_lookup.ts";
import type { HubContext } from "../../api/context.ts";
import type { Label, LabelChange, LabelList } from "../../registry/labels.ts";
import { type Html, time, whole } from "../format.ts";
import { textsOf } from "../language.ts";
import { actionForm, chosenCatalogue, mayChange, respondWithPage } from "../layout.ts";
import { stateBadge } from "../states.ts";
import { emptyState, pager, table } from "../tables.ts";

export const TEXTS = {
  en: {
    title: "Labels",
    one: (code: string) => `Label ${code}`,
    noCatalogue: "No catalogue yet.",
    none: "No label yet",
    noneText: "The codes of the first data become labels; others can be added.",
    code: "Code",
    name: "Name",
    rows: "Products",
    state: "State",
    into: (code: string) => `counts as ${code}`,
    change: "Change",
    changeOf: (code: string) => `Change ${code}`,
    see: (n: string) => `Look at its ${n} products`,
    version: (n: string) => `Version ${n}`,
    find: "Code or name",
    search: "Find",
    add: "New label",
    addText: "Feedback may name it from now on, also before a model knows it.",
    addButton: "Add",
    rename: "Rename",
    newName: "New name",
    merge: "Merge into another label",
    mergeText:
      "Its products count as the other’s from now on: in training, judging and answers. The code is never deleted; a merge cannot be taken back.",
    target: "Label that stays",
    mergeButton: "Merge",
    sure: (code: string, n: string) =>
      `Merge ${code} with its ${n} products into the label chosen? This cannot be taken back.`,
    history: "Changes",
    when: "When",
    what: "What",
    by: "By",
    told: (action: string, code: string, value: string) =>
      ({
        add: `added ${code}: ${value}`,
        rename: `renamed ${code}: ${value}`,
        merge: `merged ${code} into ${value}`,
      })[action] ?? action,
    noHistory: "Nothing was changed yet.",
  },
  fr: {
    title: "Étiquettes",
    one: (code: string) => `Étiquette ${code}`,
    noCatalogue: "Aucun catalogue.",
    none: "Aucune étiquette",
    noneText: "Les codes des premières données deviennent des étiquettes ; on peut en ajouter.",
    code: "Code",
    name: "Nom",
    rows: "Produits",
    state: "État",
    into: (code: string) => `compte comme ${code}`,
    change: "Modifier",
    changeOf: (code: string) => `Modifier ${code}`,
    see: (n: string) => `Voir ses ${n} produits`,
    version: (n: string) => `Version ${n}`,
    find: "Code ou nom",
    search: "Chercher",
    add: "Nouvelle étiquette",
    addText: "Les retours peuvent la nommer dès maintenant, même avant qu’un modèle la connaisse.",
    addButton: "Ajouter",
    rename: "Renommer",
    newName: "Nouveau nom",
    merge: "Fusionner avec une autre étiquette",
    mergeText:
      "Ses produits comptent désormais comme ceux de l’autre : à l’entraînement, au contrôle et dans les réponses. Le code n’est jamais supprimé ; une fusion ne s’annule pas.",
    target: "Étiquette qui reste",
    mergeButton: "Fusionner",
    sure: (code: string, n: string) =>
      `Fusionner ${code} et ses ${n} produits avec l’étiquette choisie ? On ne peut pas revenir en arrière.`,
    history: "Modifications",
    when: "Quand",
    what: "Quoi",
    by: "Par",
    told: (action: string, code: string, value: string) =>
      ({
        add: `ajout de ${code} : ${value}`,
        rename: `${code} renommée : ${value}`,
        merge: `${code} fusionnée avec ${value}`,
      })[action] ?? action,
    noHistory: "Rien n’a encore été modifié.",
  },
};

const PER_PAGE = 100, CHANGES_SHOWN = 50;

/** Answers `/labels`. */
export async function labelsPage(c: HubContext): Promise<Response> {
  const t = textsOf(c, TEXTS);
  const { catalogue, catalogues } = await chosenCatalogue(c);
  const body = catalogue === null ? html`<p>${t.noCatalogue}</p>` : await labelsOf(c, catalogue);
  return await respondWithPage(c, {
    title: t.title,
    section: "/labels",
    catalogue,
    catalogues,
    body,
  });
}

async function labelsOf(c: HubContext, catalogue: string): Promise<Html> {
  const t = textsOf(c, TEXTS), { registry } = c.get("hub");
  const [list, head, history] = await Promise.all([
    registry.labels.list(catalogue),
    registry.datasets.head(catalogue),
    registry.labels.history(catalogue),
  ]);
  const asked = (c.req.query("find") ?? "").trim().toLowerCase();
  const wanted = list.labels.filter(({ code, name }) =>
    `${code} ${name}`.toLowerCase().includes(asked)
  );
  const cursor = Number(c.req.query("cursor") ?? 0);
  const from = Number.isInteger(cursor) && cursor > 0 ? cursor : 0;
  const shown = wanted.slice(from, from + PER_PAGE), change = mayChange(c);
  const more = from + PER_PAGE < wanted.length ? String(from + PER_PAGE) : null;
  return html`
    <section class="panel">
      <form method="get" class="row" role="search">
        <input type="hidden" name="catalogue" value="${catalogue}">
        <div><label for="find">${t.find}</label><input id="find" name="find" type="search"
          maxlength="100" value="${asked}"></div>
        <button>${t.search}</button>
      </form>
      <p class="soft">${t.version(String(list.version))}</p>
      ${table(
        [t.code, t.name, { number: t.rows }, { name: t.state, extra: true }, ""],
        shown.map((label) => labelRow(c, catalogue, label, head?.classes[label.code] ?? 0, change)),
        asked === "" ? emptyState(t.none, t.noneText) : emptyState(t.none, ""),
      )}${pager(c, more)}
    </section>
    <div class="grid">
      ${change ? addPanel(c, catalogue, list.version) : ""}
      <section class="panel"><h2>${t.history}</h2>${historyTable(
        c,
        history.slice(0, CHANGES_SHOWN),
      )}</section>
    </div>
  `;
}

function labelRow(
  c: HubContext,
  catalogue: string,
  { code, name, state, mergedInto }: Label,
  rows: number,
  change: boolean,
): Html {
  const t = textsOf(c, TEXTS);
  const query = `?catalogue=${encodeURIComponent(catalogue)}&code=${encodeURIComponent(code)}`;
  return html`
    <tr>
      <td><code>${code}</code></td>
      <td class="long">${name}</td>
      <td class="number">${whole(rows)}</td>
      <td>${mergedInto === null ? stateBadge(c, state) : t.into(mergedInto)}</td>
      <td>${change
        ? html`<a href="/labels/change${query}" aria-label="${t.changeOf(code)}">${t.change}</a>`
        : ""}</td>
    </tr>
  `;
}

function addPanel(c: HubContext, catalogue: string, expectedRevision: number): Html {
  const t = textsOf(c, TEXTS);
  return html`<section class="panel"><h2>${t.add}</h2><p class="soft">${t.addText}</p>${
    actionForm(c, {
      action: "/ui/labels/add",
      button: t.addButton,
      hidden: { catalogue, expectedRevision },
      fields: html`
        <label for="code">${t.code}</label>
        <input id="code" name="code" required maxlength="200" autocomplete="off">
        <label for="name">${t.name}</label>
        <input id="name" name="name" required maxlength="200" autocomplete="off">
      `,
    })
  }</section>`;
}

function historyTable(c: HubContext, history: readonly LabelChange[]): Html {
  const t = textsOf(c, TEXTS);
  return table(
    [t.when, t.what, { name: t.by, extra: true }],
    history.map(({ at, action, code, value, by }) =>
      html`
        <tr>
          <td>${time(at, "ago")}</td>
          <td class="long">${t.told(action, code, value)}</td>
          <td>${by}</td>
        </tr>
      `
    ),
    t.noHistory,
  );
}

/** Answers `/labels/change?code=`. */
export async function labelPage(c: HubContext): Promise<Response> {
  const t = textsOf(c, TEXTS), { registry } = c.get("hub");
  const { catalogue } = await chosenCatalogue(c), code = c.req.query("code") ?? "";
  const list: LabelList = catalogue === null
    ? { version: 0, labels: [] }
    : await registry.labels.list(catalogue);
  const label = found(list.labels.find((each) => each.code === code) ?? null, "the label", code);
  const name = catalogue!, head = await registry.datasets.head(name);
  const rows = head?.classes[code] ?? 0;
  const query = `?catalogue=${encodeURIComponent(name)}`;
  const targets = list.labels.filter((each) => each.state === "active" && each.code !== code);
  const body = html`
    <p>${label.name}${head === null || rows === 0 ? "" : html`
      · <a href="/data/${head.digest}${query}&amp;code=${encodeURIComponent(code)}">${t.see(
        whole(rows),
      )}</a>
    `}${label.mergedInto === null ? "" : ` · ${t.into(label.mergedInto)}`}</p>
    <div class="grid">
      <section class="panel"><h2>${t.rename}</h2>${actionForm(c, {
        action: "/ui/labels/rename",
        button: t.rename,
        hidden: { catalogue: name, code, expectedRevision: list.version },
        fields: html`
          <label for="name">${t.newName}</label>
          <input id="name" name="name" required maxlength="200" value="${label
            .name}" autocomplete="off">
        `,
      })}</section>
      ${label.state === "merged" || targets.length === 0 ? "" : html`
        <section class="panel"><h2>${t.merge}</h2><p class="soft">${t.mergeText}</p>${actionForm(
          c,
          {
            action: "/ui/labels/merge",
            button: t.mergeButton,
            confirm: t.sure(code, whole(rows)),
            hidden: { catalogue: name, from: code, expectedRevision: list.version },
            fields: html`
              <label for="into">${t.target}</label>
              <select id="into" name="into" required><option value=""></option>${targets.map((
                other,
              ) =>
                html`<option value="${other.code}">${other.code}${
                  other.name === other.code ? "" : ` ${other.name}`
                }</option>`
              )}</select>
            `,
          },
        )}</section>
      `}
    </div>
  `;
  return await respondWithPage(c, {
    title: t.one(code),
    section: "/labels",
    catalogue,
    parent: { href: `/labels${query}`, name: t.title },
    body,
  });
}
