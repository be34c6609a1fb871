import assert from "node:assert/strict";
import { readCatalog } from "./catalog_file.ts";

const WANTED = [{ code: "10", name: "Livre" }, { code: "2583", name: "Piscine" }];

Deno.test("readCatalog() reads every shape in which codes and labels are written", () => {
  for (
    const shape of [
      { "10": "Livre", "2583": "Piscine" },
      { Livre: 10, Piscine: 2583 },
      { a: { code: 10, label: "Livre" }, b: { prdtypecode: 2583, name: "Piscine" } },
      { "10": { label: "Livre" }, "2583": { label: "Piscine" } },
      [{ code: "10", label: "Livre" }, { code: "2583", label: "Piscine" }],
      [[10, "Livre"], [2583, "Piscine"]],
    ]
  ) assert.deepEqual(readCatalog(JSON.stringify(shape), "c.json"), WANTED);
  assert.deepEqual(readCatalog('["Livre"]', "c.json"), [{ code: "0", name: "Livre" }]);
});

Deno.test("readCatalog() refuses what it cannot be sure of", () => {
  for (
    const [text, why] of [
      ["{", /not JSON/],
      ["7", /neither object nor list/],
      ['{"10": ""}', /entry 1/],
      ['[["10", "a", "b"]]', /entry 1/],
      ['[["10", "a"], ["10", "b"]]', /two labels/],
    ] as const
  ) assert.throws(() => readCatalog(text, "c.json"), why);
});
