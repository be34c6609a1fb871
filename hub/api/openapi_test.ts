import assert from "node:assert/strict";
import { docsPage, type OpenApiDocument } from "./docs_page.ts";
import { ENDPOINTS } from "./endpoints.ts";
import { openTestHub } from "../testing/test_hub.ts";

Deno.test("examples of bodies and answers fit their schemas", () => {
  for (const e of ENDPOINTS) {
    const answer = e.answer.schema.safeParse(e.answer.example);
    assert.ok(answer.success, `${e.id}: ${answer.error?.message}`);
    if (e.body === undefined) continue;
    const body = e.body.schema.safeParse(e.body.example);
    assert.ok(body.success, `${e.id}: ${body.error?.message}`);
  }
});

Deno.test("/openapi.json describes every endpoint with a summary, its answers and an example", async () => {
  await using hub = await openTestHub();
  const document = await (await hub.send("viewer", "GET", "/openapi.json")).json();
  assert.match(document.openapi, /^3\.1/);
  for (const e of ENDPOINTS) {
    const operation = document.paths[e.path]?.[e.method];
    assert.ok(operation, `${e.method} ${e.path} is missing`);
    assert.ok(operation.summary, e.id);
    const statuses = Object.keys(operation.responses);
    assert.ok(statuses.includes(String(e.answer.status ?? 200)), e.id);
    const guarded = operation.security !== undefined;
    assert.equal(statuses.includes("401") && statuses.includes("403"), guarded, e.id);
    for (const response of Object.values(operation.responses) as { content: object }[]) {
      for (const content of Object.values(response.content)) assert.ok("example" in content, e.id);
    }
  }
  // Every reference leads somewhere.
  const text = JSON.stringify(document);
  for (const [, name] of text.matchAll(/"#\/components\/schemas\/(\w+)"/g)) {
    assert.ok(name !== undefined && name in document.components.schemas, name ?? "no name");
  }
});

Deno.test("/docs shows every endpoint, without a script, and escapes what it shows", async () => {
  await using hub = await openTestHub();
  const response = await hub.send("viewer", "GET", "/docs");
  const page = await response.text();
  assert.match(response.headers.get("content-security-policy") ?? "", /default-src 'none'/);
  assert.doesNotMatch(page, /<script|<style|\sstyle=|\son\w+=/i);
  for (const e of ENDPOINTS) assert.ok(page.includes(`id="${e.id}"`), e.id);

  const document: OpenApiDocument = {
    info: { title: "<b>", version: "1" },
    paths: {
      "/x": { get: { operationId: "x", summary: "<img src=x>", responses: {} } },
    },
  };
  const hostile = String(await docsPage(document));
  assert.doesNotMatch(hostile, /<b>|<img/);
});
