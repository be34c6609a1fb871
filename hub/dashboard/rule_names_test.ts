import assert from "node:assert/strict";
import { TEXTS } from "./rule_names.ts";

Deno.test("every rule that the gate may state has a name", async () => {
  const gate = new URL("../evaluation/", import.meta.url);
  const stated = new Set<string>();
  for await (const { name } of Deno.readDir(gate)) {
    if (!name.endsWith(".ts") || name.endsWith("_test.ts")) continue;
    const source = await Deno.readTextFile(new URL(name, gate));
    for (const [, id] of source.matchAll(/\brule\(\s*"([a-z-]+)"/g)) stated.add(id!);
  }
  assert.ok(stated.size > 5, `only ${[...stated]} found`);
  assert.deepEqual([...stated].filter((id) => !Object.hasOwn(TEXTS.en, id)), []);
});
