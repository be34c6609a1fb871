import assert from "node:assert/strict";
import fc from "fast-check";
import { AppError } from "../errors.ts";
import {
  COUNT_SHIFT,
  countRows,
  createEncoder,
  createTracer,
  encode,
  type Encoded,
  FeatureRecipe,
  type FeatureSpec,
  KEY_MASK,
  NgramCounter,
  normalizeText,
  productText,
  specFromBytes,
  specToBytes,
} from "./mod.ts";

/** A recipe with a table so large that n-grams hardly ever share a bucket. */
function recipe(changes: Partial<FeatureRecipe> = {}): FeatureRecipe {
  return {
    version: 1,
    words: [1, 2],
    chars: [2, 5],
    hashBits: 22,
    titleRepeat: 2,
    charWeight: 1,
    charDigitsToZero: true,
    ...changes,
  };
}

function spec(changes: Partial<FeatureRecipe> = {}): FeatureSpec {
  const chosen = recipe({ hashBits: 10, ...changes });
  const idf = Float32Array.from({ length: 1 << chosen.hashBits }, (_, i) => 1 + (i % 7) / 8);
  return { ...chosen, documents: 100, idf };
}

/** Row `r` as pairs. */
function row({ offsets, indices, weights }: Encoded, r: number): [number, number][] {
  const pairs: [number, number][] = [];
  for (let i = offsets[r]!; i < offsets[r + 1]!; i++) pairs.push([indices[i]!, weights[i]!]);
  return pairs;
}

const text = fc.string({ unit: "binary", maxLength: 40 }).map(normalizeText);

Deno.test("normalizeText() unescapes twice, strips tags, folds width, lower-cases and collapses space", () => {
  assert.equal(
    normalizeText("  Caf&amp;eacute;\t<b>CR&Egrave;ME</b>&nbsp;ｆｕｌｌ\n"),
    "café crème full",
  );
  assert.equal(normalizeText("Lot &#50; &#x2F; 3&lt;br/&gt;pi&egrave;ces"), "lot 2 / 3 pièces");
});

Deno.test("normalizeText() keeps signs that are no tags and entities that nobody knows", () => {
  assert.equal(normalizeText("5 < 6 <3 a>b &nosuch; R&D;"), "5 < 6 <3 a>b &nosuch; r&d;");
  assert.equal(normalizeText("&#0;x&#xD800;y&#9999999;z"), "x y z");
});

Deno.test("charWeight scales the characters alone, and is read as 1 where a spec has none", () => {
  const plain = spec(), heavy = spec({ charWeight: 1.5 });
  fc.assert(fc.property(text, (given) => {
    const a = encode(plain, [given]), b = encode(heavy, [given]);
    assert.deepEqual(b.indices, a.indices);
    const { wordEnd } = createTracer(plain).trace(given);
    const lengthOf = (weights: Float32Array) => Math.hypot(...weights);
    assert.deepEqual(b.weights.subarray(0, wordEnd), a.weights.subarray(0, wordEnd));
    const [one, more] = [a, b].map(({ weights }) => lengthOf(weights.subarray(wordEnd)));
    assert.ok(Math.abs(more! - 1.5 * one!) < 1e-5);
  }));
  const { charWeight: _, ...older } = recipe();
  assert.equal(FeatureRecipe.parse(older).charWeight, 1);
  assert.equal(specFromBytes(specToBytes(heavy)).charWeight, 1.5);
  assert.ok(!new TextDecoder().decode(specToBytes(plain)).includes("charWeight"));
});

Deno.test("productText() repeats the title only before a description", () => {
  const both = { designation: "Red <i>Mug</i>", description: "For tea" };
  assert.equal(productText(recipe(), both), "red mug red mug for tea");
  assert.equal(productText(recipe(), { ...both, description: "<br>" }), "red mug");
  assert.equal(productText(recipe(), { ...both, designation: "" }), "for tea");
  assert.equal(productText(recipe(), { designation: "", description: "" }), "");
});

/** All n-grams by the book: words are runs of letters, digits and _; char_wb as scikit-learn has it. */
function slowNgrams(normal: string, { words, chars, charDigitsToZero }: FeatureRecipe) {
  const grams = { word: new Map<string, number>(), char: new Map<string, number>() };
  const add = (kind: "word" | "char", gram: string) =>
    grams[kind].set(gram, (grams[kind].get(gram) ?? 0) + 1);
  const found = normal.match(/[\p{L}\p{N}_]+/gu)?.flatMap((w) => w.split(/[\ud800-\udfff]+/))
    .filter((w) => w !== "") ?? [];
  for (let n = words[0]; n <= words[1]; n++) {
    for (let i = 0; i + n <= found.length; i++) add("word", found.slice(i, i + n).join(" "));
  }
  for (const token of normal.split(/\s+/).filter((t) => t !== "")) {
    const padded = ` ${charDigitsToZero ? token.replace(/[0-9]/g, "0") : token} `;
    if (padded.length < chars[0]) add("char", padded);
    for (let n = chars[0]; n <= chars[1]; n++) {
      for (let i = 0; i + n <= padded.length; i++) add("char", padded.slice(i, i + n));
    }
  }
  return grams;
}

Deno.test("NgramCounter counts what counting by the book counts", () => {
  const ranges = fc.constantFrom<[number, number]>([1, 1], [1, 2], [2, 3], [2, 5], [4, 4]);
  fc.assert(fc.property(text, ranges, ranges, fc.boolean(), (normal, words, chars, zero) => {
    const chosen = recipe({ words, chars, charDigitsToZero: zero });
    const counter = new NgramCounter(chosen);
    // Twice, so that what a first text leaves behind would show
    counter.count("what came before 123");
    counter.count(normal);
    const counts = [...counter.packed.subarray(0, counter.end)].map((p) => p >>> COUNT_SHIFT);
    const slow = slowNgrams(normal, chosen);
    const sorted = (values: Iterable<number>) => [...values].sort((a, b) => a - b);
    assert.deepEqual(sorted(counts.slice(0, counter.wordEnd)), sorted(slow.word.values()));
    assert.deepEqual(sorted(counts.slice(counter.wordEnd)), sorted(slow.char.values()));
  }));
});

Deno.test("NgramCounter stops counting at 255 and keeps its table clean", () => {
  const counter = new NgramCounter(recipe());
  counter.count("aa ".repeat(300).trim());
  const counts = [...counter.packed.subarray(0, counter.end)].map((p) => p >>> COUNT_SHIFT);
  assert.equal(Math.max(...counts), 255);
  counter.count("aa");
  assert.ok([...counter.packed.subarray(0, counter.end)].every((p) => p >>> COUNT_SHIFT === 1));
});

Deno.test("NgramCounter puts the same characters as word and as character n-gram in different buckets", () => {
  const counter = new NgramCounter(recipe({ words: [1, 1], chars: [2, 2] }));
  counter.count("ab");
  const keys = [...counter.packed.subarray(0, counter.end)].map((p) => p & KEY_MASK);
  assert.equal(new Set(keys).size, 4); // ab; " a", "ab", "b "
});

Deno.test("encode() of a batch equals encode() of each row", () => {
  const space = spec();
  fc.assert(fc.property(fc.array(text, { maxLength: 8 }), (texts) => {
    const batch = encode(space, texts);
    assert.equal(batch.offsets.length, texts.length + 1);
    texts.forEach((one, r) => {
      assert.deepEqual(row(batch, r), row(createEncoder(space).encode([one]), 0));
    });
  }));
});

Deno.test("encode() gives each block length 1 and an empty text no entries", () => {
  const space = spec({ hashBits: 22 });
  const encoded = encode(space, ["red mug 12", "", "!!"]);
  const squares = (r: number) => row(encoded, r).reduce((sum, [, weight]) => sum + weight ** 2, 0);
  assert.ok(Math.abs(squares(0) - 2) < 1e-5);
  assert.deepEqual(row(encoded, 1), []);
  assert.ok(Math.abs(squares(2) - 1) < 1e-5); // no words
});

Deno.test("encode() gives both signs, and digits apart only to words", () => {
  const space = spec({ hashBits: 20 });
  const encoded = encode(space, ["playstation 2019", "playstation 2020"]);
  const [a, b] = [row(encoded, 0), row(encoded, 1)];
  assert.ok(a.some(([, w]) => w < 0) && a.some(([, w]) => w > 0));
  const differing = a.filter(([bucket]) => !b.some(([other]) => other === bucket));
  assert.equal(differing.length, 2); // "2019" and "playstation 2019"
});

Deno.test("countRows() packs what the counter gives, row after row", () => {
  const texts = ["red mug", "", "blue pot pot"];
  const counted = countRows(recipe(), texts), counter = new NgramCounter(recipe());
  texts.forEach((one, r) => {
    counter.count(one);
    const begin = counted.offsets[r]!;
    assert.equal(counted.wordEnds[r]! - begin, counter.wordEnd);
    assert.deepEqual(
      counted.packed.subarray(begin, counted.offsets[r + 1]),
      counter.packed.subarray(0, counter.end),
    );
  });
});

Deno.test("specFromBytes(specToBytes(spec)) is spec, and equal specs have equal bytes", () => {
  const value = fc.integer({ min: 0, max: 40 }).map((n) => Math.fround(1 + n / 3));
  fc.assert(fc.property(fc.array(value, { minLength: 1, maxLength: 300 }), (values) => {
    const idf = new Float32Array(1 << 10).fill(20);
    idf.set(values, 100);
    const one: FeatureSpec = { ...spec(), idf };
    const bytes = specToBytes(one);
    assert.deepEqual(specFromBytes(bytes), one);
    assert.deepEqual(specToBytes({ ...one, idf: idf.slice() }), bytes);
  }));
});

Deno.test("specFromBytes() refuses what was cut off, lengthened or changed, or reads another sound spec", () => {
  const bytes = specToBytes(spec());
  const refused = (hostile: Uint8Array) =>
    assert.throws(
      () => specFromBytes(hostile),
      (error) => error instanceof AppError && error.code === "bundle-invalid",
    );
  for (let length = 0; length < bytes.length; length += 1 + (length >> 3)) {
    refused(bytes.slice(0, length));
  }
  refused(Uint8Array.from([...bytes, 0]));
  fc.assert(fc.property(fc.nat(bytes.length - 1), fc.integer({ min: 1, max: 255 }), (at, flip) => {
    const hostile = bytes.slice();
    hostile[at]! ^= flip;
    try {
      const read = specFromBytes(hostile);
      assert.equal(read.idf.length, 1 << read.hashBits);
      assert.ok(read.idf.every((value) => value >= 0 && value < 64));
    } catch (error) {
      assert.ok(error instanceof AppError, String(error));
    }
  }));
});

Deno.test("specToBytes() stays small where few buckets are used", () => {
  const idf = new Float32Array(1 << 18).fill(9);
  for (let i = 0; i < 20_000; i++) idf[(i * 13) % idf.length] = 1 + (i % 30) / 8;
  assert.ok(specToBytes({ ...spec({ hashBits: 18 }), idf }).length < 80_000);
});
