import assert from "node:assert/strict";
import fc from "fast-check";
import { contentGroup, contentGroups, MAX_PICTURE_PRODUCTS } from "./group.ts";
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

/** Rows of few texts and pictures. */
const someRows = fc.array(
  fc.record({ text: fc.nat(12), picture: fc.nat(6) }),
  { maxLength: 30 },
).map((list) =>
  list.map(({ text, picture }, i) =>
    productRow({
      id: String(i),
      designation: text === 0 ? "" : `text ${text}`,
      picture: picture === 0 ? "" : `p${picture}`,
    })
  )
);

Deno.test("contentGroups() never parts one text, nor a picture of few products", () => {
  fc.assert(fc.property(someRows, (rows) => {
    const groups = contentGroups(rows);
    for (const [i, a] of rows.entries()) {
      for (const [j, b] of rows.entries()) {
        if (contentGroup(a) === contentGroup(b)) assert.equal(groups[i], groups[j]);
        if (a.picture === "" || a.picture !== b.picture) continue;
        const products = new Set(rows.filter((r) => r.picture === a.picture).map(contentGroup));
        if (products.size <= MAX_PICTURE_PRODUCTS) assert.equal(groups[i], groups[j]);
      }
    }
  }));
});

Deno.test("contentGroups() links nothing that no chain of texts and pictures links, in any order of rows", () => {
  fc.assert(fc.property(someRows, fc.nat(), (rows, cut) => {
    const groups = contentGroups(rows);
    // The slow twin: spread each row's mark until nothing changes.
    const marks = rows.map(contentGroup);
    const products = (picture: string) =>
      new Set(rows.filter((r) => r.picture === picture).map(contentGroup)).size;
    for (let changed = true; changed;) {
      changed = false;
      for (const [i, a] of rows.entries()) {
        for (const [j, b] of rows.entries()) {
          const linked = contentGroup(a) === contentGroup(b) ||
            (a.picture !== "" && a.picture === b.picture &&
              products(a.picture) <= MAX_PICTURE_PRODUCTS);
          if (!linked || marks[j]! <= marks[i]!) continue;
          marks[j] = marks[i]!;
          changed = true;
        }
      }
    }
    assert.deepEqual(groups, marks);
    const at = rows.length === 0 ? 0 : cut % rows.length;
    const turned = [...rows.slice(at), ...rows.slice(0, at)];
    assert.deepEqual(contentGroups(turned), [...groups.slice(at), ...groups.slice(0, at)]);
  }));
});
