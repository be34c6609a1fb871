import assert from "node:assert/strict";
import { pathOf, ROLES, routesOf, wholeApp } from "../testing/every_route.ts";
import { ENDPOINTS } from "./endpoints.ts";
import { type Access, accessOf, mayUse, ROUTE_ROLES } from "./roles.ts";
import { LOCAL_TOKEN } from "../testing/test_hub.ts";

Deno.test("every route stands in the role table, and every row of the table has a route", () => {
  const listed = Object.keys(ROUTE_ROLES).map((key) => key.replaceAll(/\{(\w+)\}/g, ":$1")).sort();
  assert.deepEqual(routesOf(wholeApp()), listed);
});

Deno.test("every route answers as the role table says, for no token, a wrong one and each role", async () => {
  const app = wholeApp();
  const wrong: string[] = [];
  for (const route of routesOf(app)) {
    const [method, pattern] = route.split(" ") as [string, string];
    const access = accessOf(method, pattern) as Access;
    const path = pathOf(pattern);
    const ask = async (token: string | null) => {
      const response = await app.request(path, {
        method,
        headers: token === null ? {} : { authorization: `Bearer ${token}` },
      });
      await response.body?.cancel();
      return response.status;
    };
    const expect = (who: string, ok: boolean, status: number) => {
      if (!ok) wrong.push(`${route} for ${who}: ${status}`);
    };
    for (const token of [null, "nonsense"]) {
      const status = await ask(token);
      // Forms of open routes still refuse what was not sent from a page of the hub.
      expect(String(token), access === "open" ? status !== 401 : status === 401, status);
    }
    for (const role of ROLES) {
      const status = await ask(role);
      const allowed = status !== 401 && status !== 403;
      const open = access === "open" && (allowed || method === "POST");
      expect(role, open || allowed === mayUse(role, access), status);
    }
    const local = await ask(LOCAL_TOKEN);
    if (access !== "open") expect("local", (local === 403) === (access === "edge"), local);
  }
  assert.deepEqual(wrong, []);
});

Deno.test("only health, the sign-in page, its form, the choice of language and the assets are open", () => {
  const open = Object.entries(ROUTE_ROLES).filter(([, access]) => access === "open");
  assert.deepEqual(open.map(([key]) => key).sort(), [
    "GET /assets/{file}",
    "GET /healthz",
    "GET /sign-in",
    "POST /ui/language",
    "POST /ui/sign-in",
  ]);
});

Deno.test("viewers change nothing: whatever is not a GET asks for more than viewer", () => {
  const weak = Object.entries(ROUTE_ROLES).filter(([key, access]) =>
    !key.startsWith("GET ") && access === "viewer"
  );
  // MLflow's clients search by POST, and a product that is tried is only looked at.
  const reads = (key: string) =>
    /^POST (\/api\/v1\/catalogues\/\{catalogue\}|\/ui)\/try$/.test(key) ||
    /^POST \/api\/2\.0\/mlflow\/.*\/(search|get-latest-versions)$/.test(key);
  assert.deepEqual(weak.map(([key]) => key).filter((key) => !reads(key)), ["POST /ui/sign-out"]);
});

Deno.test("mayUse() lets stronger roles in and keeps edges apart", () => {
  assert.equal(mayUse("admin", "viewer"), true);
  assert.equal(mayUse("viewer", "operator"), false);
  assert.equal(mayUse("admin", "edge"), false);
  assert.equal(mayUse("edge", "viewer"), false);
  assert.equal(mayUse("edge", "edge"), true);
});

Deno.test("a route that the role table lacks is denied to everyone", async () => {
  const app = wholeApp();
  app.get("/forgotten", (c) => c.text("secret"));
  for (const role of ROLES) {
    const response = await app.request("/forgotten", {
      headers: { authorization: `Bearer ${role}` },
    });
    assert.equal(response.status, 403, role);
    assert.doesNotMatch(await response.text(), /secret/);
  }
  assert.equal((await app.request("/forgotten")).status, 401);
});

Deno.test("endpoints have distinct operation ids and a row in the role table", () => {
  const ids = ENDPOINTS.map((e) => e.id);
  assert.equal(new Set(ids).size, ids.length);
  for (const e of ENDPOINTS) assert.notEqual(accessOf(e.method, e.path), undefined, e.path);
});
