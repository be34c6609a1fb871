/**
 * What runs by the clock: a table of schedules with what can be done about each, and the form that makes one.
 *
 * @module
 */
import { html } from "hono/html";
import { withNextRuns } from "../api/areas/schedules.ts";
import type { HubContext } from "../api/context.ts";
import { JOB_KINDS } from "../api/ports.ts";
import type { Schedule } from "../registry/schedules.ts";
import { type Html, time } from "./format.ts";
import { textsOf } from "./language.ts";
import { actionForm, mayChange } from "./layout.ts";
import { table } from "./tables.ts";

export const TEXTS = {
  en: {
    what: "What",
    when: "When",
    last: "Last",
    next: "Next",
    none: "Nothing runs by the clock here.",
    paused: "paused",
    then: "Then",
    pause: "Pause",
    resume: "Resume",
    run: "Run now",
    remove: "Remove",
    removeSure: (id: string) => `Remove the schedule ${id}? Its jobs stay.`,
    of: (verb: string, id: string) => `${verb}: ${id}`,
    owed: "No run has succeeded since",
    expected: (minutes: number) => `expected within ${minutes} min`,
    missedSkip: "missed runs are skipped",
    missedOnce: "missed runs are made up for by one",
    add: "New schedule",
    id: "Name",
    kind: "Kind",
    cron: "Cron expression",
    cronHelp: "Minute, hour, day, month, weekday: 30 2 * * * is 02:30 each day.",
    zone: "Time zone",
    zoneHelp: "An IANA name such as Europe/Paris.",
    missed: "Runs missed while the hub was down",
    skip: "are skipped",
    once: "are made up for by one run",
    expectedBy: "Alert when no run has succeeded after (minutes)",
    make: "Make schedule",
  },
  fr: {
    what: "Quoi",
    when: "Quand",
    last: "Dernière",
    next: "Prochaine",
    none: "Rien n’est planifié ici.",
    paused: "en pause",
    then: "Puis",
    pause: "Pause",
    resume: "Reprendre",
    run: "Lancer",
    remove: "Supprimer",
    removeSure: (id: string) => `Supprimer la planification ${id} ? Ses tâches restent.`,
    of: (verb: string, id: string) => `${verb} : ${id}`,
    owed: "Aucune exécution réussie depuis",
    expected: (minutes: number) => `attendue en moins de ${minutes} min`,
    missedSkip: "les exécutions manquées sont ignorées",
    missedOnce: "les exécutions manquées sont rattrapées par une seule",
    add: "Nouvelle planification",
    id: "Nom",
    kind: "Type",
    cron: "Expression cron",
    cronHelp: "Minute, heure, jour, mois, jour de semaine : 30 2 * * * est 02:30 chaque jour.",
    zone: "Fuseau horaire",
    zoneHelp: "Un nom IANA comme Europe/Paris.",
    missed: "Les exécutions manquées pendant l’arrêt du hub",
    skip: "sont ignorées",
    once: "sont rattrapées par une seule",
    expectedBy: "Alerter si aucune exécution n’a réussi après (minutes)",
    make: "Créer la planification",
  },
};

/** Instants shown ahead of the next. */
const THEN = 3;

/** Schedules, when they are due in the viewer's own zone, and buttons for who may change them. */
export function scheduleTable(
  c: HubContext,
  schedules: readonly Schedule[],
  nowMs: number,
): Html {
  const t = textsOf(c, TEXTS), change = mayChange(c);
  return table(
    [t.what, { name: t.when, extra: true }, { name: t.last, extra: true }, t.next, ""],
    schedules.map((s) => {
      const [next = null, ...then] = withNextRuns(s, nowMs).nextRuns;
      return html`
        <tr>
          <td><strong>${s.id}</strong><br>${s.kind}${s.note === null
            ? ""
            : html`<br><small>${s.note}</small>`}${s.owedSince === null || s.expectedByMs === null
            ? ""
            : html`<br><small>${t.owed} ${time(s.owedSince)}</small>`}</td>
          <td><code>${s.cron}</code><br><small>${s.timeZone}</small></td>
          <td>${s.lastJobId === null
            ? time(s.lastRunAt, "ago")
            : html`<a href="/jobs/${s.lastJobId}">${time(s.lastRunAt, "ago")}</a>`}</td>
          <td>${s.enabled ? time(next, "ago") : t.paused}${then.length === 0
            ? ""
            : html`<details><summary>${t.then}</summary><ul class="plain-list">${
              then.slice(0, THEN).map((at) => html`<li>${time(at)}</li>`)
            }</ul><small>${s.missedPolicy === "once" ? t.missedOnce : t.missedSkip}${
              s.expectedByMs === null ? "" : `; ${t.expected(Math.round(s.expectedByMs / 60_000))}`
            }</small></details>`}</td>
          <td>
            <div class="buttons">${change ? scheduleButtons(c, s) : ""}</div>
          </td>
        </tr>
      `;
    }),
    t.none,
  );
}

function scheduleButtons(c: HubContext, s: Schedule): Html {
  const t = textsOf(c, TEXTS);
  return html`${
    actionForm(c, {
      action: `/ui/schedules/${s.id}/run`,
      button: t.run,
      label: t.of(t.run, s.id),
    })
  }${
    actionForm(c, {
      action: `/ui/schedules/${s.id}`,
      button: s.enabled ? t.pause : t.resume,
      label: t.of(s.enabled ? t.pause : t.resume, s.id),
      hidden: { enabled: s.enabled ? "no" : "yes" },
    })
  }${
    s.by === "params" ? "" : actionForm(c, {
      action: `/ui/schedules/${s.id}/remove`,
      button: t.remove,
      label: t.of(t.remove, s.id),
      confirm: t.removeSure(s.id),
    })
  }`;
}

/** The form that makes a schedule of `catalogue`. */
export function scheduleForm(c: HubContext, catalogue: string): Html {
  const t = textsOf(c, TEXTS);
  const fields = html`
    <div class="row">
      <div><label for="s-id">${t
        .id}</label><input id="s-id" name="id" required pattern="[A-Za-z0-9_.\\-]{1,100}" value="nightly"></div>
      <div><label for="s-kind">${t.kind}</label><select id="s-kind" name="kind">${JOB_KINDS.filter((
        kind,
      ) => kind !== "check" && kind !== "ingest").map((kind) =>
        html`<option value="${kind}">${kind}</option>`
      )}</select></div>
    </div>
    <div class="row">
      <div><label for="s-cron">${t
        .cron}</label><input id="s-cron" name="cron" required value="30 2 * * *" aria-describedby="s-cron-help"><small id="s-cron-help">${t
        .cronHelp}</small></div>
      <div><label for="s-zone">${t
        .zone}</label><input id="s-zone" name="timeZone" required value="UTC" data-zone aria-describedby="s-zone-help"><small id="s-zone-help">${t
        .zoneHelp}</small></div>
    </div>
    <div class="row">
      <div><label for="s-missed">${t
        .missed}</label><select id="s-missed" name="missedPolicy"><option value="skip">${t
        .skip}</option><option value="once">${t.once}</option></select></div>
      <div><label for="s-expected">${t
        .expectedBy}</label><input id="s-expected" name="expectedBy" type="number" min="1" max="500000"></div>
    </div>
  `;
  return html`<details><summary>${t.add}</summary>${
    actionForm(c, {
      action: "/ui/schedules",
      button: t.make,
      main: true,
      hidden: { catalogue },
      fields,
    })
  }</details>`;
}
