import assert from "node:assert/strict";
import { openTestHub } from "../testing/test_hub.ts";
import { mountDashboard } from "./mod.ts";

Deno.test("a browser's files need the session's secret, an own origin and an operator", async () => {
  await using hub = await openTestHub({ maxBlobBytes: 10 });
  mountDashboard(hub.app);
  const session = async (role: "operator" | "viewer") => {
    const response = await hub.app.request("/ui/sign-in", {
      method: "POST",
      body: new URLSearchParams({ token: hub.tokens[role] }).toString(),
      headers: {
        "content-type": "application/x-www-form-urlencoded",
        "sec-fetch-site": "same-origin",
      },
    });
    const cookie = response.headers.get("set-cookie")!.split(";")[0]!;
    const page = await (await hub.app.request("/", { headers: { cookie } })).text();
    return { cookie, "x-csrf-token": /name="csrf" value="(\w+)"/.exec(page)![1]! };
  };
  const send = async (headers: Record<string, string>, body = "a,b\n1,2") =>
    (await hub.app.request("/ui/blobs", {
      method: "PUT",
      body,
      headers: { "sec-fetch-site": "same-origin", ...headers },
    })).status;
  const operator = await session("operator"), viewer = await session("viewer");
  assert.equal(await send(operator), 201);
  assert.equal(await send(operator, "more than ten bytes"), 413);
  assert.equal(await send({ cookie: operator.cookie }), 403);
  assert.equal(await send({ ...operator, "x-csrf-token": viewer["x-csrf-token"] }), 403);
  assert.equal(await send({ ...operator, "sec-fetch-site": "cross-site" }), 403);
  assert.equal(await send(viewer), 403);
  assert.equal(await send({}), 401);
});
