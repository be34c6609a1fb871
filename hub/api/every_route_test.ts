import assert from "node:assert/strict";
import { HTTP_STATUS } from "@aisle/shared/errors";
import { emptyDeps, hollowApp, pathOf, routesOf, wholeApp } from "../testing/every_route.ts";
import type { AuditEntry } from "../registry/audit.ts";
import { MAX_BLOB_BYTES } from "./bodies.ts";
import { isMlflowPath } from "./mlflow_problem.ts";
import { accessOf } from "./roles.ts";

const admin = { authorization: "Bearer admin" };

/** What is wrong with an answer that should be a problem of one of `statuses`; null where nothing is. */
async function wrongProblem(response: Response, path: string, statuses: readonly number[]) {
  const body = await response.json();
  if (!statuses.includes(response.status)) return `status ${response.status}`;
  if (response.headers.get("x-request-id") === null) return "no request id in the headers";
  if (isMlflowPath(path)) {
    return typeof body.error_code === "string" && body.request_id !== undefined
      ? null
      : `MLflow's error ${JSON.stringify(body)}`;
  }
  if (response.headers.get("content-type") !== "application/problem+json") return "media type";
  return body.code in HTTP_STATUS && body.requestId && body.status === response.status
    ? null
    : `problem ${JSON.stringify(body)}`;
}

Deno.test("below every route a path that is none, and beside it a method that is none, is a problem", async () => {
  const app = wholeApp(), wrong: string[] = [];
  for (const route of routesOf(app)) {
    const path = pathOf(route.split(" ")[1]!);
    if (path === "/" || path.startsWith("/assets/")) continue;
    const accept = { ...admin, accept: "application/json" };
    for (
      const [method, asked] of [["GET", `${path}/no/such`], ["OPTIONS", path]] as const
    ) {
      if (accessOf("GET", asked) !== undefined || isMlflowPath(asked) && method === "GET") continue;
      const response = await app.request(asked, { method, headers: accept });
      const why = await wrongProblem(response, path, method === "GET" ? [404, 405] : [404, 405]);
      if (why !== null) wrong.push(`${method} ${asked}: ${why}`);
    }
  }
  assert.deepEqual(wrong, []);
});

Deno.test("every change refuses a body that is too large, or of another type, with a problem", async () => {
  const app = wholeApp(), wrong: string[] = [];
  let asked = 0;
  for (const route of routesOf(app)) {
    const [method, pattern] = route.split(" ") as [string, string];
    const path = pathOf(pattern), access = accessOf(method, pattern);
    // Files are bytes of any type, counted as they are stored.
    if (method === "GET" || /\/(blobs|pictures|artifacts)(\/|$)/.test(path) || access === "open") {
      continue;
    }
    asked++;
    const headers = {
      authorization: `Bearer ${access === "edge" ? "edge" : "admin"}`,
      accept: "application/json",
    };
    const ask = async (type: string, sizeBytes: number, status: number) => {
      const sent = { ...headers, "content-type": type, "content-length": String(sizeBytes) };
      const body = "x".repeat(3);
      const response = await app.request(path, { method, headers: sent, body });
      const why = await wrongProblem(response, path, isMlflowPath(path) ? [400, status] : [status]);
      if (why !== null) wrong.push(`${route} with ${type}: ${why}`);
    };
    const type = path === "/ui/try"
      ? "multipart/form-data"
      : path.startsWith("/ui/")
      ? "application/x-www-form-urlencoded"
      : "application/json";
    await ask("text/html", 3, 415);
    await ask(type, MAX_BLOB_BYTES, 413);
  }
  assert.ok(asked > 50);
  assert.deepEqual(wrong, []);
});

Deno.test("HEAD asks for the same role as GET", async () => {
  const app = wholeApp();
  for (const route of routesOf(app).filter((r) => r.startsWith("GET "))) {
    const pattern = route.slice(4);
    if (accessOf("GET", pattern) === "open") continue;
    const response = await app.request(pathOf(pattern), { method: "HEAD" });
    assert.equal(response.status, 401, route);
  }
});

Deno.test("every change that goes well leaves one row in the audit: who, what, to what", async () => {
  const rows: AuditEntry[] = [];
  const audit = {
    add: (row: AuditEntry) => {
      rows.push(row);
      return Promise.resolve();
    },
    during: async (_: unknown, change: () => Promise<AuditEntry | null>) => {
      const row = await change();
      if (row !== null) rows.push(row);
    },
  };
  const app = hollowApp(emptyDeps({ audit }));
  const wrong: string[] = [];
  for (const route of routesOf(app)) {
    const [method, pattern] = route.split(" ") as [string, string];
    const path = pathOf(pattern), access = accessOf(method, pattern);
    // A product that is tried is no change: nothing is written down of it.
    if (access === "open" || path === "/ui/try") continue;
    rows.length = 0;
    const form = path.startsWith("/ui/");
    const body = form ? "token=s3cret" : JSON.stringify({ name: "n", token: "s3cret", in: [1] });
    const response = await app.request(path, {
      method,
      headers: {
        authorization: `Bearer ${access === "edge" ? "edge" : "operator"}`.replace(
          "operator",
          access === "admin" ? "admin" : "operator",
        ),
        "content-type": form ? "application/x-www-form-urlencoded" : "application/json",
      },
      ...(method === "GET" ? {} : { body }),
    });
    await response.body?.cancel();
    const [row] = rows;
    // What edges send is stored as what it is.
    const expected = method === "GET" || access === "edge" ? 0 : 1;
    if (response.status !== 200) wrong.push(`${route}: status ${response.status}`);
    if (rows.length !== expected) wrong.push(`${route}: ${rows.length} rows`);
    if (row === undefined) continue;
    const told = JSON.stringify(row);
    if (!row.actor || !row.action || !row.target || !row.details) wrong.push(`${route}: ${told}`);
    if (told.includes("s3cret")) wrong.push(`${route} tells a secret`);
  }
  assert.deepEqual(wrong, []);
});
