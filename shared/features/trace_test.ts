import assert from "node:assert/strict";
import fc from "fast-check";
import {
  createTracer,
  encode,
  type FeatureRecipe,
  type FeatureSpec,
  normalizeText,
  productLayout,
  productText,
} from "./mod.ts";

function spec(changes: Partial<FeatureRecipe> = {}): FeatureSpec {
  const chosen: FeatureRecipe = {
    version: 1,
    words: [1, 2],
    chars: [2, 5],
    hashBits: 10,
    titleRepeat: 2,
    charWeight: 1,
    charDigitsToZero: true,
    ...changes,
  };
  const idf = Float32Array.from({ length: 1 << chosen.hashBits }, (_, i) => 1 + (i % 7) / 8);
  return { ...chosen, documents: 100, idf };
}

const raw = fc.oneof(
  fc.string({ unit: "binary", maxLength: 40 }),
  fc.array(fc.constantFrom("red", "mug", "d'eau", "12x80", "-", "<b>", "é"), { maxLength: 12 })
    .map((words) => words.join(" ")),
);
const ranges = fc.constantFrom<[number, number]>([1, 1], [1, 2], [2, 3], [2, 5], [4, 4]);

Deno.test("trace() gives encode()'s very numbers, and deals each of them out whole", () => {
  fc.assert(fc.property(raw, ranges, ranges, (given, words, chars) => {
    const text = normalizeText(given), space = spec({ words, chars });
    const { encoded, owners, positions, parts } = createTracer(space).trace(text);
    assert.deepEqual(encoded, encode(space, [text]));
    const sums = new Float64Array(encoded.indices.length);
    owners.forEach((entry, j) => sums[entry]! += parts[j]!);
    for (const sum of sums) assert.ok(Math.abs(sum - 1) < 1e-9, String(sum));
    for (const at of positions) assert.match(text.charAt(at), /\S/);
  }));
});

Deno.test("trace() names places whose text alone has the same bucket", () => {
  // Plain tokens, so that a place cut out of its text counts as it did inside it
  const plain = fc.array(fc.constantFrom("red", "mug", "eau", "12x80", "lot"), { maxLength: 9 });
  const space = spec({ hashBits: 22, charDigitsToZero: false, chars: [2, 3] });
  const tracer = createTracer(space);
  fc.assert(fc.property(plain, (list) => {
    const text = list.join(" ");
    const { encoded, wordEnd, starts, ends } = tracer.trace(text);
    for (let e = 0; e < encoded.indices.length; e++) {
      const gram = ` ${text} `.slice(starts[e]! + 1, ends[e]! + 1);
      const alone = encode(space, [gram]).indices;
      assert.ok(alone.includes(encoded.indices[e]!), `${gram} at ${e}`);
      if (/\S \S/.test(gram)) assert.ok(e < wordEnd, "only n-grams of words span words");
    }
  }));
});

Deno.test("trace() shares a pair of words between both, and characters go to the word they lie in", () => {
  const text = "red mug";
  const { wordEnd, owners, positions, parts } = createTracer(spec({ hashBits: 22 })).trace(text);
  assert.equal(wordEnd, 3);
  const shares = (entry: number) =>
    [...owners].flatMap((owner, j) => owner === entry ? [[positions[j], parts[j]]] : []);
  assert.deepEqual([0, 1, 2].map(shares), [[[0, 1]], [[4, 1]], [[0, 0.5], [4, 0.5]]]);
  const first = new Set([...positions].filter((_, j) => owners[j]! >= wordEnd));
  assert.deepEqual([...first], [0, 4]);
});

Deno.test("trace() shares what stands in two places equally", () => {
  const space = spec({ hashBits: 22, words: [1, 1] });
  const { owners, positions, parts } = createTracer(space).trace("mug red mug");
  const shares = [...owners].flatMap((owner, j) => owner === 0 ? [[positions[j], parts[j]]] : []);
  assert.deepEqual(shares, [[0, 0.5], [8, 0.5]]);
});

Deno.test("productLayout() lays out productText() without a gap but the spaces between", () => {
  fc.assert(fc.property(raw, raw, fc.integer({ min: 1, max: 5 }), (designation, description, n) => {
    const product = { designation, description };
    const { text, parts } = productLayout({ titleRepeat: n }, product);
    assert.equal(text, productText({ titleRepeat: n }, product));
    const pieces = parts.map(({ field, start, length }) => {
      const piece = text.slice(start, start + length);
      assert.equal(piece, normalizeText(product[field]));
      return piece;
    });
    assert.equal(pieces.join(" "), text);
  }));
});
