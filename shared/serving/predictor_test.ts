import assert from "node:assert/strict";
import fc from "fast-check";
import * as native from "onnxruntime-node";
import { pack, unpack, verify } from "../bundle/mod.ts";
import {
  createPredictor,
  openPredictor,
  type OrtLike,
  ortRuntime,
  type ProductText,
  readWasmBinary,
  type Runtime,
  SELF_TEST_TOLERANCE,
  wasmRuntime,
} from "./mod.ts";

const wasmBinary = await readWasmBinary();
const golden = await Deno.readFile(new URL("../../tests/golden/tiny_int8.bundle", import.meta.url));
const bundle = verify(golden, null);
const runtimes: readonly (() => Promise<Runtime>)[] = [
  () => wasmRuntime({ wasmBinary }),
  // Two packages with nominal types of their own; what is used of them is the same
  () => Promise.resolve(ortRuntime("native", native as unknown as OrtLike)),
];
const products: ProductText[] = [
  { designation: "Le petit prince", description: "" },
  { designation: "Table de jardin 120x80", description: "<b>Bois</b> &amp; m&eacute;tal" },
  { designation: "", description: "" },
  { designation: "Console \u{1f3ae}", description: "manette ".repeat(300) },
];

for (const open of runtimes) {
  const name = (await open()).name;
  Deno.test(`selfTest() passes on the golden bundle (${name})`, async () => {
    await using predictor = await openPredictor(bundle, await open());
    const { ok, maxDifference, samples } = await predictor.selfTest();
    assert.equal(ok, true);
    assert.ok(maxDifference < 1e-6, String(maxDifference));
    assert.equal(samples, 8);
  });

  Deno.test(`predict() gives sorted guesses of all classes, and the same alone as in company (${name})`, async () => {
    await using predictor = await openPredictor(bundle, await open());
    const together = await predictor.predict(products);
    for (const [i, product] of products.entries()) {
      const [alone] = await predictor.predict([product]);
      const { top, confidence, decision } = together[i]!;
      assert.equal(top.length, 4);
      assert.equal(confidence, top[0]!.confidence);
      assert.equal(decision, confidence >= 0.7 ? "auto" : "review");
      assert.ok(top.every((t, r) => r === 0 || t.confidence <= top[r - 1]!.confidence));
      assert.ok(Math.abs(top.reduce((sum, t) => sum + t.confidence, 0) - 1) < 1e-9);
      assert.deepEqual(alone!.top.map((t) => t.index), top.map((t) => t.index));
      assert.ok(Math.abs(alone!.confidence - confidence) < 1e-6);
    }
  });
}

Deno.test("wasm and native agree on any text within float32 rounding", async () => {
  const [a, b] = await Promise.all(runtimes.map(async (r) => openPredictor(bundle, await r())));
  const product = fc.record({
    designation: fc.string({ unit: "grapheme", maxLength: 60 }),
    description: fc.string({ unit: "grapheme", maxLength: 200 }),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(product, { maxLength: 6 }), async (given) => {
      const ours = await a!.confidencesOf(given), theirs = await b!.confidencesOf(given);
      ours.forEach((p, i) => assert.ok(Math.abs(p - theirs[i]!) < 1e-5, `${p} and ${theirs[i]}`));
    }),
    { numRuns: 60 },
  );
  await a![Symbol.asyncDispose]();
  await b![Symbol.asyncDispose]();
});

Deno.test("predict() of nothing is nothing", async () => {
  await using predictor = await createPredictor(bundle, { wasmBinary });
  assert.deepEqual(await predictor.predict([]), []);
});

Deno.test("predict() takes the longest texts that the contract lets in", async () => {
  await using predictor = await createPredictor(bundle, { wasmBinary });
  const description = Array.from({ length: 12_500 }, (_, i) => i.toString(36)).join(" ");
  const [scored] = await predictor.predict([{
    designation: description.slice(0, 4_000),
    description: description.slice(0, 50_000),
  }]);
  assert.ok(scored!.confidence > 0);
});

Deno.test("predict() adds up a product that is cut into pieces", async () => {
  const runtime = await wasmRuntime({ wasmBinary });
  let runs = 0;
  const counting: Runtime = {
    name: "counting",
    openFull: (model) => runtime.openFull(model),
    openSentences: (model) => runtime.openSentences(model),
    async open(model) {
      const session = await runtime.open(model);
      return {
        run: (ids, values, shape) => (runs++, session.run(ids, values, shape)),
        release: () => session.release(),
      };
    },
  };
  await using whole = await openPredictor(bundle, counting);
  await using pieces = await openPredictor(bundle, counting, { maxCells: 4 * 10 });
  const before = runs;
  const expected = await whole.confidencesOf(products);
  const oneGo = runs - before;
  const found = await pieces.confidencesOf(products);
  assert.ok(runs - before - oneGo > oneGo + 3, "the texts were cut");
  found.forEach((p, i) => assert.ok(Math.abs(p - expected[i]!) < 1e-6));
});

Deno.test("overlapping calls queue and each gets its own answers", async () => {
  await using predictor = await createPredictor(bundle, { wasmBinary });
  const alone = [];
  for (const product of products) alone.push(await predictor.predict([product]));
  assert.deepEqual(await Promise.all(products.map((p) => predictor.predict([p]))), alone);
});

Deno.test("selfTest() fails when the device computes something else than was packed", async () => {
  const { manifest, files } = unpack(golden);
  const { files: _list, ...content } = manifest;
  const moved = {
    ...content,
    calibration: { a: content.calibration.a, b: content.calibration.b + 0.01 },
  };
  await using predictor = await createPredictor(
    verify(pack(moved, Object.fromEntries(files)), null),
    { wasmBinary },
  );
  const { ok, maxDifference } = await predictor.selfTest();
  assert.equal(ok, false);
  assert.ok(maxDifference > SELF_TEST_TOLERANCE);
});

Deno.test("a model that gives no numbers fails its self-test and never answers", async () => {
  const broken: Runtime = {
    name: "broken",
    openFull: () => Promise.reject(new TypeError("a text bundle has no such graph")),
    openSentences: () => Promise.reject(new TypeError("it reads no sentences")),
    open: () =>
      Promise.resolve({
        run: (_ids, _values, { rows }) => Promise.resolve(new Float32Array(rows * 4).fill(NaN)),
        release: () => Promise.resolve(),
      }),
  };
  await using predictor = await openPredictor(bundle, broken);
  const { ok, maxDifference } = await predictor.selfTest();
  assert.equal(ok, false);
  assert.ok(Number.isNaN(maxDifference));
  await assert.rejects(predictor.predict(products), /gives no number/);
});

Deno.test("decision is review for everything when no confidence reached the precision", async () => {
  const { manifest, files } = unpack(golden);
  const { files: _list, ...content } = manifest;
  const never = { ...content, decision: { autoPrecision: 0.99, confidence: null } };
  const bytes = pack(never, Object.fromEntries(files));
  await using predictor = await createPredictor(verify(bytes, null), { wasmBinary });
  const scored = await predictor.predict(products);
  assert.ok(scored.every((s) => s.decision === "review"));
});
