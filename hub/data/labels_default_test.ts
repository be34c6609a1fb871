import assert from "node:assert/strict";
import { defaultLabels, RAKUTEN_LABELS } from "./labels_default.ts";

Deno.test("defaultLabels() names the challenge's 27 codes", () => {
  assert.equal(Object.keys(RAKUTEN_LABELS).length, 27);
  assert.equal(new Set(Object.values(RAKUTEN_LABELS)).size, 27);
  assert.deepEqual(defaultLabels(["2583", "10", "10"]), [
    { code: "10", name: "Adult books" },
    { code: "2583", name: "Pool equipment" },
  ]);
});

Deno.test("defaultLabels() takes the code as name where one code is not the challenge's, byte for byte", () => {
  assert.deepEqual(defaultLabels(["10", "0010"]), [{ code: "0010", name: "0010" }, {
    code: "10",
    name: "10",
  }]);
  assert.deepEqual(defaultLabels(["Thé", "toString"]), [{ code: "Thé", name: "Thé" }, {
    code: "toString",
    name: "toString",
  }]);
});
