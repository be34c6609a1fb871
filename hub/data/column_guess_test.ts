import assert from "node:assert/strict";
import fc from "fast-check";
import { guessColumns } from "./column_guess.ts";

Deno.test("columns are guessed by their names", () => {
  const cases: readonly (readonly [string[], string[], ReturnType<typeof guessColumns>])[] = [
    [
      ["", "designation", "description", "productid", "imageid", "prdtypecode"],
      ["0", "Ballon de plage", "Un ballon", "33", "44", "1280"],
      { text: ["designation", "description"], label: "prdtypecode", id: "", image: null },
    ],
    [
      ["sku", "Titre", "Marque", "photo", "Catégorie"],
      ["A1", "Lampe", "Ikea", "a1.jpg", "lampes"],
      { text: ["Titre", "Marque"], label: "Catégorie", id: "sku", image: "photo" },
    ],
    [
      ["price", "product_name", "main_category"],
      ["12", "Chaise", "meubles"],
      { text: ["product_name"], label: "main_category", id: null, image: null },
    ],
  ];
  for (const [header, row, expected] of cases) {
    const second = row.map((cell, i) => i === 0 ? `${cell}2` : cell);
    assert.deepEqual(guessColumns(header, [row, second]), expected, header.join());
  }
});

Deno.test("pictures and texts are known by what stands in them", () => {
  const guess = guessColumns(["a", "b", "c"], [
    ["un long texte qui dit ce que c’est", "x/1.JPG", "7"],
    ["un autre texte assez long pour cela", "x/2.png", "8"],
  ]);
  assert.deepEqual(guess, { text: ["a"], label: null, id: null, image: "b" });
});

Deno.test("no column is guessed to be two things, and every guess is a column", () => {
  const name = fc.constantFrom("id", "title", "text", "image", "label", "code", "a", "b", "", "c");
  const header = fc.uniqueArray(name, { minLength: 1 });
  fc.assert(fc.property(header, fc.array(fc.array(fc.string())), (names, rows) => {
    const { text, label, id, image } = guessColumns(names, rows);
    const all = [...text, label, id, image].filter((column) => column !== null);
    assert.equal(new Set(all).size, all.length);
    for (const column of all) assert.ok((names as string[]).includes(column));
  }));
});

Deno.test("a shop's own words for the code are known", () => {
  for (const name of ["rayon", "Famille", "department"]) {
    const guess = guessColumns(["ref", "titre", name], [["1", "chaise", "A"], ["2", "lampe", "B"]]);
    assert.equal(guess.label, name);
  }
});
