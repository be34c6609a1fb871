/**
 * Forms of the dashboard: that they come from its own pages, and what stands in them.
 *
 * @module
 */
import { AppError } from "@aisle/shared/errors";
import type { MiddlewareHandler } from "hono";
import type { HubContext, HubEnv } from "../api/context.ts";
import { sameSecret } from "../api/guard.ts";

/** The text of a field; empty when it is not there. */
export async function formField(c: HubContext, name: string): Promise<string> {
  const value = (await c.req.parseBody())[name];
  return typeof value === "string" ? value : "";
}

/** `path` when it leads to a page of this hub, else the first page. */
export function localPath(path: string | undefined): string {
  // A second slash or a backslash would name another host.
  return path !== undefined && /^\/(?![/\\])[^\\\r\n\t]*$/.test(path) ? path : "/";
}

/**
 * Refuses posts that other sites made a browser send: the browser must say that the page was of this origin, and a
 * session's form must carry its secret. A token of its own needs neither, as no browser sends one by itself.
 */
export const refuseForgeries: MiddlewareHandler<HubEnv> = async (c, next) => {
  const principal = c.get("principal");
  if (principal !== null && principal.session === null) return await next();
  if (!isSameOrigin(c)) {
    throw new AppError(
      "forbidden",
      "Cannot take this form: it was not sent from a page of this hub",
    );
  }
  if (principal?.session && !sameSecret(await secretOf(c), principal.session.csrf)) {
    throw new AppError("forbidden", "Cannot take this form: it is too old. Load the page again");
  }
  return await next();
};

/** The secret of a form, or of a script that sends a file, in a header. */
async function secretOf(c: HubContext): Promise<string> {
  return c.req.header("x-csrf-token") ?? await formField(c, "csrf");
}

function isSameOrigin(c: HubContext): boolean {
  const site = c.req.header("sec-fetch-site");
  if (site !== undefined) return site === "same-origin";
  const origin = URL.parse(c.req.header("origin") ?? "");
  const host = c.req.header("host") ?? new URL(c.req.url).host;
  return origin !== null && origin.host === host;
}
