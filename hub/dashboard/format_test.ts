import assert from "node:assert/strict";
import { Hono } from "hono";
import { bytes, figure, fixed, percent } from "./format.ts";
import { writeInLanguage } from "./language.ts";

const asked = async (language: string): Promise<string> => {
  const app = new Hono().use(writeInLanguage).get("/", async (c) => {
    await Promise.resolve();
    return c.text(
      [percent(0.1234), figure(0.5), figure(12345), fixed(2.5, 2), bytes(1500)].join("|"),
    );
  });
  const response = await app.request("/", { headers: { "accept-language": language } });
  return await response.text();
};

Deno.test("figures are written in the language of the page that shows them", async () => {
  assert.equal(await asked("en"), "12.3\u00a0%|0.5|12\u202f345|2.50|1.5\u00a0kB");
  assert.equal(await asked("fr-FR"), "12,3\u00a0%|0,5|12\u202f345|2,50|1,5\u00a0ko");
});

Deno.test("two pages that are made at once keep their languages", async () => {
  const [en, fr] = await Promise.all([asked("en"), asked("fr")]);
  assert.match(en, /12\.3/);
  assert.match(fr, /12,3/);
});
