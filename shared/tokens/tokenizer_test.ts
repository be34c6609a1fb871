import assert from "node:assert/strict";
import { wordPieceTokenizer } from "./testing/tiny_tokenizers.ts";
import { sentenceText } from "./sentence_text.ts";
import { openTokenizer } from "./tokenizer.ts";

const files = wordPieceTokenizer(["red", "mug", "shirt", "##s"]);
const vocab: Record<string, number> = JSON.parse(files.tokenizer).model.vocab;
const ids = (...tokens: string[]) => tokens.map((token) => vocab[token]!);

Deno.test("openTokenizer() makes word pieces between the tokens that open and close a text", () => {
  const found = openTokenizer(files, 16)(["Red mugs"]);
  assert.deepEqual([...found.ids], ids("[CLS]", "red", "mug", "##s", "[SEP]"));
  assert.deepEqual([...found.mask], [1, 1, 1, 1, 1]);
});

Deno.test("openTokenizer() pads short texts and tells where", () => {
  const { rows, length, ids: found, mask } = openTokenizer(files, 16)(["", "red mug"]);
  assert.deepEqual([rows, length], [2, 4]);
  assert.deepEqual([...found.subarray(0, 4)], ids("[CLS]", "[SEP]", "[PAD]", "[PAD]"));
  assert.deepEqual([...mask], [1, 1, 0, 0, 1, 1, 1, 1]);
});

Deno.test("openTokenizer() cuts long texts inside their frame", () => {
  const found = openTokenizer(files, 4)(["red mug shirt red mug shirt"]);
  assert.deepEqual([...found.ids], ids("[CLS]", "red", "mug", "[SEP]"));
  const endless = openTokenizer(files, 8)(["a".repeat(100_000)]);
  assert.equal(endless.length, 3);
});

Deno.test("openTokenizer() gives a text the same tokens in any company", () => {
  const tokenize = openTokenizer(files, 12);
  const texts = ["red", "Mug, red!", "ceramic café", "", "shirts 42"];
  const all = tokenize(texts);
  texts.forEach((text, r) => {
    const alone = tokenize([text]);
    const row = all.ids.subarray(r * all.length, r * all.length + alone.length);
    assert.deepEqual([...row], [...alone.ids]);
  });
});

Deno.test("openTokenizer() refuses files that are no tokenizer", () => {
  const broken = { tokenizer: "{}", config: files.config };
  assert.throws(() => openTokenizer(broken, 8), { code: "model-invalid" });
  assert.throws(() => openTokenizer({ ...files, tokenizer: "<html>" }, 8), {
    code: "model-invalid",
  });
  assert.throws(() => openTokenizer(files, 2), /must have room for a token: current value is 2/);
});

Deno.test("sentenceText() joins clean title and description and keeps their case", () => {
  assert.equal(
    sentenceText({ designation: "Red &amp; <b>Blue</b>", description: "A  Mug" }),
    "Red & Blue. A Mug",
  );
  assert.equal(sentenceText({ designation: "", description: "A Mug" }), "A Mug");
});
