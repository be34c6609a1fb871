/**
 * Catalogue: make one, bring files in, follow what becomes of them, get scored files back.
 *
 * @module
 */
import { html } from "hono/html";
import type { HubContext } from "../../api/context.ts";
import type { Catalogue } from "../../registry/catalogues.ts";
import type { Job } from "../../registry/jobs.ts";
import { type Html, percent, short, time, whole } from "../format.ts";
import { textsOf } from "../language.ts";
import { actionForm, chosenCatalogue, mayChange, respondWithPage } from "../layout.ts";
import { stateBadge } from "../states.ts";
import { asList, asRecord } from "../stored_json.ts";
import { bundleLink, table } from "../tables.ts";
import { uploadForm } from "../upload_form.ts";

export const TEXTS = {
  en: {
    title: "Catalogue",
    named: (name: string) => `Catalogue ${name}`,
    bring: "Train on your products",
    bringText:
      "A CSV with a header: texts, the code of each product and, where there are pictures, the name of the file.",
    score: "Score a file",
    scoreText:
      "It comes back line for line with code, confidence, and whether to accept it or to review it.",
    noChampion: "There is no champion yet: train first.",
    scored: "Scored files",
    when: "When",
    state: "State",
    rows: "Rows",
    auto: "Accepted",
    bundle: "Bundle",
    download: "Download CSV",
    none: "No file was scored yet.",
    all: "All catalogues",
    name: "Name",
    titled: "Title",
    since: "Since",
    create: "New catalogue",
    rule: "a to z, 0 to 9, - and _",
    make: "Create",
    noneYet: "No catalogue yet.",
    check: "Check",
    pipeline: "Training",
    scoring: "Scoring",
    log: "Log",
    jobPage: "All of this job",
    cancel: "Cancel",
    report: "The whole report",
    found: "What the check found",
    fine: "Nothing to complain about.",
    train: "Train with these files",
    promoted: "The new model is the champion: edges take it from now on.",
    refused: "The gate refused the new model; the champion stays.",
    seeModel: "See the model",
    toReview: "To review",
    unreadable: "Unreadable",
  },
  fr: {
    title: "Catalogue",
    named: (name: string) => `Catalogue ${name}`,
    bring: "Entraîner avec vos produits",
    bringText:
      "Un CSV avec un en-tête : des textes, le code de chaque produit et, s’il y a des images, le nom du fichier.",
    score: "Classer un fichier",
    scoreText:
      "Il revient ligne par ligne avec le code, la confiance, et ce qu’il faut accepter ou relire.",
    noChampion: "Il n’y a pas encore de champion : entraînez d’abord.",
    scored: "Fichiers classés",
    when: "Quand",
    state: "État",
    rows: "Lignes",
    auto: "Acceptées",
    bundle: "Modèle",
    download: "Télécharger le CSV",
    none: "Aucun fichier n’a encore été classé.",
    all: "Tous les catalogues",
    name: "Nom",
    titled: "Titre",
    since: "Depuis",
    create: "Nouveau catalogue",
    rule: "a à z, 0 à 9, - et _",
    make: "Créer",
    noneYet: "Aucun catalogue.",
    check: "Contrôle",
    pipeline: "Entraînement",
    scoring: "Classement",
    log: "Journal",
    jobPage: "Toute la tâche",
    cancel: "Annuler",
    report: "Le rapport complet",
    found: "Ce que le contrôle a trouvé",
    fine: "Rien à redire.",
    train: "Entraîner avec ces fichiers",
    promoted: "Le nouveau modèle est le champion : les nœuds le prennent dès maintenant.",
    refused: "Le contrôle a refusé le nouveau modèle ; le champion reste.",
    seeModel: "Voir le modèle",
    toReview: "À relire",
    unreadable: "Illisibles",
  },
};

const SCORED_SHOWN = 8;

/** Answers `/catalogue`. */
export async function cataloguePage(c: HubContext): Promise<Response> {
  const t = textsOf(c, TEXTS), { registry } = c.get("hub");
  const { catalogue, catalogues } = await chosenCatalogue(c);
  const [all, aliases, scored, job] = await Promise.all([
    registry.catalogues.list(),
    catalogue === null ? null : registry.aliases.get(catalogue),
    catalogue === null
      ? []
      : registry.jobs.list({ catalogue, kind: "score", limit: SCORED_SHOWN }).then((p) => p.items),
    shownJob(c, catalogue),
  ]);
  const change = mayChange(c);
  const body = html`
    ${job === null ? "" : jobPanel(c, job)}
    ${catalogue === null || !change ? "" : html`
      <div class="grid">
        <section class="panel"><h2>${t.bring}</h2><p class="soft">${t.bringText}</p>${uploadForm(
          c,
          { id: "train", next: `/catalogue/columns?catalogue=${catalogue}&for=train` },
        )}</section>
        <section class="panel"><h2>${t.score}</h2>${aliases?.champion == null
          ? html`<p class="soft">${t.noChampion}</p>`
          : html`<p class="soft">${t.scoreText}</p>${
            uploadForm(c, {
              id: "score",
              next: `/catalogue/columns?catalogue=${catalogue}&for=score`,
            })
          }`}</section>
      </div>
    `}
    ${catalogue === null ? "" : html`
      <section class="panel" id="scored" data-live><h2>${t.scored}</h2>${scoredTable(
        c,
        scored,
      )}</section>
    `}
    <div class="grid">
      <section class="panel"><h2>${t.all}</h2>${catalogueTable(c, all)}</section>
      ${change
        ? html`<section class="panel"><h2>${t.create}</h2>${
          actionForm(c, {
            action: "/ui/catalogues",
            button: t.make,
            main: catalogue === null,
            fields: html`
              <label for="name">${t.name}</label>
              <input id="name" name="name" required maxlength="64" pattern="[a-z0-9][a-z0-9_\\-]*"
                aria-describedby="name-rule" autocomplete="off">
              <small id="name-rule">${t.rule}</small>
              <label for="title">${t.titled}</label>
              <input id="title" name="title" maxlength="200" autocomplete="off">
            `,
          })
        }</section>`
        : ""}
    </div>
  `;
  return await respondWithPage(c, {
    title: catalogue === null ? t.title : t.named(catalogue),
    section: "/catalogue",
    catalogue,
    catalogues,
    scripts: ["upload.js"],
    body,
  });
}

/** The job that the address names, where it is one of this catalogue. */
async function shownJob(c: HubContext, catalogue: string | null): Promise<Job | null> {
  const id = c.req.query("job");
  if (id === undefined) return null;
  const job = await c.get("hub").registry.jobs.get(id);
  return job !== null && job.catalogue === catalogue ? job : null;
}

/** What a job is doing, live, and at its end what came of it. */
function jobPanel(c: HubContext, job: Job): Html {
  const t = textsOf(c, TEXTS), going = job.endedAt === null;
  return html`
    <section class="panel">
      <div id="job" data-live>
        <h2>${nameOf(c, job.kind)} ${stateBadge(c, job.state, { id: "job-state" })}</h2>
        ${job.error === null
          ? ""
          : html`<p class="problem panel" role="alert">${job.error.message}</p>`}
        ${job.result === null || job.result === undefined ? "" : outcome(c, job)}
        ${going && mayChange(c)
          ? actionForm(c, { action: `/ui/jobs/${job.id}/cancel`, button: t.cancel })
          : ""}
      </div>
      <div id="progress"
        hidden><span class="soft"></span><progress aria-label="${t.log}"></progress></div>
      <details${going
        ? html`
          open
        `
        : ""}>
        <summary>${t.log}</summary>
        <ol class="log short" tabindex="0" aria-label="${t.log}"
          data-events="/api/v1/jobs/${job.id}/events"></ol>
        </details>
        <p><a href="/jobs/${job.id}">${t.jobPage}</a></p>
        </section>
  `;
}

function nameOf(c: HubContext, kind: string): string {
  const t = textsOf(c, TEXTS);
  const names = { check: t.check, pipeline: t.pipeline, score: t.scoring } as const;
  return (names as Readonly<Record<string, string>>)[kind] ?? kind;
}

function outcome(c: HubContext, job: Job): Html {
  const t = textsOf(c, TEXTS), result = asRecord(job.result);
  if (job.kind === "score") {
    return html`${scoreTiles(c, result)}<p><a class="button main"
      href="/api/v1/jobs/${job.id}/predictions">${t.download}</a></p>`;
  }
  if (job.kind === "check") {
    const report = asRecord(result["report"]);
    const findings = asList(report["findings"]).map(asRecord);
    return html`
      <h3>${t.found}</h3>
      ${findings.length === 0
        ? html`<p>${t.fine}</p>`
        : html`<ul class="rules">${
          findings.map((f) =>
            html`<li>${
              stateBadge(c, String(f["severity"]), {
                look: f["severity"] === "error" ? "bad" : "warn",
              })
            } ${String(f["message"])}</li>`
          )
        }</ul>`}
      <p><a href="/reports/${String(report["html"])}">${t.report}</a></p>
      ${report["fatal"] === true || !mayChange(c) ? "" : actionForm(c, {
        action: "/ui/catalogue/train",
        button: t.train,
        main: true,
        hidden: { job: job.id },
      })}
    `;
  }
  const { bundle, promoted } = result;
  return html`<p>${promoted === true ? t.promoted : t.refused}</p>${
    typeof bundle === "string"
      ? html`<p><a class="button" href="/models/${bundle}?catalogue=${job.catalogue}">${t.seeModel}
        ${short(bundle)}</a>
        <a class="button" href="/catalogue?catalogue=${job.catalogue}">${t.score}</a></p>`
      : ""
  }`;
}

function scoreTiles(c: HubContext, result: Readonly<Record<string, unknown>>): Html {
  const t = textsOf(c, TEXTS), number = (name: string) => Number(result[name] ?? 0);
  const rows = number("rows");
  return html`
    <dl class="tiles">
      <div>
        <dt>${t.rows}</dt>
        <dd>${whole(rows)}</dd>
      </div>
      <div>
        <dt>${t.auto}</dt>
        <dd>${percent(number("auto") / Math.max(1, rows))}</dd>
      </div>
      <div>
        <dt>${t.toReview}</dt>
        <dd>${whole(number("review"))}</dd>
      </div>
      <div>
        <dt>${t.unreadable}</dt>
        <dd>${whole(number("unreadable"))}</dd>
      </div>
    </dl>
  `;
}

function scoredTable(c: HubContext, jobs: readonly Job[]): Html {
  const t = textsOf(c, TEXTS);
  return table(
    [t.when, t.state, { number: t.rows }, { number: t.auto, extra: true }, {
      name: t.bundle,
      extra: true,
    }, ""],
    jobs.map((job) => {
      const result = asRecord(job.result), rows = Number(result["rows"] ?? 0);
      return html`
        <tr>
          <td><a href="/catalogue?catalogue=${job.catalogue}&amp;job=${job.id}">${time(
            job.createdAt,
            "ago",
          )}</a></td>
          <td>${stateBadge(c, job.state)}</td>
          <td class="number">${rows === 0 ? "–" : whole(rows)}</td>
          <td class="number">${rows === 0 ? "–" : percent(Number(result["auto"]) / rows)}</td>
          <td>${bundleLink(
            typeof result["bundle"] === "string" ? result["bundle"] : null,
            job.catalogue,
          )}</td>
          <td>${job.state === "succeeded"
            ? html`<a href="/api/v1/jobs/${job.id}/predictions">${t.download}</a>`
            : ""}</td>
        </tr>
      `;
    }),
    t.none,
  );
}

function catalogueTable(c: HubContext, all: readonly Catalogue[]): Html {
  const t = textsOf(c, TEXTS);
  return table(
    [t.name, t.titled, { name: t.since, extra: true }],
    all.map(({ name, title, createdAt }) =>
      html`
        <tr>
          <td><a href="/catalogue?catalogue=${name}">${name}</a></td>
          <td class="long">${title}</td>
          <td>${time(createdAt, "ago")}</td>
        </tr>
      `
    ),
    t.noneYet,
  );
}
