/**
 * Times of features and training: made-up products always, real cases where AISLE_CASES names a folder, and a
 * peer beside them where AISLE_PEER names a command (it gets a case's folder and prints the time of its own fit).
 *
 * @module
 */
import { countRows, createEncoder } from "@aisle/shared/features";
import { fitSpec, recipeFrom } from "../features/fit.ts";
import { parseParams } from "../params.ts";
import { readCase } from "./testing/case_folder.ts";
import { madeUpProducts } from "./testing/made_up_products.ts";
import type { TrainRow } from "./train_input.ts";
import { trainText } from "./train_text.ts";

const params = parseParams(
  await Deno.readTextFile(new URL("../../params.yaml", import.meta.url)),
);
const titles = madeUpProducts({ rows: 5_000, classes: 27, words: 8 });
const texts = titles.map((row) => row.text);
const spec = fitSpec(texts, params.text), encoder = createEncoder(spec);

/** Await it in an `async` function: of any other, Deno.bench times only the start and lets the rest run on. */
async function train(rows: readonly TrainRow[], workers: number): Promise<void> {
  const signal = new AbortController().signal, nowMs = () => performance.now();
  const run = trainText({ rows, params, warm: null, resume: null }, { signal, nowMs, workers });
  while (!(await run.next()).done);
}

Deno.bench("features: encode 5,000 titles of 60 characters", { group: "features" }, () => {
  encoder.encode(texts);
});
Deno.bench("features: count them for training", { group: "features" }, () => {
  countRows(recipeFrom(params.text), texts);
});
Deno.bench("features: encode one title", { group: "features" }, () => {
  encoder.encode([texts[0]!]);
});
for (const workers of [1, 2]) {
  Deno.bench(`train: 5,000 titles, 27 classes, 5 folds, ${workers} threads`, {
    group: "train",
    n: 3,
    warmup: 1,
  }, async () => {
    await train(titles, workers);
  });
}

const cases = Deno.env.get("AISLE_CASES"), peer = Deno.env.get("AISLE_PEER")?.split(" ");
for (const name of cases === undefined ? [] : ["flipkart", "fashion10k", "pricerunner"]) {
  const rows = await readCase(
    `${name}/train`,
    params.text.titleRepeat,
    async (key) => (await Deno.open(`${cases}/${key}`)).readable,
  );
  const options = { group: name, n: 3, warmup: 1 };
  Deno.bench(`${name}: all of training, folds included`, options, async () => {
    await train(rows, 2);
  });
  const [program, ...args] = peer ?? [];
  if (program === undefined) continue;
  // Its row here is the whole process, start and predicting included: compare with the fit that it prints itself
  Deno.bench(`${name}: peer, whole process`, { ...options, n: 1, warmup: 0 }, async () => {
    const command = new Deno.Command(program, { args: [...args, `${cases}/${name}`] });
    const { stdout } = await command.output();
    console.log(new TextDecoder().decode(stdout).trim());
  });
}

/** As large as the Rakuten challenge; minutes on a slow machine, so only when asked for. */
if (Deno.env.get("AISLE_BENCH_LARGE") !== undefined) {
  const large = [
    ...madeUpProducts({ rows: 34_000, classes: 27, words: 10, telling: 0.2 }),
    ...madeUpProducts({ rows: 50_916, classes: 27, words: 82, telling: 0.05, seed: 2 }),
  ];
  Deno.bench("84,916 rows of 400 characters, folds included", { n: 1, warmup: 0 }, async () => {
    await train(large, 2);
    console.log(`resident: ${(Deno.memoryUsage().rss / 1e6).toFixed()} MB`);
  });
}
