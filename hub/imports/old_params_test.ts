import assert from "node:assert/strict";
import { parseParams } from "../params.ts";
import { mapOldParams } from "./old_params.ts";

const present = await Deno.readTextFile(new URL("../../params.yaml", import.meta.url));

const OLD = `
data:
  path: data/raw
  test_size: 0.2
  random_state: 42
text:
  max_features: 20000
  ngram_range: [1, 3]
  lstm:
    units: 128
    epochs: 10
svm:
  C: 0.5
  tol: -1
image:
  target_size: [224, 224, 3]
  batch_size: 16
  learning_rate: 0.001
  lr: 0.1
`;

Deno.test("mapOldParams() takes over what means the same, and tells of everything else", () => {
  const { mapped, yaml } = mapOldParams(OLD, present);
  const set = Object.fromEntries(
    mapped.filter((m) => m.name !== null).map((m) => [m.name, m.set]),
  );
  assert.deepEqual(set, {
    "split.goldShare": 0.2,
    "split.seed": 42,
    "text.hashBits": 15,
    "text.words": [1, 3],
    "train.c": 0.5,
    "image.cnn.size": 224,
    "image.cnn.batchSize": 16,
    "image.cnn.rate": 0.001,
  });
  const notes = Object.fromEntries(
    mapped.filter((m) => m.name === null).map((m) => [m.old, m.note]),
  );
  assert.deepEqual(Object.keys(notes), [
    "data.path",
    "text.lstm.units",
    "text.lstm.epochs",
    "svm.tol",
    "image.lr",
  ]);
  assert.match(notes["svm.tol"]!, /train\.tolerance does not take it/);
  assert.match(notes["image.lr"]!, /set by image\.learning_rate already/);
  const params = parseParams(yaml);
  assert.deepEqual([params.train.c, params.text.words, params.image.cnn.size], [0.5, [1, 3], 224]);
  assert.ok(yaml.includes("# share of the products that judge and never train"), "comments stay");
});

Deno.test("mapOldParams() refuses a file that holds no settings", () => {
  for (const text of ["- 1", "x", "a: [", ""]) {
    assert.throws(() => mapOldParams(text, present), { code: "usage" });
  }
});
