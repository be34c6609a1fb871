/**
 * Signing in and out: a token is shown once and becomes a session; the cookie holds only the session's id.
 *
 * @module
 */
import { html } from "hono/html";
import { deleteCookie, getCookie, setCookie } from "hono/cookie";
import { AppError } from "@aisle/shared/errors";
import type { HubContext, Principal } from "../api/context.ts";
import { holderOf } from "../api/guard.ts";
import type { HubDeps } from "../api/ports.ts";
import { SESSION_COOKIE, SESSION_IDLE_MS } from "../api/sessions.ts";
import type { Html } from "./format.ts";
import { formField, localPath } from "./forms.ts";
import { textsOf } from "./language.ts";
import { respondWithPage } from "./layout.ts";

export const TEXTS = {
  en: {
    title: "Sign in",
    token: "Access token",
    button: "Sign in",
    first:
      "The hub shows its first token once, when it starts for the first time. Others are made with",
    unknown: "This token is unknown, has expired or was revoked.",
    edge: "This token is for an edge, not for people.",
  },
  fr: {
    title: "Connexion",
    token: "Jeton d’accès",
    button: "Se connecter",
    first:
      "Le hub montre son premier jeton une seule fois, à son premier démarrage. Pour en créer d’autres :",
    unknown: "Ce jeton est inconnu, a expiré ou a été révoqué.",
    edge: "Ce jeton est celui d’un nœud, pas d’une personne.",
  },
};

/** Answers `/sign-in`. */
export async function signInPage(c: HubContext, problem?: string): Promise<Response> {
  const t = textsOf(c, TEXTS);
  const next = localPath(problem === undefined ? c.req.query("next") : await formField(c, "next"));
  const body: Html = html`<section class="panel narrow">
${problem === undefined ? "" : html`<p class="problem panel" role="alert">${problem}</p>`}
<form method="post" action="/ui/sign-in">
<input type="hidden" name="next" value="${next}">
<input name="username" value="Aisle" autocomplete="username" hidden>
<label for="token">${t.token}</label>
<input id="token" name="token" type="password" required autocomplete="current-password" autofocus spellcheck="false">
<div class="row"><button class="main">${t.button}</button></div>
</form>
<p class="soft">${t.first}
<code>POST /api/v1/tokens</code></p></section>`;
  return await respondWithPage(c, { title: t.title, body }, problem === undefined ? 200 : 400);
}

/** Answers the form of the sign-in page. */
export async function signIn(c: HubContext): Promise<Response> {
  const hub = c.get("hub");
  const holder = await holderOrWhy(hub, (await formField(c, "token")).trim());
  if (typeof holder === "string") {
    hub.log?.("warn", "sign-in refused", { requestId: c.get("requestId") });
    return await signInPage(c, textsOf(c, TEXTS).unknown);
  }
  if (holder.role === "edge") {
    return await signInPage(c, textsOf(c, TEXTS).edge);
  }
  const { name, role, tokenId } = holder;
  const { id } = c.get("sessions").open({ name, role, tokenId });
  await hub.registry.audit.add({ actor: name, action: "sign-in", target: tokenId ?? "local" });
  setCookie(c, SESSION_COOKIE, id, {
    path: "/",
    httpOnly: true,
    sameSite: "Strict",
    secure: isSecure(c),
    maxAge: SESSION_IDLE_MS / 1000,
  });
  return c.redirect(localPath(await formField(c, "next")), 303);
}

/** Who holds `token`, or why nobody does. */
async function holderOrWhy(hub: HubDeps, token: string): Promise<Principal | string> {
  try {
    return await holderOf(hub, token) ?? "This token is unknown or was revoked.";
  } catch (error) {
    if (error instanceof AppError && error.code === "token-expired") return "This token expired.";
    throw error;
  }
}

/** Answers the button of every page. */
export function signOut(c: HubContext): Response {
  const id = getCookie(c, SESSION_COOKIE);
  if (id !== undefined) c.get("sessions").close(id);
  c.set("auditNote", { action: "sign-out", target: c.get("principal")?.tokenId ?? "local" });
  deleteCookie(c, SESSION_COOKIE, { path: "/" });
  return c.redirect("/sign-in", 303);
}

/** Whether the browser came over TLS, to this process or to a proxy before it. */
function isSecure(c: HubContext): boolean {
  return new URL(c.req.url).protocol === "https:" || c.req.header("x-forwarded-proto") === "https";
}
