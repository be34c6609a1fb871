/**
 * The frame of every page: head, navigation, catalogue choice, who is signed in.
 *
 * Everything comes from this origin and nothing is inline, which the content security policy enforces.
 *
 * @module
 */
import { html } from "hono/html";
import type { HubContext } from "../api/context.ts";
import type { Html } from "./format.ts";

/** What pages may load: scripts, styles and data of this origin. */
export const PAGE_POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; " +
  "img-src 'self' data:; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/** Pages of the navigation. */
const SECTIONS = [
  { path: "/", name: "Overview" },
  { path: "/runs", name: "Runs" },
  { path: "/models", name: "Models" },
  { path: "/data", name: "Data" },
  { path: "/jobs", name: "Jobs" },
  { path: "/edges", name: "Edges" },
] as const;

/** One page. */
export interface Page {
  readonly title: string;
  /** Path of the section that it belongs to. */
  readonly section?: (typeof SECTIONS)[number]["path"];
  /** The catalogue that it shows, and those to choose from; absent on pages that belong to none. */
  readonly catalogue?: string | null;
  readonly catalogues?: readonly string[];
  readonly body: Html;
}

/** Answers with `page` in its frame. */
export function respondWithPage(
  c: HubContext,
  page: Page,
  status: 200 | 400 = 200,
): Response | Promise<Response> {
  for (const [name, value] of Object.entries(PAGE_HEADERS)) c.header(name, value);
  return c.html(framed(c, page), status);
}

/** Headers of every page. */
export const PAGE_HEADERS: Readonly<Record<string, string>> = {
  "content-security-policy": PAGE_POLICY,
  // Not no-referrer: with that, browsers send the origin of forms as null and could not be told from strangers.
  "referrer-policy": "same-origin",
  "cache-control": "no-store",
};

/** The whole document. */
export function framed(c: HubContext, page: Page): Html {
  const principal = c.get("principal");
  const query = page.catalogue ? `?catalogue=${encodeURIComponent(page.catalogue)}` : "";
  return html`
    <!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <title>${page.title} · Aisle</title>
        <link rel="icon" href="/assets/aisle.svg" type="image/svg+xml">
        <link rel="stylesheet" href="/assets/aisle.css">
        <script type="module" src="/assets/aisle.js"></script>
      </head>
      <body>
        <a class="skip" href="#main">Skip to content</a>
        <header class="top">
          <div>
    <a class="brand" href="/${query}">Aisle</a>
    ${principal === null
      ? ""
      : html`<nav aria-label="Sections">${
        SECTIONS.map(({ path, name }) =>
          html`
            <a href="${path}${query}" ${page.section === path
              ? html`
                aria-current="page"
              `
              : ""}>${name}</a>
          `
        )
      }<a href="/docs">API</a></nav>
<div class="who"><span>${principal.name} (${principal.role})</span>${
        principal.session === null
          ? ""
          : html`<form method="post" action="/ui/sign-out">${
            csrfField(c)
          }<button class="plain">Sign out</button></form>`
      }</div>`}
          </div>
        </header>
        <main id="main">
    ${catalogueChoice(page)}
    <h1>${page.title}</h1>
    ${page.body}
        </main>
        <footer>Aisle hub ${c.get("hub").version}</footer>
      </body>
    </html>
  `;
}

/** Links to the same page of the other catalogues. */
function catalogueChoice({ section, catalogue, catalogues = [] }: Page): Html | string {
  if (catalogues.length < 2 || section === undefined) return "";
  return html`<nav class="catalogues" aria-label="Catalogue"><span>Catalogue</span>${
    catalogues.map((name) =>
      html`
        <a href="${section}?catalogue=${encodeURIComponent(name)}" ${name === catalogue
          ? html`
            aria-current="true"
          `
          : ""}>${name}</a>
      `
    )
  }</nav>`;
}

/** The hidden field that shows that a form came from one of these pages. */
export function csrfField(c: HubContext): Html | string {
  const csrf = c.get("principal")?.session?.csrf;
  return csrf === undefined ? "" : html`<input type="hidden" name="csrf" value="${csrf}">`;
}

/** A form of one button (and whatever `fields` holds) that comes back to this page. */
export function actionForm(
  c: HubContext,
  form: {
    readonly action: string;
    readonly button: string;
    readonly fields?: Html | string;
    readonly hidden?: Readonly<Record<string, string | number>>;
    readonly confirm?: string;
    readonly label?: string;
    readonly main?: boolean;
  },
): Html {
  const url = new URL(c.req.url);
  const hidden = { ...form.hidden, back: url.pathname + url.search };
  return html`
    <form method="post" action="${form.action}"
      ${form.fields === undefined
        ? html`
          class="inline"
        `
        : ""}${form.confirm === undefined ? "" : html`
        data-confirm="${form.confirm}"
      `}>${csrfField(c)}${Object.entries(hidden).map(([name, value]) =>
        html`<input type="hidden" name="${name}" value="${value}">`
      )}${form.fields ?? ""}<button${form.main
        ? html`
          class="main"
        `
        : ""}${form.label === undefined ? "" : html`
        aria-label="${form.label}"
      `}>${form.button}</button></form>
  `;
}

/** Whether who is signed in may change things. */
export function mayChange(c: HubContext): boolean {
  const role = c.get("principal")?.role;
  return role === "admin" || role === "operator";
}

/** The catalogue that a page is asked for (the first one when it does not say), and all names. */
export async function chosenCatalogue(
  c: HubContext,
): Promise<{ readonly catalogue: string | null; readonly catalogues: readonly string[] }> {
  const catalogues = (await c.get("hub").registry.catalogues.list()).map((found) => found.name);
  const asked = c.req.query("catalogue");
  const catalogue = asked !== undefined && catalogues.includes(asked)
    ? asked
    : catalogues[0] ?? null;
  return { catalogue, catalogues };
}
