/**
 * The pages for people: try it at `/`, the API at `/docs`; everything from this origin, no inline script or style.
 *
 * @module
 */
import type { EdgeApp } from "../app.ts";
import { docsPage, type OpenApiDocument } from "./docs_page.ts";
import { languageOf } from "./texts.ts";
import { tryPage } from "./try_page.ts";
import css from "./page.css" with { type: "text" };
import pictureCss from "./picture.css" with { type: "text" };
import domScript from "./dom.js" with { type: "text" };
import pictureScript from "./picture.js" with { type: "text" };
import tryScript from "./try_it.js" with { type: "text" };
import whyScript from "./why.js" with { type: "text" };

/** Scripts of the try-it page by file name. */
const SCRIPTS = {
  "dom.js": domScript,
  "picture.js": pictureScript,
  "try_it.js": tryScript,
  "why.js": whyScript,
};

const HTML_HEADERS = {
  "content-type": "text/html; charset=utf-8",
  "content-security-policy": "default-src 'none'; script-src 'self'; style-src 'self'; " +
    "connect-src 'self'; img-src data:; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
  "referrer-policy": "no-referrer",
  "cache-control": "no-cache",
};

/** Adds the pages to `app`. */
export function pageRoutes(
  app: EdgeApp,
  deps: { readonly catalogue: string; readonly openapi: () => object },
): void {
  app.get("/", (c) => {
    const language = languageOf(c.req.query("lang"), c.req.header("accept-language"));
    return c.body(tryPage({ catalogue: deps.catalogue, language }), 200, {
      ...HTML_HEADERS,
      vary: "accept-language",
    });
  });
  app.get("/docs", (c) => {
    const origin = new URL(c.req.url).origin;
    const document = deps.openapi() as OpenApiDocument;
    return c.body(docsPage(document, origin), 200, HTML_HEADERS);
  });
  app.get("/assets/page.css", (c) => asset(c.body.bind(c), css + pictureCss, "text/css"));
  for (const [name, script] of Object.entries(SCRIPTS)) {
    app.get(`/assets/${name}`, (c) => asset(c.body.bind(c), script, "text/javascript"));
  }
}

function asset(
  body: (text: string, status: 200, headers: Record<string, string>) => Response,
  text: string,
  type: string,
): Response {
  return body(text, 200, {
    "content-type": `${type}; charset=utf-8`,
    "cache-control": "no-cache",
  });
}
