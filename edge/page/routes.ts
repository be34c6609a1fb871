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
import script from "./try_it.js" with { type: "text" };

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
  app.get("/assets/page.css", (c) => asset(c.body.bind(c), css, "text/css"));
  app.get("/assets/try_it.js", (c) => asset(c.body.bind(c), script, "text/javascript"));
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
