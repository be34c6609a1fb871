/**
 * Columns of the list of runs: attributes, metrics and params, which of them are shown, and how a run fills them.
 *
 * @module
 */
import { html } from "hono/html";
import type { HubContext } from "../api/context.ts";
import type { Run } from "../registry/runs.ts";
import { figure, type Html, percent, span, time } from "./format.ts";
import { textsOf } from "./language.ts";
import { stateBadge } from "./states.ts";
import { askedBy, bundleLink } from "./tables.ts";

export const TEXTS = {
  en: {
    kind: "Kind",
    state: "State",
    took: "Took",
    user: "By",
    bundle: "Bundle",
    note: "Note",
    device: "Device",
    dataset: "Data",
  },
  fr: {
    kind: "Type",
    state: "État",
    took: "Durée",
    user: "Par",
    bundle: "Modèle",
    note: "Note",
    device: "Calculé sur",
    dataset: "Données",
  },
};

/** Columns that are no metric and no param. */
const ATTRIBUTES = [
  "kind",
  "state",
  "took",
  "user",
  "bundle",
  "note",
  "device",
  "dataset",
] as const;
type Attribute = (typeof ATTRIBUTES)[number];
/** The figure that runs of the hub are judged by. */
const JUDGED_BY = "gold.weightedF1";
/** Columns that are offered at most: more than anybody reads through. */
const MAX_OFFERED = 120;

/** One column. `id` is its field in the query language, except for those that nothing sorts by. */
export interface Column {
  readonly id: string;
  readonly title: string;
  readonly numeric: boolean;
  /** The field to order by; null where none is. */
  readonly order: string | null;
}

/** Names of metrics and params that `runs` have, without those that the machine adds. */
export function columnsOffered(c: HubContext, runs: readonly Run[]): Column[] {
  const metrics = new Set<string>(), params = new Set<string>();
  for (const run of runs) {
    for (const name of Object.keys(run.metrics)) metrics.add(name);
    for (const name of Object.keys(run.params)) params.add(name);
  }
  const own = (name: string) => !/^(system\/|stage_seconds\.)/.test(name);
  const ranked = [...metrics].sort((a, b) => Number(own(b)) - Number(own(a)) || (a < b ? -1 : 1));
  return [
    ...ATTRIBUTES,
    ...ranked.map((name) => `metrics.${name}`),
    ...[...params].sort().map((name) => `params.${name}`),
  ].slice(0, MAX_OFFERED).map((id) => columnOf(c, id));
}

/** The columns asked for; a few that tell most where none are. */
export function columnsShown(
  c: HubContext,
  asked: readonly string[],
  runs: readonly Run[],
): Column[] {
  if (asked.length > 0) return [...new Set(asked)].map((id) => columnOf(c, id));
  const judged = runs.some((run) => run.metrics[JUDGED_BY] !== undefined);
  const figures = judged || runs.length === 0
    ? [`metrics.${JUDGED_BY}`]
    : columnsOffered(c, runs).filter((column) => column.numeric).slice(0, 2).map(({ id }) => id);
  return ["state", ...figures, "kind", "took", "bundle"].map((id) => columnOf(c, id));
}

/** The column of that name; whatever it is, a run that lacks it shows a dash. */
function columnOf(c: HubContext, id: string): Column {
  const [entity, name] = [id.slice(0, id.indexOf(".")), id.slice(id.indexOf(".") + 1)];
  if ((entity === "metrics" || entity === "params") && id.includes(".")) {
    return { id, title: name, numeric: entity === "metrics", order: fieldOf(entity, name) };
  }
  const t: Readonly<Record<string, string>> = textsOf(c, TEXTS);
  const known = isAttribute(id);
  const order = known && id !== "took" ? id : null;
  return { id, title: known ? t[id]! : id, numeric: id === "took", order };
}

/** A field as the query language writes it. */
export function fieldOf(entity: string, name: string): string {
  return /^[A-Za-z_][\w.]*$/.test(name)
    ? `${entity}.${name}`
    : `${entity}.\`${name.replaceAll("`", "``")}\``;
}

function isAttribute(id: string): id is Attribute {
  return (ATTRIBUTES as readonly string[]).includes(id);
}

/** What `run` has in `column`. */
export function cellOf(c: HubContext, run: Run, { id }: Column): Html | string {
  const name = id.slice(id.indexOf(".") + 1);
  if (id.startsWith("metrics.")) {
    const value = run.metrics[name];
    return name === JUDGED_BY ? percent(value) : figure(value);
  }
  if (id.startsWith("params.")) {
    return Object.hasOwn(run.params, name) ? String(run.params[name]) : "–";
  }
  switch (isAttribute(id) ? id : null) {
    case "kind":
      return run.kind === "client" ? run.name : run.kind;
    case "state":
      return stateBadge(c, run.state);
    case "took":
      return span(run.startedAt, run.endedAt, c.get("hub").now());
    case "user":
      return askedBy(run.tags["mlflow.user"] ?? run.tags["by"] ?? "–");
    case "bundle":
      return bundleLink(run.bundleDigest, run.catalogue);
    case "note":
      return run.tags["mlflow.note.content"] ?? "–";
    case "device":
      return run.device ?? "–";
    case "dataset":
      return run.datasetDigest === null
        ? "–"
        : html`<code>${run.datasetDigest.slice(0, 12)}</code>`;
    case null:
      return "–";
  }
}

/** When a run began, leading to it. */
export function runLink(run: Run): Html {
  return html`<a href="/runs/${encodeURIComponent(run.id)}">${time(run.startedAt, "ago")}</a>`;
}
