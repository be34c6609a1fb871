/**
 * One run: what it was, its stages, curves while it runs, figures, params, files, what the machine did.
 *
 * @module
 */
import { html } from "hono/html";
import { found } from "../../api/catalogue_lookup.ts";
import type { HubContext } from "../../api/context.ts";
import type { Artifact, Run } from "../../registry/runs.ts";
import { bytes, figure, type Html, short, span, time } from "../format.ts";
import { textsOf } from "../language.ts";
import { respondWithPage } from "../layout.ts";
import { picturePanel } from "../picture_panel.ts";
import { curveNames, curvePlots, isOfMachine } from "../run_curves.ts";
import { NOTE_TAG, runForms } from "../run_forms.ts";
import { stateBadge } from "../states.ts";
import { asRecord } from "../stored_json.ts";
import { askedBy, bundleLink, table } from "../tables.ts";

export const TEXTS = {
  en: {
    title: (name: string) => `Run ${name}`,
    runs: "Runs",
    what: "What it was",
    state: "State",
    deleted: "deleted",
    catalogue: "Catalogue",
    experiment: "Experiment",
    begun: "Begun",
    took: (long: string) => `took ${long}`,
    by: "Asked by",
    job: "job log",
    data: "Data",
    bundle: "Bundle",
    lineage: "Lineage",
    trace: "what made it and what came of it",
    device: "Device",
    code: "Code",
    environment: "Ran on",
    cores: (count: string) => `${count} cores`,
    left: "Files",
    name: "Name",
    size: "Size",
    type: "Type",
    nothingLeft: "Nothing yet.",
    stages: "Stages",
    stage: "Stage",
    seconds: "Seconds",
    noStages: "No stage has ended yet; those that had nothing to do are in the job’s log.",
    curves: "Curves",
    noCurves: "No figure was told more than twice.",
    step: "step",
    machine: "What the machine did",
    noMachine: "Nothing was measured.",
    inSeconds: "seconds since it began",
    figures: "Figures",
    value: "Value",
    noFigures: "None yet.",
    params: "Params",
    noParams: "None.",
    again: "Run it again",
    againText: "With the params of this run, on the catalogue’s newest data:",
    againData: "With the params and the data version of this run:",
    againParams: "params.json",
    againCode: (code: string, data: string) => `The code was ${code}, the data version ${data}.`,
  },
  fr: {
    title: (name: string) => `Entraînement ${name}`,
    runs: "Entraînements",
    what: "En bref",
    state: "État",
    deleted: "supprimé",
    catalogue: "Catalogue",
    experiment: "Expérience",
    begun: "Début",
    took: (long: string) => `durée ${long}`,
    by: "Demandé par",
    job: "journal de la tâche",
    data: "Données",
    bundle: "Modèle",
    lineage: "Filiation",
    trace: "d’où il vient et ce qu’il a donné",
    device: "Calculé sur",
    code: "Code",
    environment: "Environnement",
    cores: (count: string) => `${count} cœurs`,
    left: "Fichiers",
    name: "Nom",
    size: "Taille",
    type: "Type",
    nothingLeft: "Rien pour l’instant.",
    stages: "Étapes",
    stage: "Étape",
    seconds: "Secondes",
    noStages: "Aucune étape terminée ; celles qui n’avaient rien à faire sont dans le journal.",
    curves: "Courbes",
    noCurves: "Aucune mesure n’a été relevée plus de deux fois.",
    step: "étape",
    machine: "Activité de la machine",
    noMachine: "Rien n’a été mesuré.",
    inSeconds: "secondes depuis le début",
    figures: "Mesures",
    value: "Valeur",
    noFigures: "Aucune pour l’instant.",
    params: "Paramètres",
    noParams: "Aucun.",
    again: "Relancer",
    againData: "Avec les paramètres et la version des données de cet entraînement :",
    againText: "Avec les paramètres de cet entraînement, sur les données les plus récentes :",
    againParams: "params.json",
    againCode: (code: string, data: string) =>
      `Le code était ${code}, la version des données ${data}.`,
  },
};

/** Points of a curve: more than a plot has room for. */
const POINTS = 300;
const STAGE_SECONDS = "stage_seconds.";
/** Verbs that can be asked for again. */
const VERBS = new Set(["pipeline", "retrain", "train", "evaluate", "tune"]);

/** Answers `/runs/:id`. */
export async function runPage(c: HubContext): Promise<Response> {
  const hub = c.get("hub"), id = c.req.param("id")!, t = textsOf(c, TEXTS);
  const run = found(await hub.registry.runs.get(id), "the run", id);
  const [{ metrics }, artifacts, model, experiment] = await Promise.all([
    hub.registry.runs.compare([id], { metrics: curveNames([run]), maxPoints: POINTS }),
    hub.registry.runs.artifacts(id),
    run.bundleDigest === null ? null : hub.registry.models.get(run.bundleDigest),
    hub.registry.experiments.get(run.experiment),
  ]);
  const curves = metrics.map(({ name, curves: [curve] }) => ({
    name,
    points: curve?.points ?? [],
  }));
  const live = run.state === "running" && run.deletedAt === null
    ? html`
      data-live
    `
    : "";
  const figures = Object.entries(run.metrics).filter(([name]) =>
    !isOfMachine(name) && !name.startsWith(STAGE_SECONDS)
  ).toSorted(([a], [b]) => (a < b ? -1 : 1));
  const body = html`
    <div class="grid">
      <section class="panel" id="facts" ${live}><h2>${t.what}</h2>${facts(c, run, {
        experiment: experiment?.name ?? "–",
      })}</section>
      ${runForms(c, run)}
    </div>
    ${picturePanel(c, goldFigures(run.metrics), asRecord(model?.manifest))}
    <section class="panel" id="curves" ${live}><h2>${t.curves}</h2>${curvePlots(
      curves.filter(({ name }) => !isOfMachine(name)),
      { nothing: t.noCurves, xLabel: t.step },
    )}</section>
    <div class="grid">
      <section class="panel" id="figures" ${live}><h2>${t.figures}</h2>${table(
        [t.name, { number: t.value }],
        figures.map(([name, value]) => pair(name, figure(value))),
        t.noFigures,
      )}</section>
      <section class="panel lengthy"><h2>${t.params}</h2>${table(
        [t.name, { number: t.value }],
        Object.entries(run.params).map(([name, value]) => pair(name, String(value))),
        t.noParams,
      )}</section>
      <section class="panel" id="stages" ${live}><h2>${t.stages}</h2>${stages(t, run)}</section>
      <section class="panel" id="files" ${live}><h2>${t.left}</h2>${files(t, artifacts)}</section>
    </div>
    <section class="panel" id="machine" ${live}><h2>${t.machine}</h2>${curvePlots(
      curves.filter(({ name }) => isOfMachine(name)).map(({ name, points }) => ({
        name: name.slice("system/".length),
        points,
      })),
      { nothing: t.noMachine, xLabel: t.inSeconds },
    )}</section>
    ${again(t, run, artifacts)}
  `;
  const query = run.catalogue === "" ? "" : `?catalogue=${encodeURIComponent(run.catalogue)}`;
  return await respondWithPage(c, {
    title: t.title(run.name === "" ? run.kind : run.name),
    section: "/runs",
    catalogue: run.catalogue === "" ? null : run.catalogue,
    parent: { href: `/runs${query}`, name: t.runs },
    body,
  });
}

type T = ReturnType<typeof textsOf<typeof TEXTS.en>>;

/** A value of more characters is broken into lines, so that no table is wider than its panel. */
const WIDE_CHARS = 24;

function pair(name: string, value: string): Html {
  return html`
    <tr>
      <td>${name}</td>
      <td class="${value.length > WIDE_CHARS ? "long" : "number"}">${value}</td>
    </tr>
  `;
}

function facts(c: HubContext, run: Run, { experiment }: { readonly experiment: string }): Html {
  const t = textsOf(c, TEXTS), { catalogue, tags } = run;
  const cores = tags["env.cores"];
  const ran = [
    tags["env.os"],
    cores === undefined ? undefined : t.cores(cores),
    tags["env.deno"] === undefined ? undefined : `Deno ${tags["env.deno"]}`,
    tags["env.onnxruntime"] === undefined ? undefined : `ONNX Runtime ${tags["env.onnxruntime"]}`,
  ].filter((part) => part !== undefined);
  const note = tags[NOTE_TAG];
  return html`<dl class="facts">
<dt>${t.state}</dt><dd>${stateBadge(c, run.state)}${
    run.deletedAt === null ? "" : html`
      · ${t.deleted}
    `
  }${
    run.error === null ? "" : html`
      ${run.error}
    `
  }</dd>
<dt>${t.experiment}</dt><dd>${experiment}</dd>
<dt>${t.begun}</dt><dd>${time(run.startedAt)}, ${
    t.took(span(run.startedAt, run.endedAt, c.get("hub").now()))
  }</dd>
<dt>${t.by}</dt><dd>${askedBy(tags["mlflow.user"] ?? tags["by"] ?? "–")}${
    run.jobId === null ? "" : html`
      · <a href="/jobs/${run.jobId}">${t.job}</a>
    `
  }</dd>
<dt>${t.data}</dt><dd>${
    run.datasetDigest === null
      ? "–"
      : html`<a href="/data?catalogue=${catalogue}"><code>${short(run.datasetDigest)}</code></a>`
  }</dd>
<dt>${t.bundle}</dt><dd>${bundleLink(run.bundleDigest, catalogue)}</dd>
${
    catalogue === "" ? "" : html`
      <dt>${t.lineage}</dt>
      <dd><a href="/lineage?catalogue=${encodeURIComponent(
        catalogue,
      )}&amp;kind=run&amp;id=${encodeURIComponent(run.id)}">${t.trace}</a></dd>
    `
  }
<dt>${t.device}</dt><dd>${run.device ?? "–"}</dd>
<dt>${t.code}</dt><dd>${
    run.codeVersion === null ? "–" : html`<code>${short(run.codeVersion)}</code>`
  }</dd>
${
    ran.length === 0 ? "" : html`
      <dt>${t.environment}</dt>
      <dd>${ran.join(", ")}</dd>
    `
  }
${
    note === undefined ? "" : html`
      <dt>Note</dt>
      <dd class="note">${note}</dd>
    `
  }
</dl>`;
}

/** How long each stage took, as a figure and as a bar. */
function stages(t: T, run: Run): Html {
  const took = Object.entries(run.metrics).filter(([name]) => name.startsWith(STAGE_SECONDS));
  const most = Math.max(...took.map(([, seconds]) => seconds), 1e-9);
  return table(
    [t.stage, { number: t.seconds }, ""],
    took.map(([name, seconds]) =>
      html`
        <tr>
          <td>${name.slice(STAGE_SECONDS.length)}</td>
          <td class="number">${figure(seconds)}</td>
          <td><meter min="0" max="${most}" value="${seconds}"
            aria-label="${name.slice(STAGE_SECONDS.length)}"></meter></td>
        </tr>
      `
    ),
    t.noStages,
  );
}

function files(t: T, artifacts: readonly Artifact[]): Html {
  return table(
    [t.name, { number: t.size }, { name: t.type, extra: true }],
    artifacts.map(({ name, digest, sizeBytes, contentType }) =>
      html`
        <tr>
          <td><a href="${contentType === "text/html"
            ? `/reports/${digest}`
            : `/api/v1/blobs/${digest}`}"${contentType === "text/html" ? "" : html`
            download="${name}"
          `}>${name}</a></td>
          <td class="number">${sizeBytes === 0 ? "–" : bytes(sizeBytes)}</td>
          <td>${contentType}</td>
        </tr>
      `
    ),
    t.nothingLeft,
  );
}

/** How to run the same again; nothing for runs that others logged. */
function again(t: T, run: Run, artifacts: readonly Artifact[]): Html | "" {
  if (!VERBS.has(run.kind) || run.catalogue === "") return "";
  const params = artifacts.find(({ name }) => name === "params.json");
  const trained = ["train", "evaluate", "pipeline"].includes(run.kind);
  // What was trained without a champion's weights comes out the same from the same data.
  const exact = trained && run.datasetDigest !== null;
  const named = exact ? "train" : run.kind === "pipeline" ? "evaluate" : run.kind;
  const command = `${
    params === undefined ? "" : "AISLE_PARAMS=params.json "
  }deno task ${named} --catalogue ${run.catalogue}${
    exact ? ` --dataset ${run.datasetDigest}` : ""
  }`;
  return html`
    <section class="panel">
      <h2>${t.again}</h2>
      <p>${exact ? t.againData : t.againText}${params === undefined ? "" : html`
        <a href="/api/v1/blobs/${params.digest}" download="params.json">${t.againParams}</a>
      `}</p>
      <pre tabindex="0">${command}</pre>
      <p class="soft">${t.againCode(
        short(run.tags["code.stages"] ?? run.codeVersion ?? "–"),
        short(run.datasetDigest ?? "–"),
      )}</p>
    </section>
  `;
}

/** Figures of the gold rows, under their own names. */
function goldFigures(metrics: Readonly<Record<string, number | null>>) {
  return Object.fromEntries(
    Object.entries(metrics).filter(([name]) => name.startsWith("gold."))
      .map(([name, value]) => [name.slice("gold.".length), value]),
  );
}
