/**
 * The list of runs: searched in the query language, with the columns that one wants, and several of them to compare.
 *
 * @module
 */
import { html } from "hono/html";
import { AppError } from "@aisle/shared/errors";
import type { HubContext } from "../../api/context.ts";
import type { Experiment } from "../../registry/experiments.ts";
import type { Page } from "../../registry/page.ts";
import { parseOrder, parseQuery } from "../../registry/query/parse.ts";
import type { Run } from "../../registry/runs.ts";
import type { Html } from "../format.ts";
import { textsOf } from "../language.ts";
import { chosenCatalogue, respondWithPage } from "../layout.ts";
import { cellOf, type Column, columnsOffered, columnsShown, runLink } from "../run_columns.ts";
import { emptyState, pager } from "../tables.ts";
import { MAX_COMPARED } from "./compare_runs.ts";

export const TEXTS = {
  en: {
    title: "Runs",
    search: "Search",
    find: "Find",
    hint: "Fields are metrics.NAME, params.NAME, tags.NAME and attributes such as state or kind; " +
      "joined by and, or, not.",
    experiment: "Experiment",
    which: "Which",
    active: "present",
    deleted: "deleted",
    all: "all",
    columns: "Columns",
    show: "Show",
    begun: "Begun",
    choose: (run: string) => `Compare run ${run}`,
    compare: "Compare those chosen",
    compareHint: (most: number) => `Choose 2 to ${most} runs.`,
    none: "No run yet",
    noneText: "Start one with: deno task pipeline, or log your own through MLflow’s API.",
    nothing: "Nothing found",
    nothingText: "No run of this experiment fits the search.",
    sort: (name: string) => `Sort by ${name}`,
    problem: "The search cannot be read",
  },
  fr: {
    title: "Entraînements",
    search: "Rechercher",
    find: "Trouver",
    hint:
      "Les champs sont metrics.NOM, params.NOM, tags.NOM et des attributs comme state ou kind ; " +
      "liés par and, or, not.",
    experiment: "Expérience",
    which: "Lesquels",
    active: "présents",
    deleted: "supprimés",
    all: "tous",
    columns: "Colonnes",
    show: "Afficher",
    begun: "Début",
    choose: (run: string) => `Comparer l’entraînement ${run}`,
    compare: "Comparer la sélection",
    compareHint: (most: number) => `Choisissez de 2 à ${most} entraînements.`,
    none: "Aucun entraînement",
    noneText: "Pour en lancer un : deno task pipeline, ou journalisez les vôtres par l’API MLflow.",
    nothing: "Aucun résultat",
    nothingText: "Aucun entraînement de cette expérience ne correspond à la recherche.",
    sort: (name: string) => `Trier par ${name}`,
    problem: "La recherche est illisible",
  },
};

const PER_PAGE = 50;
/** Experiments offered; those beyond are found by `experiment = "..."`. */
const EXPERIMENTS = 200;
const EXAMPLE = 'metrics.gold.weightedF1 > 0.8 and state = "succeeded" order by created desc';

const LIFECYCLES = ["active", "deleted", "all"] as const;

/** What the address asks for. */
interface Asked {
  readonly query: string;
  readonly order: string;
  readonly experiment: number | null;
  readonly lifecycle: (typeof LIFECYCLES)[number];
  readonly columns: readonly string[];
}

function readAsked(c: HubContext): Asked {
  const experiment = Number(c.req.query("experiment") || NaN);
  return {
    query: (c.req.query("query") ?? "").slice(0, 10_000),
    order: c.req.query("order") ?? "",
    experiment: Number.isInteger(experiment) && experiment >= 0 ? experiment : null,
    lifecycle: LIFECYCLES.find((known) => known === c.req.query("lifecycle")) ?? "active",
    columns: c.req.queries("col") ?? [],
  };
}

/** Answers `/runs`. */
export async function runsPage(c: HubContext): Promise<Response> {
  const { registry } = c.get("hub"), t = textsOf(c, TEXTS);
  const { catalogue, catalogues } = await chosenCatalogue(c);
  const asked = readAsked(c);
  const { items: experiments } = await registry.experiments.search({ limit: EXPERIMENTS });
  const own = experiments.find((experiment) => experiment.catalogue === catalogue)?.id;
  const experiment = asked.experiment ?? own ?? null;
  const found = experiment === null ? EMPTY : await searched(c, asked, experiment);
  const { items } = found.page;
  const shown = columnsShown(c, asked.columns, items);
  const live = c.req.query("cursor") === undefined && items.some((run) => run.state === "running");
  const body = html`
    <section class="panel">${searchForm(c, {
      asked,
      experiments,
      experiment,
      catalogue,
      offered: columnsOffered(c, items),
      shown,
      problem: found.problem,
    })}</section>
    <section class="panel" id="runs" ${live
      ? html`
        data-live
      `
      : ""}>${items.length > 0
      ? runList(c, items, shown)
      : found.problem !== null
      ? ""
      : asked.query === ""
      ? emptyState(t.none, t.noneText)
      : emptyState(t.nothing, t.nothingText)}${pager(c, found.page.next)}</section>
  `;
  return await respondWithPage(c, {
    title: t.title,
    section: "/runs",
    catalogue,
    catalogues,
    body,
  });
}

/** A problem in the query, with its place (counted from 1) where it has one. */
interface Problem {
  readonly message: string;
  readonly position: number | null;
}

interface Found {
  readonly page: Page<Run>;
  readonly problem: Problem | null;
}

const EMPTY: Found = { page: { items: [], next: null }, problem: null };

async function searched(c: HubContext, asked: Asked, experiment: number): Promise<Found> {
  try {
    const query = parseQuery(asked.query);
    const ordered = query.order.length > 0 || asked.order === ""
      ? query
      : { ...query, order: parseOrder(asked.order) };
    const page = await c.get("hub").registry.runs.search({
      query: ordered,
      experiments: [experiment],
      lifecycle: asked.lifecycle,
      limit: PER_PAGE,
      cursor: c.req.query("cursor"),
    });
    return { page, problem: null };
  } catch (error) {
    if (!(error instanceof AppError) || error.code !== "input-invalid") throw error;
    const position = (error.details as { position?: unknown } | undefined)?.position;
    return {
      ...EMPTY,
      problem: {
        message: error.message,
        position: typeof position === "number" ? position : null,
      },
    };
  }
}

function searchForm(c: HubContext, form: {
  readonly asked: Asked;
  readonly experiments: readonly Experiment[];
  readonly experiment: number | null;
  readonly catalogue: string | null;
  readonly offered: readonly Column[];
  readonly shown: readonly Column[];
  readonly problem: Problem | null;
}): Html {
  const { asked, experiments, experiment, catalogue, offered, shown, problem } = form;
  const t = textsOf(c, TEXTS);
  const chosen = new Set(shown.map((column) => column.id));
  const all = [...shown.filter(({ id }) => !offered.some((o) => o.id === id)), ...offered];
  const option = (value: string | number, name: string, on: boolean) =>
    html`
      <option value="${value}" ${on
        ? html`
          selected
        `
        : ""}>${name}</option>
    `;
  return html`<form method="get" action="/runs" class="search">
<input type="hidden" name="catalogue" value="${catalogue ?? ""}">
<label for="query">${t.search}</label>
<div class="row">
<input id="query" name="query" value="${asked.query}" placeholder="${EXAMPLE}" spellcheck="false"
  autocapitalize="off" autocomplete="off" aria-describedby="query-hint"${
    problem === null ? "" : html`
      aria-invalid="true" aria-errormessage="query-problem"
    `
  }><button class="main">${t.find}</button></div>
<p class="soft" id="query-hint">${t.hint}</p>
${problem === null ? "" : problemOf(t.problem, asked.query, problem)}
<div class="row">
<div><label for="experiment">${t.experiment}</label><select id="experiment" name="experiment">${
    experiments.map(({ id, name }) => option(id, name, id === experiment))
  }</select></div>
<div><label for="lifecycle">${t.which}</label><select id="lifecycle" name="lifecycle">${
    LIFECYCLES.map((name) => option(name, t[name], name === asked.lifecycle))
  }</select></div>
</div>
<details><summary>${t.columns}</summary><fieldset class="columns"><legend class="soft">${t.columns}</legend>${
    all.map(({ id, title }) =>
      html`
        <label><input type="checkbox" name="col" value="${id}" ${chosen.has(id)
          ? html`
            checked
          `
          : ""}> ${title}</label>
      `
    )
  }</fieldset><button>${t.show}</button></details></form>`;
}

/** The query with a mark under the place that cannot be read. */
function problemOf(title: string, query: string, { message, position }: Problem): Html {
  const marked = position === null ? "" : html`<pre tabindex="0">${query}
${" ".repeat(Math.max(0, Math.min(position - 1, query.length)))}^</pre>`;
  return html`<div class="flash bad" id="query-problem" role="alert"><strong>${title}</strong>
${message}${marked}</div>`;
}

/** The table of runs, each with a box to choose it for comparison. */
function runList(c: HubContext, runs: readonly Run[], columns: readonly Column[]): Html {
  const t = textsOf(c, TEXTS);
  // A phone shows when, and the first two columns.
  const hidden = columns.flatMap((_, i) => i < 2 ? [] : [`extra-${i + 3}`]);
  return html`
    <form method="get" action="/runs/compare">
      <div class="scroll" tabindex="0">
        <table class="${hidden.join(" ")}">
          <thead>
            <tr>
    <td></td><th scope="col">${t.begun}</th>${columns.map((column) =>
      html`
        <th scope="col" ${column.numeric
          ? html`
            class="number"
          `
          : ""}>${sortLink(c, column)}</th>
      `
    )}</tr>
          </thead>
          <tbody>${runs.map((run) =>
            html`
              <tr>
                <td><input type="checkbox" name="id" value="${run.id}"
                  aria-label="${t.choose(run.id.slice(0, 12))}"></td>
                <td>${runLink(run)}</td>
                ${columns.map((column) =>
                  html`
                    <td${column.numeric
                      ? html`
                        class="number"
                      `
                      : ""}>${cellOf(c, run, column)}</td>
                  `
                )}
              </tr>
            `
          )}</tbody>
        </table>
      </div>
      <p class="row"><button>${t.compare}</button> <span class="soft">${t.compareHint(
        MAX_COMPARED,
      )}</span></p>
    </form>
  `;
}

/** The column's name, leading to the list sorted by it: downwards first, then upwards. */
function sortLink(c: HubContext, { title, order }: Column): Html | string {
  if (order === null) return title;
  const url = new URL(c.req.url);
  const present = url.searchParams.get("order");
  const down = `${order} desc`, up = `${order} asc`;
  url.searchParams.set("order", present === down ? up : down);
  url.searchParams.delete("cursor");
  const mark = present === down ? " ▾" : present === up ? " ▴" : "";
  const label = textsOf(c, TEXTS).sort(title);
  return html`<a href="${url.pathname}${url.search}" aria-label="${label}">${title}${mark}</a>`;
}
