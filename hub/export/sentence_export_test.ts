import assert from "node:assert/strict";
import * as native from "onnxruntime-node";
import { pack, SENTENCE_GRAPH, unpack, verify } from "@aisle/shared/bundle";
import { openPredictor, type OrtLike, ortRuntime } from "@aisle/shared/serving";
import { wordPieceTokenizer } from "@aisle/shared/tokens/testing";
import type { TextModel } from "../model/text_model.ts";
import type { Graph } from "../onnx/mod.ts";
import { packText } from "./pack_text.ts";
import { exportSentence } from "./sentence_export.ts";
import { TINY_PACKING, tinyModel } from "./testing/tiny_model.ts";

const ID = "5".repeat(64);
/** An encoder whose vector is the number of its tokens. */
const graph: Graph = {
  name: "counting",
  inputs: [
    { name: SENTENCE_GRAPH.ids, type: "int32", shape: ["N", "L"] },
    { name: SENTENCE_GRAPH.mask, type: "int32", shape: ["N", "L"] },
  ],
  outputs: [{ name: "embedding", type: "float32", shape: ["N", 1] }],
  initializers: [{ name: "axis", type: "int64", shape: [1], data: BigInt64Array.of(1n) }],
  nodes: [
    { op: "Cast", inputs: [SENTENCE_GRAPH.mask], outputs: ["ones"], attributes: { to: 1 } },
    {
      op: "ReduceSum",
      inputs: ["ones", "axis"],
      outputs: ["embedding"],
      attributes: { keepdims: 1 },
    },
  ],
};
const model = tinyModel(), classes = model.classes.length;
const head = {
  encoder: { id: ID, name: "hf:counting", dims: 1 },
  weights: Float32Array.from({ length: classes }, (_, k) => k / 8),
  bias: Float32Array.from({ length: classes }, (_, k) => -k / 4),
};
const parts = exportSentence({
  ...head.encoder,
  graph,
  tokenizer: wordPieceTokenizer(["mug"]),
  maxTokens: 16,
}, head);
const both: TextModel = { ...model, sentences: head };
/** Golden samples are not looked at here: any score does. */
const sentence = { ...parts, scoresOf: () => new Float32Array(classes) };
const bundle = () => packText(both, { ...TINY_PACKING, sentence });
const runtime = ortRuntime("native", native as unknown as OrtLike);

Deno.test("a bundle with a sentence encoder adds its head's scores to the n-grams'", async () => {
  const product = { designation: "mug", description: "" };
  await using alone = await openPredictor(verify(packText(model, TINY_PACKING), null), runtime);
  await using joined = await openPredictor(verify(bundle(), null), runtime);
  const { calibration: { a, b } } = model;
  // p_k = sigmoid(a s_k + b), normalised: odds by class give the scores back up to that
  const [before] = await alone.assess([product]), [after] = await joined.assess([product]);
  const expected = Float64Array.from(before!.confidences);
  assert.notDeepEqual([...after!.confidences], [...expected]);
  assert.ok(Number.isFinite(a) && Number.isFinite(b));
  // [CLS] mug [SEP]: 3 tokens, so class k gains 3 k / 8 - k / 4 = k / 8
  const gains = head.weights.map((w, k) => 3 * w + head.bias[k]!);
  assert.ok(gains.every((gain, k) => Math.abs(gain - k / 8) < 1e-6));
  assert.ok(after!.confidences[classes - 1]! > expected[classes - 1]!);
  // an explanation adds up to the joined score
  const [asked] = await joined.predict([{ ...product, explain: true }]);
  const [plain] = await alone.predict([{ ...product, explain: true }]);
  const { why } = asked!, k = why!.first;
  const words = why!.words.reduce((sum, each) => sum + each.contribution, 0);
  const whole = why!.bias.contribution + words + why!.rest.contribution;
  assert.ok(Math.abs(why!.score.contribution - whole) < 1e-5);
  assert.equal(plain!.why!.first, k);
  const gained = why!.score.contribution - plain!.why!.score.contribution;
  assert.ok(Math.abs(gained - k / 8) < 1e-5, `${gained}`);
  // a second product beside it, and a batch that is cut in parts, change nothing
  const many = await joined.assess(Array.from({ length: 11 }, () => product));
  for (const each of many) {
    each.confidences.forEach((p, k) => assert.ok(Math.abs(p - after!.confidences[k]!) < 1e-6));
  }
});

Deno.test("packText() refuses a head without its encoder and an encoder without a head", () => {
  assert.throws(() => packText(both, TINY_PACKING), TypeError);
  assert.throws(() => packText(model, { ...TINY_PACKING, sentence }), TypeError);
  const other = { ...head.encoder, id: "6".repeat(64), graph, maxTokens: 16 };
  assert.throws(
    () => exportSentence({ ...other, tokenizer: wordPieceTokenizer([]) }, head),
    /its head is for 555/,
  );
});

Deno.test("verify() refuses a sentence section without its files, and its files without a section", () => {
  const { manifest, files } = unpack(bundle());
  const { files: _list, ...content } = manifest;
  const kept = Object.fromEntries(files);
  for (const lost of ["text_encoder.onnx", "tokenizer.json", "tokenizer_config.json"]) {
    const { [lost]: _gone, ...rest } = kept;
    assert.throws(() => verify(pack(content, rest), null), new RegExp(`no file ${lost}`));
  }
  const { sentence: _section, ...plain } = content;
  assert.throws(() => verify(pack(plain, kept), null), /unknown file t/);
  const wrong = { ...kept, "text_encoder.onnx": kept["text.onnx"]! };
  assert.throws(() => verify(pack(content, wrong), null), /of its inputs, input_ids must be 6/);
});
