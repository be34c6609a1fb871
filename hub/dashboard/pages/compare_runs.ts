/**
 * Runs beside each other: the params that differ, the figures, and curves laid over each other.
 *
 * @module
 */
import { html } from "hono/html";
import { AppError } from "@aisle/shared/errors";
import { found } from "../../api/catalogue_lookup.ts";
import type { HubContext } from "../../api/context.ts";
import type { Comparison } from "../../registry/run_comparison.ts";
import type { Run } from "../../registry/runs.ts";
import { figure, type Html, time } from "../format.ts";
import { textsOf } from "../language.ts";
import { respondWithPage } from "../layout.ts";
import { curveNames, hasCourse, isOfMachine, plotGrid } from "../run_curves.ts";
import { stateBadge } from "../states.ts";
import { table } from "../tables.ts";

export const TEXTS = {
  en: {
    title: "Runs compared",
    runs: "Runs",
    runsHead: "The runs",
    name: "Name",
    begun: "Begun",
    state: "State",
    differ: "Params that differ",
    noDiffer: "All params are the same.",
    same: (count: number) => count === 1 ? "1 param is the same" : `${count} params are the same`,
    param: "Param",
    figures: "Figures",
    figure: "Figure",
    noFigures: "None of them has a figure.",
    best: "highest",
    curves: "Curves",
    noCurves: "No figure was told more than twice.",
    machine: "What the machine did",
    step: "step",
  },
  fr: {
    title: "Entraînements comparés",
    runs: "Entraînements",
    runsHead: "Les entraînements",
    name: "Nom",
    begun: "Début",
    state: "État",
    differ: "Paramètres qui diffèrent",
    noDiffer: "Tous les paramètres sont identiques.",
    same: (count: number) =>
      count === 1 ? "1 paramètre est identique" : `${count} paramètres sont identiques`,
    param: "Paramètre",
    figures: "Mesures",
    figure: "Mesure",
    noFigures: "Aucun n’a de mesure.",
    best: "le plus haut",
    curves: "Courbes",
    noCurves: "Aucune mesure n’a été relevée plus de deux fois.",
    machine: "Activité de la machine",
    step: "étape",
  },
};

/** Most runs beside each other: as many lines as a reader can tell apart. */
export const MAX_COMPARED = 8;
/** Points of a curve: more than a plot has room for. */
const POINTS = 200;

/** Answers `/runs/compare`. */
export async function compareRunsPage(c: HubContext): Promise<Response> {
  const t = textsOf(c, TEXTS), ids = [...new Set(c.req.queries("id") ?? [])];
  if (ids.length < 2 || ids.length > MAX_COMPARED) {
    throw new AppError(
      "input-invalid",
      `Cannot compare runs: choose 2 to ${MAX_COMPARED}: current value is ${ids.length}`,
    );
  }
  const all = c.get("hub").registry.runs;
  const runs = await Promise.all(ids.map(async (id) => found(await all.get(id), "the run", id)));
  const compared = await all.compare(ids, { metrics: curveNames(runs), maxPoints: POINTS });
  const letters = runs.map((_, i) => String.fromCharCode(65 + i));
  const differing = compared.params.filter((param) => param.differs);
  const same = compared.params.filter((param) => !param.differs);
  const params = (list: typeof differing) =>
    list.map(({ name, values }) =>
      html`
        <tr>
          <th scope="row">${name}</th>
          ${values.map((value) =>
            html`<td class="number">${value === null ? "–" : String(value)}</td>`
          )}
        </tr>
      `
    );
  const columns = letters.map((letter) => ({ number: letter }));
  const body = html`
    <section class="panel"><h2>${t.runsHead}</h2>${table(
      ["", t.name, t.begun, t.state],
      runs.map((run, i) =>
        html`
          <tr>
            <th scope="row">${letters[i]}</th>
            <td><a href="/runs/${encodeURIComponent(run.id)}">${nameOf(run)}</a></td>
            <td>${time(run.startedAt, "ago")}</td>
            <td>${stateBadge(c, run.state)}</td>
          </tr>
        `
      ),
      "",
    )}</section>
    <section class="panel"><h2>${t.differ}</h2>${table(
      [t.param, ...columns],
      params(differing),
      t.noDiffer,
    )}${same.length === 0 ? "" : html`
      <details><summary>${t.same(same.length)}</summary>${table(
        [t.param, ...columns],
        params(same),
        "",
      )}</details>
    `}</section>
    <section class="panel"><h2>${t.figures}</h2>${figureTable(t, runs, letters)}</section>
    <section class="panel"><h2>${t.curves}</h2>${overlaid(t, compared, letters, false)}</section>
    ${compared.metrics.some(({ name }) => isOfMachine(name))
      ? html`
        <section class="panel"><h2>${t.machine}</h2>${overlaid(
          t,
          compared,
          letters,
          true,
        )}</section>
      `
      : ""}
  `;
  const catalogues = [...new Set(runs.map((run) => run.catalogue))];
  const catalogue = catalogues.length === 1 && catalogues[0] !== "" ? catalogues[0]! : null;
  const query = catalogue === null ? "" : `?catalogue=${encodeURIComponent(catalogue)}`;
  return await respondWithPage(c, {
    title: t.title,
    section: "/runs",
    catalogue,
    parent: { href: `/runs${query}`, name: t.runs },
    body,
  });
}

type T = ReturnType<typeof textsOf<typeof TEXTS.en>>;

function nameOf(run: Run): string {
  return `${run.name === "" ? run.kind : run.name} ${run.id.slice(0, 8)}`;
}

/** Newest values, the highest of each row marked; which way is better only the reader knows. */
function figureTable(t: T, runs: readonly Run[], letters: readonly string[]): Html {
  const names = new Set(runs.flatMap((run) => Object.keys(run.metrics)));
  return table(
    [t.figure, ...letters.map((letter) => ({ number: letter }))],
    [...names].filter((name) => !isOfMachine(name)).sort().map((name) => {
      const values = runs.map((run) => run.metrics[name]);
      const known = values.filter((value): value is number => Number.isFinite(value));
      const most = Math.max(...known), differ = known.some((value) => value !== most);
      return html`
        <tr>
          <th scope="row">${name}</th>
          ${values.map((value) =>
            html`
              <td class="number">${value === most && differ
                ? html`<strong title="${t.best}">${figure(value)}</strong>`
                : figure(value)}</td>
            `
          )}
        </tr>
      `;
    }),
    t.noFigures,
  );
}

/** A plot a figure, a line a run. */
function overlaid(
  t: T,
  { runs, metrics }: Comparison,
  letters: readonly string[],
  machine: boolean,
): Html {
  const plots = metrics.filter(({ name, curves }) =>
    isOfMachine(name) === machine && curves.some(({ points }) => hasCourse({ name, points }))
  ).map(({ name, curves }) =>
    [
      name,
      runs.map((run, i) => ({
        name: letters[i]!,
        points: (curves.find((curve) => curve.run === run.id)?.points ?? []).map((p) => ({
          x: p.step,
          y: p.value,
        })),
      })),
    ] as const
  );
  if (plots.length === 0) return html`<p class="soft">${t.noCurves}</p>`;
  return plotGrid(plots, t.step);
}
