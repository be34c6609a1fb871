import assert from "node:assert/strict";
import { contentGroup } from "./group.ts";
import { productRow } from "./testing/rows.ts";

const group = (designation: string, description = "", id = "1") =>
  contentGroup(productRow({ id, designation, description }));

Deno.test("contentGroup() is one for texts that differ in what normalisation takes away", () => {
  const one = group("Théière & tasse", "Acier");
  for (
    const [designation, description] of [
      ["  théière &amp; TASSE ", "acier"],
      ["<b>Théière</b> &amp;amp; tasse", "<p>Acier</p>\n"],
      ["The\u0301ie\u0300re & tasse", "Acier"],
      ["Théière", "& tasse acier"],
      ["", "théière & tasse acier"],
    ] as const
  ) assert.equal(group(designation, description, "2"), one, designation);
});

Deno.test("contentGroup() parts texts that say something else", () => {
  const texts = ["Théière", "Theiere", "Théière 2", "Théières", "The iere"];
  assert.equal(new Set(texts.map((text) => group(text))).size, texts.length);
});

Deno.test("contentGroup() makes each row without text a group of its own", () => {
  assert.notEqual(group("", "", "1"), group("", "", "2"));
  assert.equal(group(" ", "<br>", "1"), group("", "", "1"));
});
