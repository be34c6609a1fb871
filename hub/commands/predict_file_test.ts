import assert from "node:assert/strict";
import { verify } from "@aisle/shared/bundle";
import { openPictureFiles } from "../images/picture_files.ts";
import { tinyFusedBundle } from "../testing/fused_bundle.ts";
import { openNative } from "../scoring/native_predictor.ts";
import { scoreFile } from "./predict_file.ts";
import { openScorer } from "../scoring/scorer.ts";
import type { Terminal } from "./terminal.ts";

const GOLDEN = new URL("../../tests/golden/pictures/", import.meta.url);
const bytes = await tinyFusedBundle();
const { digest } = verify(bytes, null);
const ROWS = 50;

/** A folder with products and pictures; each third has none, row 7 a broken one, row 8 one that cannot be opened. */
async function shop() {
  const path = await Deno.makeTempDir({ prefix: "aisle-predict-" });
  await Deno.mkdir(`${path}/images`);
  const names = ["420.jpg", "alpha.png", "lossy.webp", "turned_6.jpg"];
  const lines = [",designation,description,productid,imageid"];
  for (let i = 0; i < ROWS; i++) {
    lines.push(`${i},produit ${i} bleu,,${5000 + i},${9000 + i}`);
    const file = `${path}/images/image_${9000 + i}_product_${5000 + i}`;
    if (i === 7) {
      await Deno.copyFile(new URL("refused_truncated.jpg", GOLDEN), `${file}.jpg`);
    } else if (i === 8) await Deno.writeFile(`${file}.jpg`, new Uint8Array(17 << 20));
    else if (i % 3 > 0) {
      const name = names[i % names.length]!;
      await Deno.copyFile(new URL(name, GOLDEN), `${file}${name.slice(name.lastIndexOf("."))}`);
    }
  }
  await Deno.writeTextFile(`${path}/x.csv`, lines.join("\n") + "\n");
  return { path, [Symbol.asyncDispose]: () => Deno.remove(path, { recursive: true }) };
}

Deno.test("scoreFile() loses no row, whatever becomes of its picture, and keeps the order", async () => {
  await using folder = await shop();
  using pictures = await openPictureFiles(`${folder.path}/images`);
  await using scorer = await openScorer(bytes, digest, { merges: {}, pictures: true, workers: 2 });
  assert.equal(scorer.readsPictures, true);
  const notes: string[] = [];
  const terminal: Terminal = {
    print: () => {},
    note: (line) => notes.push(line),
    progress: () => {},
    clear: () => {},
  };
  const out = `${folder.path}/out.csv`;
  await Deno.create(out).then((file) => file.close());
  const outcome = await scoreFile({
    source: { kind: "challenge", x: `${folder.path}/x.csv`, y: null, images: null },
    pictures,
    out,
    scorer,
    names: new Map([["10", "Livres, neufs"]]),
    terminal,
    signal: new AbortController().signal,
  });
  const lines = (await Deno.readTextFile(out)).trim().split("\n");
  assert.equal(lines[0]?.endsWith("route,picture"), true);
  assert.equal(lines.length, ROWS + 1);
  const uses = lines.slice(1).map((line) => line.split(",").at(-1));
  assert.deepEqual(lines.slice(1).map((line) => Number(line.split(",")[0])), [
    ...Array(ROWS).keys(),
  ]);
  assert.deepEqual(
    uses,
    Array.from(
      { length: ROWS },
      (_, i) => i === 7 || i === 8 ? "invalid" : i % 3 > 0 ? "used" : "none",
    ),
  );
  assert.deepEqual(outcome.pictures, { none: 17, skipped: 0, used: 31, invalid: 2 });
  assert.deepEqual(notes.map((note) => /row (\d+)/.exec(note)?.[1]), ["7", "8"]);

  // The pool says what one predictor says, one product at a time.
  await using predictor = await openNative(bytes, digest, {});
  const one = await Deno.readFile(`${folder.path}/images/image_9001_product_5001.png`);
  const [answer] = await predictor.predict([{
    designation: "produit 1 bleu",
    description: "",
    picture: one,
  }]);
  assert.equal(outcome.guesses[1]?.code, predictor.classes[answer!.top[0]!.index]);
  const confidence = Number(/,([\d.]+),(?:auto|review)/.exec(lines[2]!)![1]);
  assert.ok(Math.abs(confidence - answer!.confidence) < 2e-6);
});

Deno.test("openScorer() refuses what is no bundle before it starts a Worker", async () => {
  const options = { merges: {}, pictures: true };
  await assert.rejects(openScorer(bytes.with(100, bytes[100]! ^ 1), digest, options), {
    code: "bundle-invalid",
  });
});
