/**
 * A signed-in browser without a browser: pages as text, and posts of their forms, for tests.
 *
 * @module
 */
import assert from "node:assert/strict";
import { openTestHub, type TestHub, type TestHubOptions } from "../../testing/test_hub.ts";
import { mountDashboard } from "../mod.ts";

const OWN = { "sec-fetch-site": "same-origin", accept: "text/html" };

/** Somebody who is signed in. */
export interface Visitor {
  /** The page at `path`. */
  page(path: string, headers?: Readonly<Record<string, string>>): Promise<string>;
  get(path: string): Promise<Response>;
  /** Posts a form, with its secret. */
  post(path: string, fields: Readonly<Record<string, string>>): Promise<Response>;
  /** Posts a form that may carry a file. */
  postForm(path: string, form: FormData): Promise<Response>;
}

/** A hub with its dashboard. */
export async function openDashboard(options: TestHubOptions = {}): Promise<TestHub> {
  const hub = await openTestHub(options);
  mountDashboard(hub.app);
  return hub;
}

/** Signs in with the token of `role`. */
export async function visit(
  hub: TestHub,
  role: "admin" | "operator" | "reviewer" | "viewer",
): Promise<Visitor> {
  const form = (fields: Readonly<Record<string, string>>, cookie?: string): RequestInit => ({
    method: "POST",
    body: new URLSearchParams(fields).toString(),
    headers: {
      ...OWN,
      "content-type": "application/x-www-form-urlencoded",
      ...(cookie === undefined ? {} : { cookie }),
    },
  });
  const signedIn = await hub.app.request("/ui/sign-in", form({ token: hub.tokens[role] }));
  assert.equal(signedIn.status, 303);
  const cookie = signedIn.headers.get("set-cookie")!.split(";")[0]!;
  const get = async (path: string, headers: Readonly<Record<string, string>> = {}) =>
    await hub.app.request(path, { headers: { ...OWN, cookie, ...headers } });
  const csrf = /name="csrf" value="(\w+)"/.exec(await (await get("/")).text())![1]!;
  return {
    get,
    page: async (path, headers) => await (await get(path, headers)).text(),
    post: async (path, fields) => await hub.app.request(path, form({ ...fields, csrf }, cookie)),
    async postForm(path, body) {
      body.set("csrf", csrf);
      return await hub.app.request(path, { method: "POST", body, headers: { ...OWN, cookie } });
    },
  };
}
