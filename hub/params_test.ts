import assert from "node:assert/strict";
import { AppError } from "@aisle/shared/errors";
import { nearest, parseParams, withParams, withParamsText } from "./params.ts";

const FILE = new URL("../params.yaml", import.meta.url);
const yaml = await Deno.readTextFile(FILE);

/** The message that `text` is refused with. */
function refusal(text: string): string {
  try {
    parseParams(text);
  } catch (error) {
    assert.ok(error instanceof AppError && error.code === "params-invalid");
    return error.message;
  }
  throw new assert.AssertionError({ message: "it was accepted" });
}

Deno.test("params.yaml is valid and frozen", () => {
  const params = parseParams(yaml);
  assert.equal(params.split.goldShare, 0.1);
  assert.throws(() => Object.assign(params.text, { hashBits: 3 }), TypeError);
});

Deno.test("parseParams() refuses an unknown key and names the nearest known one", () => {
  assert.match(
    refusal(yaml.replace("goldShare:", "goldShar:")),
    /unknown key split\.goldShar: did you mean split\.goldShare\?/,
  );
  assert.match(
    refusal(yaml.replace("train:", "trian:")),
    /unknown key trian: did you mean train\?/,
  );
});

Deno.test("parseParams() tells every problem at once, each with its value", () => {
  const message = refusal(
    yaml.replace("folds: 5", "folds: 1").replace("hashBits: 18", "hashBits: many"),
  );
  assert.match(message, /train\.folds: .*current value is 1/);
  assert.match(message, /text\.hashBits: .*current value is "many"/);
});

Deno.test("parseParams() refuses a bar of label errors that other classes could reach as well", () => {
  assert.match(
    refusal(yaml.replace("labelErrorConfidence: 0.9", "labelErrorConfidence: 0.2")),
    /train\.labelErrorConfidence: .*current value is 0\.2/,
  );
});

Deno.test("parseParams() refuses an n-gram range that runs backwards", () => {
  assert.match(
    refusal(yaml.replace("chars: [2, 5]", "chars: [5, 2]")),
    /text\.chars: .*current value is \[5,2\]/,
  );
});

Deno.test("parseParams() says where YAML itself is broken", () => {
  assert.match(refusal("check: [1"), /Cannot read params\.yaml/);
});

Deno.test("nearest() finds a slip and leaves strangers alone", () => {
  assert.equal(nearest("trian", ["train", "split"]), "train");
  assert.equal(nearest("zzzzzz", ["train", "split"]), undefined);
});

Deno.test("parseParams() refuses a word that names no encoder and says which do", () => {
  const message = refusal(
    yaml.replace("encoder: mobilenet-v2", "encoder: resnet").replace(
      "encoder: tfidf",
      "encoder: 'hf:'",
    ),
  );
  assert.match(
    message,
    /image\.encoder: must be one of mobilenet-v2, cnn, onnx:PATH, hf:MODEL_ID_or_FOLDER: current value is "resnet"/,
  );
  assert.match(message, /text\.encoder: must be one of tfidf, hf:.*current value is "hf:"/);
});

Deno.test("parseParams() takes encoders out of files and folders", () => {
  const params = parseParams(
    yaml.replace("encoder: mobilenet-v2", "encoder: onnx:models/a.onnx").replace(
      "size: auto",
      "size: 128",
    ),
  );
  assert.equal(params.image.encoder, "onnx:models/a.onnx");
  assert.equal(params.image.size, 128);
});

Deno.test("withParams() sets params by name and refuses what the file itself could not say", () => {
  const params = parseParams(yaml);
  const set = withParams(params, { "train.c": 2.5, "text.words": [1, 3] });
  assert.deepEqual([set.train.c, set.text.words], [2.5, [1, 3]]);
  assert.deepEqual({ ...set.train, c: params.train.c }, params.train);
  assert.throws(
    () => withParams(params, { "text.words": [3, 1] }),
    /first number must not be above/,
  );
});

Deno.test("withParamsText() keeps every comment, and what it writes reads as withParams() says", () => {
  const set = { "train.c": 2.5, "text.words": [1, 3], "text.charDigitsToZero": false };
  const text = withParamsText(yaml, set);
  assert.deepEqual(parseParams(text), withParams(parseParams(yaml), set));
  const comments = (of: string) => of.match(/#.*/g);
  assert.deepEqual(comments(text), comments(yaml));
});
