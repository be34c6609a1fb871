import assert from "node:assert/strict";
import { openTestHub, type TestHub } from "../testing/test_hub.ts";
import { mountDashboard } from "./mod.ts";
import { preferredLanguage, type Texts } from "./language.ts";

const HTML = { accept: "text/html" };

/** Every module of the dashboard that holds texts. */
async function texts(): Promise<Map<string, Texts>> {
  const found = new Map<string, Texts>();
  const walk = async (folder: URL): Promise<void> => {
    for await (const entry of Deno.readDir(folder)) {
      const url = new URL(entry.isDirectory ? `${entry.name}/` : entry.name, folder);
      if (entry.isDirectory) await walk(url);
      else if (/(?<!_test)\.ts$/.test(entry.name)) {
        if (!/^(export )?const TEXTS\b/m.test(await Deno.readTextFile(url))) continue;
        const { TEXTS } = await import(url.href);
        assert.ok(TEXTS !== undefined, `${entry.name} keeps its texts to itself: export them`);
        found.set(entry.name, TEXTS);
      }
    }
  };
  await walk(new URL("./", import.meta.url));
  return found;
}

Deno.test("texts have the same keys in every language, none empty, functions of the same values", async () => {
  const all = await texts(), wrong: string[] = [];
  assert.ok(all.size > 4);
  for (const [file, { en, fr }] of all) {
    assert.deepEqual(Object.keys(fr).toSorted(), Object.keys(en).toSorted(), file);
    for (const [key, text] of Object.entries(en)) {
      const other = fr[key]!;
      if (typeof text !== typeof other) wrong.push(`${file} ${key}: one is a function`);
      if (text === "" || other === "") wrong.push(`${file} ${key}: empty`);
      if (typeof text === "function" && typeof other === "function") {
        if (text.length !== other.length) wrong.push(`${file} ${key}: other values`);
      }
    }
  }
  assert.deepEqual(wrong, []);
});

Deno.test("the language is the heaviest known one that the browser names, else English", () => {
  const cases: readonly (readonly [string, string])[] = [
    ["", "en"],
    ["fr", "fr"],
    ["fr-CA,fr;q=0.9,en;q=0.8", "fr"],
    ["en-GB;q=0.4, fr;q=0.5", "fr"],
    ["de, fr;q=0", "en"],
    ["de,es;q=0.9", "en"],
    ["*;q=0.1", "en"],
    ["FR;q=nonsense, en;q=0.2", "en"],
  ];
  for (const [header, expected] of cases) assert.equal(preferredLanguage(header), expected, header);
});

async function open(): Promise<TestHub> {
  const hub = await openTestHub();
  mountDashboard(hub.app);
  return hub;
}

Deno.test("pages speak the browser's language until somebody chooses another; the choice is kept", async () => {
  await using hub = await open();
  const lang = async (headers: Record<string, string>) => {
    const page = await hub.send("viewer", "GET", "/runs", { headers: { ...HTML, ...headers } });
    return /<html lang="(\w+)"/.exec(await page.text())?.[1];
  };
  assert.equal(await lang({}), "en");
  assert.equal(await lang({ "accept-language": "fr-FR,fr;q=0.9" }), "fr");
  assert.equal(await lang({ "accept-language": "fr", cookie: "lang=en" }), "en");
  assert.equal(await lang({ cookie: "lang=xx" }), "en");
  const choose = (value: string, from = "same-origin") =>
    hub.app.request("/ui/language", {
      method: "POST",
      body: new URLSearchParams({ lang: value, back: "/runs" }).toString(),
      headers: { "content-type": "application/x-www-form-urlencoded", "sec-fetch-site": from },
    });
  const chosen = await choose("fr");
  assert.equal(chosen.status, 303);
  assert.equal(chosen.headers.get("location"), "/runs");
  assert.match(chosen.headers.get("set-cookie") ?? "", /^lang=fr; .*SameSite=Lax/);
  assert.equal((await choose("klingon")).status, 400);
  assert.equal((await choose("fr", "cross-site")).status, 403);
});

Deno.test("the navigation shows the sections that somebody may read", async () => {
  await using hub = await open();
  const links = async (role: "admin" | "viewer") => {
    const page = await (await hub.send(role, "GET", "/runs", { headers: HTML })).text();
    const nav = /<nav aria-label="Sections">[\s\S]*?<\/nav>/.exec(page)![0];
    return [...nav.matchAll(/href="([^"]+)"/g)].map((match) => match[1]!);
  };
  const seen = await links("viewer");
  for (const path of ["/", "/data", "/runs", "/models", "/jobs", "/edges", "/docs"]) {
    assert.ok(seen.includes(path), path);
  }
  for (const path of [...await links("admin"), ...seen]) {
    const page = await hub.send("admin", "GET", path, { headers: HTML });
    assert.equal(page.status, 200, path);
    await page.body?.cancel();
  }
  assert.ok(!seen.includes("/access"));
});
