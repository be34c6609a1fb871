/**
 * Errors for people: browsers get a page, or the way to the sign-in page; programs get problem documents as ever.
 *
 * @module
 */
import { html } from "hono/html";
import { problem } from "@aisle/shared/errors";
import type { HubApp, HubContext } from "../api/context.ts";
import { answerError, answerNotFound } from "../api/problems.ts";
import { localPath } from "./forms.ts";
import { textsOf } from "./language.ts";
import { framed, PAGE_HEADERS } from "./layout.ts";

export const TEXTS = {
  en: {
    nothing: (path: string) => `There is nothing at ${path}`,
    notFound: "Not found",
    failed: "That did not work",
    status: "Status",
    request: "request",
    overview: "Overview",
    back: "Back to the page before",
  },
  fr: {
    nothing: (path: string) => `Il n’y a rien à l’adresse ${path}`,
    notFound: "Introuvable",
    failed: "L’opération n’a pas abouti",
    status: "Statut",
    request: "requête",
    overview: "Vue d’ensemble",
    back: "Retour à la page précédente",
  },
};

/** Lets `app` answer browsers with pages. */
export function addErrorPages(app: HubApp): void {
  const notFound = answerNotFound(app);
  app.onError(async (error, c: HubContext) => {
    const answer = await answerError(error, c);
    return await forPeople(c, answer, problem(error, c.get("requestId")).detail);
  });
  app.notFound(async (c: HubContext) =>
    await forPeople(c, await notFound(c), textsOf(c, TEXTS).nothing(c.req.path))
  );
}

/** `answer`, or a page that says the same when a person is asking for one. */
async function forPeople(c: HubContext, answer: Response, detail: string): Promise<Response> {
  const wantsPage = (c.req.header("accept") ?? "").includes("text/html") &&
    !/^\/(api|edge)\//.test(c.req.path);
  if (!wantsPage) return answer;
  if (answer.status === 401) {
    const { pathname, search } = new URL(c.req.url);
    const next = c.req.method === "GET" && pathname !== "/"
      ? `?next=${encodeURIComponent(pathname + search)}`
      : "";
    return c.redirect(`/sign-in${next}`, 303);
  }
  const t = textsOf(c, TEXTS), from = pageBefore(c);
  const page = await framed(c, {
    title: answer.status === 404 ? t.notFound : t.failed,
    body: html`
      <section class="panel problem narrow" role="alert">
        <p>${detail}</p>
        <p class="soft">${t.status} ${answer.status}, ${t.request} <code>${c.get(
          "requestId",
        )}</code></p>
        <p class="row">${from === null ? "" : html`<a href="${from}">${t.back}</a>`}
          <a href="/">${t.overview}</a></p>
      </section>
    `,
  });
  const headers = new Headers(answer.headers);
  for (const [name, value] of Object.entries(PAGE_HEADERS)) headers.set(name, value);
  headers.set("content-type", "text/html; charset=utf-8");
  return new Response(String(page), { status: answer.status, headers });
}

/** The page of this hub that the request came from; null where there is none or it is the very same. */
function pageBefore(c: HubContext): string | null {
  const referer = URL.parse(c.req.header("referer") ?? "");
  if (referer === null) return null;
  const asked = new URL(c.req.url), path = referer.pathname + referer.search;
  const isOurs = referer.host === (c.req.header("host") ?? asked.host);
  // A second slash would name another host.
  return isOurs && path !== asked.pathname + asked.search ? localPath(path) : null;
}
