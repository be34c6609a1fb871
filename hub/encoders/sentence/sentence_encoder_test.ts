import assert from "node:assert/strict";
import * as native from "onnxruntime-node";
import { AppError } from "@aisle/shared/errors";
import { FULL_LIMITS, guardOnnx } from "@aisle/shared/bundle";
import { sha256 } from "@aisle/shared/hash";
import { openTokenizer, type TokenizerFiles } from "@aisle/shared/tokens";
import {
  bytePairTokenizer,
  unigramTokenizer,
  wordPieceTokenizer,
} from "@aisle/shared/tokens/testing";
import { encodeOnnx, type Graph } from "../../onnx/mod.ts";
import { TINY_DIMS, tinyTransformer, writeSentenceFolder } from "../testing/tiny_sentences.ts";
import { embedSentences } from "./embed_sentences.ts";
import { gatherSentenceEncoder } from "./gather_sentence_encoder.ts";
import { openSentenceEncoder } from "./open_sentence_encoder.ts";
import { sentenceGraph } from "./sentence_graph.ts";

const WORDS = ["red", "blue", "mug", "shirt", "##s", "large"];
const TEXTS = ["Red mugs", "", "a large blue shirt, and another large blue shirt", "mug", "été 42"];

/** Writes a folder, opens its encoder, cleans up. */
async function opened(tokens = 128, more: Record<string, string> = {}) {
  const folder = await Deno.makeTempDir({ prefix: "aisle-sentence-" });
  try {
    await writeSentenceFolder(folder, WORDS);
    for (const [name, text] of Object.entries(more)) {
      await Deno.mkdir(`${folder}/${name.replace(/[^/]*$/, "")}`, { recursive: true });
      await Deno.writeTextFile(`${folder}/${name}`, text);
    }
    const blobs = new Map<string, Uint8Array>();
    const source = await gatherSentenceEncoder(`hf:${folder}`, {
      put(bytes) {
        blobs.set(sha256(bytes), bytes);
        return Promise.resolve(sha256(bytes));
      },
      modelsDir: folder,
    });
    return await openSentenceEncoder(source!, tokens, {
      read: (digest) => Promise.resolve(blobs.get(digest)!),
    });
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** Last states of `text` alone, by the foreign network itself. */
async function states(graph: Graph, ids: readonly number[]): Promise<number[][]> {
  const session = await native.InferenceSession.create(encodeOnnx(graph));
  const tensor = (values: readonly number[]) =>
    new native.Tensor("int64", BigInt64Array.from(values, BigInt), [1, values.length]);
  const { last_hidden_state: found } = await session.run({
    input_ids: tensor(ids),
    attention_mask: tensor(ids.map(() => 1)),
    token_type_ids: tensor(ids.map(() => 0)),
  });
  await session.release();
  const data = found!.data as Float32Array;
  return ids.map((_, t) => [...data.subarray(t * TINY_DIMS, (t + 1) * TINY_DIMS)]);
}
const unit = (values: readonly number[]) => {
  const length = Math.hypot(...values);
  return values.map((x) => x / length);
};
function near(found: readonly number[], expected: readonly number[]): void {
  assert.equal(found.length, expected.length);
  found.forEach((x, i) => assert.ok(Math.abs(x - expected[i]!) < 1e-5, `${x} and ${expected[i]}`));
}

Deno.test("a sentence encoder gives the mean of its tokens' last states, padding left out, of length 1", async () => {
  const encoder = await opened();
  const found = await embedSentences(encoder, TEXTS);
  const tokenize = openTokenizer(encoder.tokenizer, encoder.maxTokens);
  const vocabulary = Object.keys(JSON.parse(encoder.tokenizer.tokenizer).model.vocab).length;
  for (const [r, text] of TEXTS.entries()) {
    const rows = await states(tinyTransformer(vocabulary), [...tokenize([text]).ids]);
    const mean = rows[0]!.map((_, d) => rows.reduce((sum, row) => sum + row[d]!, 0) / rows.length);
    near([...found.subarray(r * TINY_DIMS, (r + 1) * TINY_DIMS)], unit(mean));
  }
});

Deno.test("a sentence encoder takes the first token where its folder says so", async () => {
  const encoder = await opened(128, {
    "1_Pooling/config.json": JSON.stringify({ pooling_mode_cls_token: true }),
  });
  const [text] = TEXTS;
  const { ids } = encoder.tokenize([text!]);
  const vocabulary = Object.keys(JSON.parse(encoder.tokenizer.tokenizer).model.vocab).length;
  const rows = await states(tinyTransformer(vocabulary), [...ids]);
  near([...await embedSentences(encoder, [text!])], unit(rows[0]!));
});

Deno.test("a sentence encoder's id follows its files and the length of its texts", async () => {
  const [a, same, shorter] = [await opened(64), await opened(), await opened(16)];
  assert.equal(a.maxTokens, 64);
  assert.equal(a.id, same.id); // 128 tokens are cut to the 64 that it has positions for
  assert.notEqual(a.id, shorter.id);
});

Deno.test("a sentence encoder's graph passes the bundle's guard", async () => {
  guardOnnx(encodeOnnx((await opened()).graph), FULL_LIMITS);
});

Deno.test("sentenceGraph() says why a network is no sentence encoder", async () => {
  const refusal = async (graph: Graph) => {
    try {
      await sentenceGraph(graph, "mean");
    } catch (error) {
      assert.ok(error instanceof AppError && error.code === "model-invalid", String(error));
      return error.message;
    }
    throw new assert.AssertionError({ message: "it was accepted" });
  };
  const tiny = tinyTransformer(60);
  const [, ...others] = tiny.inputs;
  const strange = { name: "pixel_values", type: "float32" as const, shape: ["n", 3, 8, 8] };
  assert.match(await refusal({ ...tiny, inputs: [...tiny.inputs, strange] }), /pixel_values/);
  const floats = { ...tiny.inputs[0]!, type: "float32" as const };
  assert.match(await refusal({ ...tiny, inputs: [floats, ...others] }), /int64 or int32.*float32/);
  assert.match(
    await refusal({ ...tiny, outputs: [{ ...tiny.outputs[0]!, type: "int64" }] }),
    /float32 output/,
  );
});

const TOKENIZERS: Readonly<Record<string, TokenizerFiles>> = {
  "word pieces": wordPieceTokenizer(WORDS),
  "byte pairs": bytePairTokenizer([["e", "d"], ["r", "ed"], ["Ġ", "m"], ["Ġm", "u"], ["u", "g"]]),
  unigrams: unigramTokenizer([
    ["▁", -2],
    ["▁red", -4],
    ["▁mug", -4.5],
    ["s", -3],
    ..."abcdefghijklmnopqrtuvwxyzé0123456789.,!".split("").map((c) => [c, -6] as const),
  ]),
};

for (const [kind, files] of Object.entries(TOKENIZERS)) {
  Deno.test({
    name: `openTokenizer() makes the very ids of transformers' AutoTokenizer (${kind})`,
    sanitizeOps: false,
    sanitizeResources: false,
    async fn() {
      const folder = await Deno.makeTempDir({ prefix: "aisle-tokens-" });
      try {
        await Deno.mkdir(`${folder}/tiny`);
        await Deno.writeTextFile(`${folder}/tiny/tokenizer.json`, files.tokenizer);
        await Deno.writeTextFile(`${folder}/tiny/tokenizer_config.json`, files.config);
        const { AutoTokenizer, env } = await import("@huggingface/transformers");
        Object.assign(env, { allowRemoteModels: false, allowLocalModels: true });
        const theirs = await AutoTokenizer.from_pretrained(`${folder}/tiny`);
        const ours = openTokenizer(files, 512);
        const more = [
          "Crème brûlée – 3,5 l!",
          "汉字 ok",
          " tabs\tand\nlines ",
          "<s> [SEP] x",
          "🎁🎄",
        ];
        for (const text of [...TEXTS, ...more]) {
          const { input_ids } = await theirs(text, { padding: true, truncation: true });
          const ids = Array.from(input_ids.data as BigInt64Array, Number);
          assert.deepEqual([...ours([text]).ids], ids, text);
        }
        // A text that is cut keeps what opens and closes it
        const whole = [...ours([TEXTS[2]!]).ids];
        const cut = [...openTokenizer(files, 6)([TEXTS[2]!]).ids];
        assert.deepEqual(cut, [...whole.slice(0, 5), whole.at(-1)]);
      } finally {
        await Deno.remove(folder, { recursive: true });
      }
    },
  });
}
