/**
 * One whole training in a process of its own, as the pipeline does it: texts to features, folds for calibration and
 * thresholds, final fit. Prints wall and CPU seconds as JSON; times are without starting and reading, as the peer's.
 *
 * Run it with a CSV in the layout of `data/processed`: `deno run -P=test tests/bench/fit_once.ts train.csv`
 *
 * @module
 */
import process from "node:process";
import { productText } from "@aisle/shared/features";
import { contentGroups } from "../../hub/data/group.ts";
import { readProducts } from "../../hub/data/products.ts";
import type { ProductRow } from "../../hub/data/row.ts";
import { parseParams } from "../../hub/params.ts";
import { trainText } from "../../hub/training/train_text.ts";

const [file] = Deno.args;
if (file === undefined) throw new Error("Say which rows: fit_once.ts train.csv");
const params = parseParams(
  await Deno.readTextFile(new URL("../../params.yaml", import.meta.url)),
);
const source = {
  kind: "table",
  csv: file,
  text: ["designation", "description"],
  label: "prdtypecode",
  id: null,
  image: null,
  images: null,
} as const;
const products: ProductRow[] = [];
for await (const read of readProducts(source, async (key) => (await Deno.open(key)).readable)) {
  if (read.ok) products.push(read.row);
}

const startMs = performance.now(), before = process.cpuUsage();
const groups = contentGroups(products);
const rows = products.map((row, i) => ({
  text: productText({ titleRepeat: params.text.titleRepeat }, row),
  code: row.code,
  group: groups[i]!,
}));
const signal = new AbortController().signal, nowMs = () => performance.now();
const training = trainText({ rows, params, warm: null, resume: null }, { signal, nowMs });
while (!(await training.next()).done);
const seconds = (performance.now() - startMs) / 1000;
const used = process.cpuUsage(before);
console.log(JSON.stringify({ seconds, cpuSeconds: (used.user + used.system) / 1e6 }));
Deno.exit(0);
