/**
 * The sections of the dashboard and how one moves between them and between catalogues.
 *
 * A section is shown to those who may read its page; one whose page is not there yet is in no role table and is
 * shown to nobody.
 *
 * @module
 */
import { html } from "hono/html";
import type { HubContext } from "../api/context.ts";
import { accessOf, mayUse } from "../api/roles.ts";
import type { Html } from "./format.ts";
import { textsOf } from "./language.ts";

export const TEXTS = {
  en: {
    sections: "Sections",
    menu: "Menu",
    learn: "Catalogue",
    judge: "Models",
    serve: "Serving",
    govern: "Administration",
    overview: "Overview",
    catalogue: "Catalogue",
    data: "Data",
    labels: "Labels",
    runs: "Runs",
    models: "Models",
    jobs: "Jobs",
    edges: "Edges",
    monitoring: "Monitoring",
    review: "Review",
    access: "Tokens and audit",
    try: "Try it",
    api: "API",
    choose: "Catalogue",
    show: "Show",
  },
  fr: {
    sections: "Rubriques",
    menu: "Menu",
    learn: "Catalogue",
    judge: "Modèles",
    serve: "En service",
    govern: "Administration",
    overview: "Vue d’ensemble",
    catalogue: "Catalogue",
    data: "Données",
    labels: "Étiquettes",
    runs: "Entraînements",
    models: "Modèles",
    jobs: "Tâches",
    edges: "Nœuds",
    monitoring: "Surveillance",
    review: "Relecture",
    access: "Jetons et audit",
    try: "Essayer",
    api: "API",
    choose: "Catalogue",
    show: "Afficher",
  },
};

/** Groups of sections: their text, and each section's path with the text that names it. */
const GROUPS = [
  {
    name: null,
    sections: [["/", "overview"]],
  },
  {
    name: "learn",
    sections: [["/catalogue", "catalogue"], ["/data", "data"], ["/labels", "labels"]],
  },
  {
    name: "judge",
    sections: [["/runs", "runs"], ["/models", "models"], ["/jobs", "jobs"]],
  },
  {
    name: "serve",
    sections: [["/edges", "edges"], ["/monitoring", "monitoring"], ["/review", "review"], [
      "/try",
      "try",
    ]],
  },
  {
    name: "govern",
    sections: [["/access", "access"], ["/docs", "api"]],
  },
] as const;

/** Path of a section. */
export type SectionPath = (typeof GROUPS)[number]["sections"][number][0];

/** Sections that show all catalogues, or none: their links name none. */
const WITHOUT_CATALOGUE: ReadonlySet<string> = new Set(["/access", "/docs"]);

/** Opens the sections on narrow windows; wide ones hide it. */
export function menuButton(c: HubContext): Html {
  return html`<button class="plain menu" popovertarget="sections">${
    textsOf(c, TEXTS).menu
  }</button>`;
}

/** The list of sections. */
export function navigation(
  c: HubContext,
  at: {
    readonly section?: SectionPath | undefined;
    readonly catalogue?: string | null | undefined;
  },
): Html {
  const t = textsOf(c, TEXTS), role = c.get("principal")?.role ?? "edge";
  const query = at.catalogue ? `?catalogue=${encodeURIComponent(at.catalogue)}` : "";
  const isShown = (path: string) => {
    const access = accessOf("GET", path);
    return access !== undefined && mayUse(role, access);
  };
  const link = ([path, name]: readonly [SectionPath, keyof typeof t]) =>
    html`
      <a href="${path}${WITHOUT_CATALOGUE.has(path) ? "" : query}" ${at.section === path
        ? html`
          aria-current="page"
        `
        : ""}>${t[name]}</a>
    `;
  const groups = GROUPS.map(({ name, sections }) => {
    const shown = sections.filter(([path]) => isShown(path));
    if (shown.length === 0) return "";
    return html`
      <div class="group">${name === null ? "" : html`<p>${t[name]}</p>`}${shown.map(link)}</div>
    `;
  });
  return html`<nav aria-label="${t.sections}">${groups}</nav>`;
}

/** A choice of catalogue that leads to the same section of another one; nothing where there is no choice. */
export function catalogueChoice(
  c: HubContext,
  { section, catalogue, catalogues = [] }: {
    readonly section?: SectionPath | undefined;
    readonly catalogue?: string | null | undefined;
    readonly catalogues?: readonly string[] | undefined;
  },
): Html | "" {
  if (catalogues.length < 2 || section === undefined) return "";
  const t = textsOf(c, TEXTS);
  return html`<form class="choice" method="get" action="${section}" data-autosubmit>
<label for="chosen-catalogue">${t.choose}</label>
<select id="chosen-catalogue" name="catalogue">${
    catalogues.map((name) =>
      html`
        <option ${name === catalogue
          ? html`
            selected
          `
          : ""}>${name}</option>
      `
    )
  }</select><button class="plain">${t.show}</button></form>`;
}
