/**
 * A sentence encoder from a folder to the edge: params, training, bundle, gate, and a worker without any permission.
 *
 * The encoder is a tiny one that knows which words mean the same; the n-grams cannot, because each word is rare.
 */
import assert from "node:assert/strict";
import { unpack, verify } from "@aisle/shared/bundle";
import { rng } from "@aisle/shared/random";
import { startWebWorker } from "../../edge/web_worker.ts";
import { readWorkerBinaries } from "../../edge/worker_binaries.ts";
import {
  TINY_DIMS,
  tinyTransformer,
  writeSentenceFolder,
} from "../../hub/encoders/testing/tiny_sentences.ts";
import { PARAMS, rowsOf, WholeHub } from "../project/whole_hub.ts";

const CODES = ["10", "20", "30"], SYNONYMS = 400, ROWS = 240;
const random = rng(9);
const below = (limit: number) => Math.floor(random() * limit);
const word = () => Array.from({ length: 7 }, () => "abcdefghijklmnop"[below(16)]).join("");
const meanings = CODES.map(() => Array.from({ length: SYNONYMS }, word));
const product = (k: number, pick = random) => {
  const words = [0, 1].map(() => meanings[k]![Math.floor(pick() * SYNONYMS)]!);
  return { designation: `the ${words.join(" and ")}`, description: "", code: CODES[k]! };
};
const PRODUCTS = rowsOf(Array.from({ length: ROWS }, (_, i) => product(i % 3)));

/** Words of one meaning lie near each other. */
function knowing(vocab: Readonly<Record<string, number>>) {
  const graph = tinyTransformer(Object.keys(vocab).length);
  const initializers = graph.initializers.map((tensor) => {
    if (tensor.name !== "words") return tensor;
    const data = Float32Array.from(tensor.data as Float32Array, (value) => value * 0.2);
    meanings.forEach((words, k) => {
      for (const each of words) data[vocab[each]! * TINY_DIMS + k]! += 3;
    });
    return { ...tensor, data };
  });
  return { ...graph, initializers };
}

/** What is known of texts: each chunk of vectors adds a line. */
async function known({ dataDir }: WholeHub): Promise<string[]> {
  const files = await Array.fromAsync(Deno.readDir(`${dataDir}/features`));
  const names = files.map(({ name }) => name).sort();
  return await Promise.all(names.map((name) => Deno.readTextFile(`${dataDir}/features/${name}`)));
}

Deno.test("a sentence encoder out of a folder joins training, bundle, gate and edge", async (t) => {
  const folder = await Deno.makeTempDir({ prefix: "aisle-encoder-" });
  try {
    await writeSentenceFolder(folder, meanings.flat(), knowing);
    const params = { ...PARAMS, text: { ...PARAMS.text, encoder: `hf:${folder}` } };
    await using whole = await WholeHub.open(params);
    await using plain = await WholeHub.open();
    const [first, without] = [
      await whole.pipeline("pipeline", { source: await whole.challenge(PRODUCTS) }),
      await plain.pipeline("pipeline", { source: await plain.challenge(PRODUCTS) }),
    ];
    const bytes = await whole.blobs.bytes(first.bundle!);

    await t.step("the bundle carries encoder and tokenizer and is better", () => {
      assert.ok(first.ran.includes("sentences") && !without.ran.includes("sentences"));
      const { manifest, files } = unpack(bytes);
      assert.equal(manifest.sentence?.encoder.dims, TINY_DIMS);
      assert.deepEqual([...files.keys()].filter((name) => /token|encoder/.test(name)).sort(), [
        "text_encoder.onnx",
        "tokenizer.json",
        "tokenizer_config.json",
      ]);
      const [both, alone] = [first.metrics!["weightedF1"]!, without.metrics!["weightedF1"]!];
      assert.ok(both > alone + 0.1, `${both} and ${alone}`);
      assert.equal(first.promoted, true);
    });

    await t.step("asked again nothing runs, and a changed file runs what used it", async () => {
      const source = await whole.challenge(PRODUCTS);
      assert.deepEqual((await whole.pipeline("pipeline", { source })).ran, []);
      await writeSentenceFolder(folder, meanings.flat());
      const { ran } = await whole.pipeline("pipeline", { source });
      assert.deepEqual(ran.slice(0, 2), ["sentences", "train"]);
    });

    await t.step(
      "a forced stage reads no text a second time and gives the same bundle",
      async () => {
        await writeSentenceFolder(folder, meanings.flat(), knowing);
        const source = await whole.challenge(PRODUCTS), before = await known(whole);
        const again = await whole.pipeline("pipeline", { source, force: ["sentences"] });
        assert.ok(again.ran.includes("sentences"));
        assert.equal(again.bundle, first.bundle);
        assert.deepEqual(await known(whole), before);
      },
    );

    await t.step("a worker without permissions serves it", async () => {
      const worker = startWebWorker(await readWorkerBinaries());
      try {
        const { digest } = verify(bytes, first.bundle!);
        const { classes, maxDifference } = await worker.load(bytes, digest);
        assert.ok(maxDifference < 1e-4, `${maxDifference}`);
        const fresh = Array.from({ length: 60 }, (_, i) => product(i % 3));
        const answers = await worker.predict(fresh);
        const right = answers.filter(({ top }, i) => classes[top[0]!.index] === fresh[i]!.code);
        assert.ok(right.length > 50, `${right.length} of 60`);
      } finally {
        worker.close();
      }
    });
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
