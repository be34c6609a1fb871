import assert from "node:assert/strict";
import { sha256 } from "@aisle/shared/hash";
import * as native from "onnxruntime-node";
import {
  confidences,
  drawGoldenPicture,
  goldenPictureFile,
  type OpenBundle,
  unpack,
  verify,
} from "@aisle/shared/bundle";
import { AppError } from "@aisle/shared/errors";
import { decodeUpright, pictureReader } from "@aisle/shared/images";
import { readPictureBinaries, wasmDecoder } from "@aisle/shared/images_wasm";
import {
  createPredictor,
  openPredictor,
  type OrtLike,
  ortRuntime,
  type Predictor,
  type ProductContent,
  readWasmBinary,
} from "@aisle/shared/serving";
import { rootFeatures } from "../model/root_features.ts";
import { fuse } from "../model/fusion.ts";
import { packFused, type PackFusedInput } from "./pack_fused.ts";
import {
  TINY_DIMS,
  tinyEncoder,
  tinyFused,
  type TinyFusedOptions,
  tinyHandmade,
} from "./testing/tiny_fused.ts";
import { TINY_PACKING, tinyModel } from "./testing/tiny_model.ts";

const runtime = ortRuntime("native", native as unknown as OrtLike);
const wasmBinary = await readWasmBinary();
const readPixels = pictureReader(wasmDecoder(await readPictureBinaries()));
const reading = { readPixels, handmade: tinyHandmade };
const text = tinyModel();

const input = (options: TinyFusedOptions): PackFusedInput => ({
  ...TINY_PACKING,
  encoder: tinyEncoder(),
  handmade: options.handmade === true ? tinyHandmade : null,
  open: async (onnx) => {
    const session = await runtime.openFull(onnx);
    return (inputs) => session.run({ ...inputs, rows: 1 }, ["image", "fused"]);
  },
});
const packed = (options: TinyFusedOptions = {}) =>
  packFused(text, tinyFused(text, options), input(options));
const open = async (options: TinyFusedOptions = {}): Promise<[OpenBundle, Predictor]> => {
  const bundle = verify(await packed(options), null);
  return [bundle, await openPredictor(bundle, runtime, reading)];
};
const picture = goldenPictureFile({ seed: 5, width: 40, height: 30 });
const other = goldenPictureFile({ seed: 6, width: 20, height: 50 });
const title = { designation: "Le petit prince bleu", description: "" };

Deno.test("packFused() gives the same bytes for the same models, another for any other", async () => {
  const first = unpack(await packed({ head: true, handmade: true })),
    again = await packed({
      head: true,
      handmade: true,
    });
  assert.deepEqual(unpack(again).manifest, first.manifest);
  assert.notDeepEqual(unpack(await packed({ seed: 8 })).manifest, first.manifest);
  assert.equal(first.manifest.kind, "fused");
  assert.equal(first.manifest.golden.filter((sample) => sample.picture).length, 4);
});

for (
  const options of [{}, { head: true, handmade: true }, {
    roots: false,
    head: true,
    margins: true,
  }] as TinyFusedOptions[]
) {
  const what = JSON.stringify(options);
  Deno.test(`a fused bundle passes its self-test in wasm and natively ${what}`, async () => {
    const bundle = verify(await packed(options), null);
    await using wasm = await createPredictor(bundle, { wasmBinary, ...reading });
    await using ours = await openPredictor(bundle, runtime, reading);
    for (const predictor of [wasm, ours]) {
      const { ok, maxDifference, samples } = await predictor.selfTest();
      assert.equal(ok, true);
      assert.ok(maxDifference < 1e-5, String(maxDifference));
      assert.equal(samples, bundle.manifest.golden.length);
    }
  });

  Deno.test(`full.onnx computes what its plain twin does ${what}`, async () => {
    const [bundle, predictor] = await open(options);
    await using _ = predictor;
    const model = tinyFused(text, options), classes = text.classes.length;
    const pixels = await readPixels(picture, bundle.manifest.fused!.image.recipe);
    const session = await native.InferenceSession.create(bundle.full!);
    const scores = Float32Array.of(0.4, -0.3, -1.2, 0.1);
    const handmade = tinyHandmade(pixels, 16);
    const out = await session.run({
      pixels: new native.Tensor("uint8", pixels, [1, 16, 16, 3]),
      scores: new native.Tensor("float32", scores, [1, classes]),
      ...(model.handmade === null ? {} : {
        handmade: new native.Tensor("float32", handmade, [1, 3]),
      }),
    });
    const floats = (name: string) => out[name]!.data as Float32Array;
    // The embedding by the map that the activations were made of is not an output: run the encoder alone
    const embedding = await embed(pixels);
    const values = Float32Array.from([...embedding, ...(model.handmade === null ? [] : handmade)]);
    if (model.roots) rootFeatures(values, values.length, TINY_DIMS);
    const expected = Float64Array.from(model.image.bias);
    values.forEach((value, d) => {
      for (let k = 0; k < classes; k++) {
        expected[k]! += value * model.image.weights[d * classes + k]!;
      }
    });
    expected.forEach((score, k) => assert.ok(Math.abs(floats("image_scores")[k]! - score) < 1e-5));
    const t = logs(scores, text.calibration), i = logs(expected, model.imageCalibration);
    const rows = { classes, text: t, image: i, labels: Int32Array.of(0) };
    const fused = new Float64Array(classes);
    fuse(model.fusion, rows, 0, fused);
    const f = logs(fused, model.fusionCalibration);
    for (const [name, want] of [["text", t], ["image", i], ["fused", f]] as const) {
      want.forEach((log, k) => assert.ok(Math.abs(floats(name)[k]! - log) < 1e-4, name));
    }
  });

  Deno.test(`places and constant add up to the picture's score ${what}`, async () => {
    const [, predictor] = await open(options);
    await using _ = predictor;
    const model = tinyFused(text, options), classes = text.classes.length;
    const [answer] = await predictor.predict([{ ...title, picture, explain: true }]);
    const { first, contributions, constant, score, values, width, height } = answer!.heatmap!;
    assert.equal(first, answer!.top[0]!.index);
    assert.deepEqual([width, height, values.length], [4, 4, 16]);
    assert.ok(values.every((v) => v >= 0 && v <= 1));
    const sum = contributions.reduce((a, b) => a + b, constant);
    assert.ok(Math.abs(sum - score) < 1e-9);
    // The constant is the bias and the hand-made features, and nothing else
    let expected = model.image.bias[first]!;
    if (model.handmade !== null) {
      const pixels = await readPixels(picture, { version: 1, size: 16, fit: "stretch" });
      tinyHandmade(pixels, 16).forEach((value, h) =>
        expected += value * model.image.weights[(TINY_DIMS + h) * classes + first]!
      );
    }
    assert.ok(Math.abs(constant - expected) < 1e-4, `${constant} and ${expected}`);
  });
}

Deno.test("predict() takes the road that a product's content allows", async () => {
  const [bundle, predictor] = await open();
  await using _ = predictor;
  const nothing = { designation: " ", description: "" };
  const broken = picture.slice(0, 60);
  const products: ProductContent[] = [
    title,
    { ...title, picture: null },
    { ...title, picture },
    { ...nothing, picture },
    { ...title, picture: broken },
    { ...nothing, picture: broken },
    { ...title, picture: other },
  ];
  const answers = await predictor.predict(products);
  assert.deepEqual(
    answers.map((a) => [a.route, a.picture]),
    [
      ["text", "none"],
      ["text", "none"],
      ["fused", "used"],
      ["image", "used"],
      ["text", "invalid"],
      [
        "text",
        "invalid",
      ],
      ["fused", "used"],
    ],
  );
  assert.deepEqual(answers[4]!.top, answers[0]!.top);
  assert.match(answers[4]!.pictureProblem!, /^Cannot use the picture/);
  assert.equal(answers[5]!.decision, "review");
  assert.equal(answers[3]!.branches.text, null);
  assert.deepEqual(answers[3]!.branches.image, answers[3]!.top[0]);
  assert.deepEqual(answers[2]!.branches.fused, answers[2]!.top[0]);
  const { autoConfidence } = bundle.manifest.fused!.image;
  assert.equal(answers[3]!.decision, answers[3]!.confidence >= autoConfidence! ? "auto" : "review");
  // Alone as in company
  for (const [i, product] of products.entries()) {
    const [alone] = await predictor.predict([product]);
    assert.ok(Math.abs(alone!.confidence - answers[i]!.confidence) < 1e-6);
  }
});

Deno.test("predict() leaves a picture unread where the text is sure, explained or not", async () => {
  let read = 0;
  const counting = {
    ...reading,
    readPixels: (...args: Parameters<typeof readPixels>) => (read++, readPixels(...args)),
  };
  const bundle = verify(await packed({ cascade: 0.2 }), null);
  await using predictor = await openPredictor(bundle, runtime, counting);
  const [plain] = await predictor.predict([{ ...title, picture }]);
  assert.deepEqual([plain!.route, plain!.picture, read], ["text", "skipped", 0]);
  assert.equal(plain!.branches.image, null);
  const [explained] = await predictor.predict([{ ...title, picture, explain: true }]);
  assert.equal(read, 1);
  assert.deepEqual(explained!.top, plain!.top);
  assert.equal(explained!.route, "text");
  assert.ok(explained!.heatmap !== undefined && explained!.branches.fused !== null);
  const [off] = await predictor.assess([{ ...title, picture }], { cascade: false });
  assert.equal(off!.route, "fused");
});

Deno.test("predict() reads a picture once that it knows by its digest, and answers as if it had read it", async () => {
  let read = 0;
  const counting = {
    ...reading,
    readPixels: (...args: Parameters<typeof readPixels>) => (read++, readPixels(...args)),
  };
  const bundle = verify(await packed({}), null);
  const options = { wasmBinary, ...counting };
  await using keeping = await createPredictor(bundle, { ...options, pictureCacheBytes: 10_000 });
  await using plain = await createPredictor(bundle, options);
  const asked = [title, { ...title, designation: "another" }, { designation: "", description: "" }]
    .map((texts) => ({ ...texts, picture, pictureDigest: sha256(picture) }));
  for (const [i, product] of asked.entries()) {
    const [kept] = await keeping.predict([product]);
    assert.equal(read, 1);
    assert.equal(kept!.pictureKnown, i > 0 ? true : undefined);
    const [fresh] = await plain.predict([product]);
    read = 1;
    const { pictureKnown: _known, ...same } = kept!;
    assert.deepEqual(same, fresh);
  }
  // To draw a map it must be looked at
  const [explained] = await keeping.predict([{ ...asked[0]!, explain: true }]);
  assert.ok(explained!.heatmap !== undefined);
  assert.equal(read, 2);
});

Deno.test("a golden picture's file decodes to the pixels that were drawn", async () => {
  const golden = { seed: 9, width: 301, height: 97 };
  const raster = await decodeUpright(
    wasmDecoder(await readPictureBinaries()),
    goldenPictureFile(golden),
  );
  const rgb = drawGoldenPicture(golden);
  assert.deepEqual([raster.width, raster.height], [301, 97]);
  assert.ok(rgb.every((level, i) => raster.data[Math.floor(i / 3) * 4 + i % 3] === level));
});

Deno.test("a picture that breaks the decoder says nothing of its inside", async () => {
  const bundle = verify(await packed(), null);
  const readPixels = () => Promise.reject(new TypeError("/secret/path is undefined"));
  await using predictor = await openPredictor(bundle, runtime, { readPixels });
  const [answer] = await predictor.predict([{ ...title, picture }]);
  assert.equal(answer!.picture, "invalid");
  assert.doesNotMatch(answer!.pictureProblem!, /secret/);
  assert.equal((await predictor.selfTest()).ok, false);
});

Deno.test("a fused bundle does not open where nobody can read pictures", async () => {
  const bundle = verify(await packed({ handmade: true }), null);
  await assert.rejects(openPredictor(bundle, runtime), /readPixels must be given/);
  await assert.rejects(
    openPredictor(bundle, runtime, { readPixels }),
    /hand-made features must be those of version 1 \(832/,
  );
});

Deno.test("packFused() refuses weights that are no numbers", async () => {
  const model = tinyFused(text);
  model.image.weights[3] = NaN;
  await assert.rejects(
    packFused(text, model, input({})),
    (error: unknown) => error instanceof AppError && error.code === "training-failed",
  );
});

function logs(scores: ArrayLike<number>, calibration: { a: number; b: number }): Float32Array {
  const out = new Float64Array(scores.length);
  confidences(scores, calibration, out);
  return Float32Array.from(out, Math.log);
}

async function embed(pixels: Uint8Array): Promise<Float32Array> {
  const { encodeOnnx } = await import("../onnx/mod.ts");
  const session = await native.InferenceSession.create(encodeOnnx(tinyEncoder().graph));
  const out = await session.run({ pixels: new native.Tensor("uint8", pixels, [1, 16, 16, 3]) });
  return out["embedding"]!.data as Float32Array;
}
