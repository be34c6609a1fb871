import assert from "node:assert/strict";
import fc from "fast-check";
import { type OpenBundle, verify } from "../bundle/mod.ts";
import { createTracer, encode, normalizeText, productText } from "../features/mod.ts";
import { sparseRow } from "./batches.ts";
import {
  createPredictor,
  explain,
  type Explanation,
  type ProductText,
  readTextWeights,
  readWasmBinary,
  wasmRuntime,
  WHY_GRAMS,
  WHY_WORDS,
} from "./mod.ts";

const wasmBinary = await readWasmBinary();
const golden: Record<string, OpenBundle> = {};
for (const weights of ["int8", "float32"]) {
  const file = new URL(`../../tests/golden/tiny_${weights}.bundle`, import.meta.url);
  golden[weights] = verify(await Deno.readFile(file), null);
}

const words = [
  "piscine",
  "hors-sol",
  "d'eau",
  "3,6",
  "m",
  "Piscine,",
  "-",
  "<b>",
  "&eacute;t&eacute;",
];
const text = (most: number) =>
  fc.oneof(
    fc.string({ unit: "grapheme", maxLength: most }),
    fc.array(fc.constantFrom(...words), { maxLength: most / 4 }).map((list) => list.join(" ")),
  );
const product = fc.record({ designation: text(60), description: text(200) });

const byOf = (bundle: OpenBundle) => ({
  spec: bundle.spec,
  rowOfBucket: bundle.rowOfBucket,
  tracer: createTracer(bundle.spec),
  weights: readTextWeights(bundle),
});

/** What the listed words, the others and the bias add up to. */
function total({ bias, words, rest }: Explanation, what: "contribution" | "margin"): number {
  return [bias, ...words, rest].reduce((sum, part) => sum + part[what]!, 0);
}

for (const [weights, bundle] of Object.entries(golden)) {
  Deno.test(`explain() adds up to the very score that the session gives (${weights})`, async () => {
    const session = await (await wasmRuntime({ wasmBinary })).open(bundle.model);
    const by = byOf(bundle), classes = bundle.manifest.classes.length;
    const pair = fc.uniqueArray(fc.nat(classes - 1), { minLength: 2, maxLength: 2 });
    await fc.assert(fc.asyncProperty(product, pair, async (given, [first, second]) => {
      const encoded = encode(bundle.spec, [productText(bundle.spec, given)]);
      const { ids, values } = sparseRow(encoded, bundle.rowOfBucket);
      const scores = await session.run(ids, values, { rows: 1, length: ids.length });
      const why = explain(by, given, first!, second!);
      assert.ok(Math.abs(why.score.contribution - scores[first!]!) < 1e-5);
      assert.ok(Math.abs(why.score.margin! - (scores[first!]! - scores[second!]!)) < 1e-5);
      for (const what of ["contribution", "margin"] as const) {
        assert.ok(Math.abs(total(why, what) - why.score[what]!) < 1e-9);
      }
    }));
    await session.release();
  });

  Deno.test(`explain() gives each golden sample the sum of its features, to the last digits (${weights})`, () => {
    const by = byOf(bundle);
    for (const sample of bundle.manifest.golden) {
      const encoded = encode(bundle.spec, [productText(bundle.spec, sample)]);
      bundle.manifest.classes.forEach((_, k) => {
        let score = by.weights.bias[k]!;
        encoded.indices.forEach((bucket, e) => {
          const row = bundle.rowOfBucket[bucket]!;
          score += by.weights.contribution(row, encoded.weights[e]!, k);
        });
        const why = explain(by, sample, k, null);
        assert.ok(Math.abs(why.score.contribution - score) < 1e-12);
        assert.equal(why.score.margin, null);
        assert.ok(why.words.length <= WHY_WORDS && why.ngrams.length <= WHY_GRAMS);
      });
    }
  });
}

Deno.test("explain() names each word once, with its places in designation and description", () => {
  const by = byOf(golden.int8!);
  fc.assert(fc.property(product, (given) => {
    const { words, rest } = explain(by, given, 0, 1);
    assert.equal(new Set(words.map(({ word }) => word)).size, words.length);
    const stand = Object.values(given).flatMap((text) => normalizeText(text).match(/\S+/g) ?? []);
    if (rest.words === 0) {
      assert.equal(words.reduce((sum, { count }) => sum + count, 0), stand.length);
    }
    for (const { word, count, places } of words) {
      assert.ok(places.length >= 1 && places.length <= count);
      for (const { field, start, end } of places) {
        assert.equal(normalizeText(given[field]).slice(start, end), word);
      }
    }
  }));
});

Deno.test("explain() tells words without the punctuation around them, and pairs and characters as n-grams", () => {
  const given = { designation: "Lit, lit (BOIS)", description: "" };
  const { words, ngrams } = explain(byOf(golden.int8!), given, 0, 1);
  const told = words.map(({ word, count, places }) => [word, count, places.map((p) => p.start)]);
  assert.deepEqual(
    new Set(told.map(String)),
    new Set([["lit", 2, [0, 5]], ["bois", 1, [10]]].map(String)),
  );
  for (const { kind, text } of ngrams) {
    const where = kind === "words" ? "lit, lit (bois)" : " lit,  lit  (bois) ";
    assert.ok(where.includes(text), `${kind} "${text}"`);
  }
});

Deno.test("explain() of a product without words is the bias", () => {
  const by = byOf(golden.float32!);
  const why = explain(by, { designation: "<br>", description: " " }, 2, 0);
  assert.deepEqual([why.words, why.ngrams, why.rest.words], [[], [], 0]);
  assert.equal(why.score.contribution, by.weights.bias[2]);
});

Deno.test("predict() says why for those who ask, of its first guess against its second", async () => {
  await using predictor = await createPredictor(golden.int8!, { wasmBinary });
  const given = { designation: "Le petit prince", description: "Un livre" };
  const products: ProductText[] = [given, { ...given, explain: true }, {
    ...given,
    explain: false,
  }];
  const [plain, asked, refused] = await predictor.predict(products);
  assert.ok(!("why" in plain!) && !("why" in refused!));
  const { why, ...rest } = asked!;
  assert.deepEqual(rest, plain);
  assert.deepEqual([why!.first, why!.second], plain!.top.slice(0, 2).map(({ index }) => index));
  assert.ok(why!.score.margin! > 0);
});

Deno.test("readTextWeights() refuses a model whose constants are not as its manifest says", () => {
  const bundle = golden.int8!, { model } = bundle.manifest;
  const manifest = { ...bundle.manifest, model: { ...model, rows: model.rows + 1 } };
  assert.throws(() => readTextWeights({ ...bundle, manifest }), /no scale of/);
});
