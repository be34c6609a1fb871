/**
 * The frame of every page: head, navigation, who is signed in, language.
 *
 * Everything comes from this origin and nothing is inline, which the content security policy enforces.
 *
 * @module
 */
import { html } from "hono/html";
import type { HubContext } from "../api/context.ts";
import { takeFlash } from "./flash.ts";
import type { Html } from "./format.ts";
import { languageOf, LANGUAGES, textsOf } from "./language.ts";
import { catalogueChoice, menuButton, navigation, type SectionPath } from "./navigation.ts";

export const TEXTS = {
  en: {
    skip: "Skip to content",
    signOut: "Sign out",
    language: "Language",
    cancel: "Cancel",
    goOn: "Go on",
    admin: "admin",
    operator: "operator",
    reviewer: "reviewer",
    viewer: "viewer",
    edge: "edge",
  },
  fr: {
    skip: "Aller au contenu",
    signOut: "Se déconnecter",
    language: "Langue",
    cancel: "Annuler",
    goOn: "Continuer",
    admin: "administration",
    operator: "exploitation",
    reviewer: "relecture",
    viewer: "lecture",
    edge: "nœud",
  },
};

/** What pages may load: scripts, styles and data of this origin. */
export const PAGE_POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; " +
  "img-src 'self' data: blob:; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/** One page. */
export interface Page {
  readonly title: string;
  /** Path of the section that it belongs to. */
  readonly section?: SectionPath;
  /** The catalogue that it shows, and those to choose from; absent on pages that belong to none. */
  readonly catalogue?: string | null;
  readonly catalogues?: readonly string[];
  /** Where one comes from, above the title of a page that is not a section itself. */
  readonly parent?: { readonly href: string; readonly name: string };
  /** Files of `assets/` that it needs beside `aisle.js`. */
  readonly scripts?: readonly string[];
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
  "vary": "accept-language, cookie",
};

/** The whole document. */
export function framed(c: HubContext, page: Page): Html {
  const principal = c.get("principal"), t = textsOf(c, TEXTS);
  const query = page.catalogue ? `?catalogue=${encodeURIComponent(page.catalogue)}` : "";
  return html`
    <!doctype html>
    <html lang="${languageOf(c)}" data-cancel="${t.cancel}" data-go-on="${t.goOn}">
      <head>
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <meta name="color-scheme" content="light dark">
        <title>${page.title} · Aisle</title>
        <link rel="icon" href="/assets/aisle.svg" type="image/svg+xml">
        <link rel="stylesheet" href="/assets/aisle.css">
        <script type="module" src="/assets/aisle.js"></script>
        ${(page.scripts ?? []).map((file) =>
          html`
            <script type="module" src="/assets/${file}"></script>
          `
        )}
      </head>
      <body class="${principal === null ? "alone" : "framed"}">
        <a class="skip" href="#main">${t.skip}</a>
        <header class="side">
          <div class="stick">
    <a class="brand" href="/${query}"><img src="/assets/aisle.svg" alt="" width="22" height="22">Aisle</a>
    ${principal === null
      ? whoIs(c)
      : html`${menuButton(c)}<div id="sections" popover>${navigation(c, page)}${whoIs(c)}</div>`}
          </div>
        </header>
        <main id="main" tabindex="-1">
    ${takeFlash(c)}
    <div class="head">
    <div>${page.parent === undefined
      ? ""
      : html`<a class="parent" href="${page.parent.href}">${page.parent.name}</a>`}<h1>${page
      .title}</h1></div>
    ${catalogueChoice(c, page)}
    </div>
    ${page.body}
        </main>
        <footer>Aisle ${c.get("hub").version}</footer>
      </body>
    </html>
  `;
}

/** Who is signed in, the way out, and the other languages. */
function whoIs(c: HubContext): Html {
  const principal = c.get("principal"), t = textsOf(c, TEXTS);
  const signOut = principal === null || principal.session === null ? "" : html`
    <form method="post"
      action="/ui/sign-out">${csrfField(c)}<button class="plain">${t.signOut}</button></form>
  `;
  return html`<div class="who">${
    principal === null
      ? ""
      : html`<span>${principal.name} <small>${t[principal.role]}</small></span>`
  }${signOut}${languageForm(c)}</div>`;
}

/** A button for each other language; each names itself in its own. */
function languageForm(c: HubContext): Html {
  const present = languageOf(c), url = new URL(c.req.url);
  const back = c.req.method === "GET" ? url.pathname + url.search : "/";
  return html`<form class="inline" method="post" action="/ui/language">
<input type="hidden" name="back" value="${back}">${csrfField(c)}${
    Object.entries(LANGUAGES).filter(([lang]) => lang !== present).map(([lang, name]) =>
      html`<button class="plain" name="lang" value="${lang}" lang="${lang}">${name}</button>`
    )
  }</form>`;
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
    /** A question that a dialog asks before the form is sent. */
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

/** Whether who is signed in may answer the review queue. */
export function mayReview(c: HubContext): boolean {
  return mayChange(c) || c.get("principal")?.role === "reviewer";
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
