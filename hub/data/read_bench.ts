/**
 * How long the data half takes for a catalogue of the challenge's size, synthetic: 84,916 rows in 27 classes,
 * titles of 70 and, for 60 %, descriptions of 500 characters.
 *
 * @module
 */
import { rng } from "@aisle/shared/random";
import { parseParams } from "../params.ts";
import { checkSource } from "./check.ts";
import { checkReportHtml } from "./check_report.ts";
import { mergeFeedback } from "./merge.ts";
import { processedCsv } from "./processed.ts";
import { readProducts } from "./products.ts";
import type { ProductRow } from "./row.ts";
import type { Source } from "./source.ts";
import { splitRows } from "./split.ts";
import { openOf } from "./testing/files.ts";
import { readRows, versionOf, writeRows } from "./version.ts";

const ROWS = 84_916, CLASSES = 27;
const random = rng(1);
const word = () => {
  const length = 2 + Math.floor(random() * 9);
  return Array.from({ length }, () => "abcdefghijklmnopqrstuvwxyzéèàç"[Math.floor(random() * 30)])
    .join("");
};
const words = Array.from({ length: 20_000 }, word);

function text(chars: number): string {
  let made = "";
  while (made.length < chars) made += `${words[Math.floor(random() ** 2 * words.length)]} `;
  return made.trim();
}

let x = ",designation,description,productid,imageid\n", y = ",prdtypecode\n";
for (let i = 0; i < ROWS; i++) {
  const description = random() < 0.6
    ? `"<p>${text(250)}, &eacute;<br />\n""${text(240)}""</p>"`
    : "";
  x += `${i},${text(70)},${description},${100_000 + i},${900_000 + i}\n`;
  y += `${i},${10 * (1 + Math.floor(random() ** 2 * CLASSES))}\n`;
}
const encoder = new TextEncoder();
const open = openOf({ x: encoder.encode(x), y: encoder.encode(y) });
x = y = "";
const source: Source = { kind: "challenge", x: "x", y: "y", images: null };
const params = parseParams(Deno.readTextFileSync(new URL("../../params.yaml", import.meta.url)));

const read = async () => {
  const rows: ProductRow[] = [];
  for await (const product of readProducts(source, open)) if (product.ok) rows.push(product.row);
  return rows;
};
const rows = await read();
const stored = await new Response(writeRows(rows)).bytes();
const report = await checkSource(source, open, params.check);
const split = splitRows(rows, null, params.split, { unseenShare: 0.2 });
const feedback = split.sets.unseen.slice(0, 5_000).map((row) => ({
  ...row,
  key: row.id,
  at: "2026-01-01T00:00:00Z",
}));

const once = { group: "data, 84,916 rows", n: 3, warmup: 1 };
Deno.bench("readProducts", once, async () => {
  await read();
});
Deno.bench("checkSource", once, async () => {
  await checkSource(source, open, params.check);
});
Deno.bench("checkReportHtml", once, () => {
  checkReportHtml(report);
});
Deno.bench("versionOf", once, () => {
  versionOf(rows);
});
Deno.bench("writeRows", once, async () => {
  await new Response(writeRows(rows)).bytes();
});
Deno.bench("readRows", once, async () => {
  await Array.fromAsync(readRows(new Response(stored).body!));
});
Deno.bench("splitRows", once, () => {
  splitRows(rows, null, params.split, { unseenShare: 0.2 });
});
Deno.bench("mergeFeedback, 5,000 rows", once, () => {
  mergeFeedback(rows, feedback, split.state);
});
Deno.bench("processedCsv", once, async () => {
  await new Response(processedCsv(rows)).bytes();
});
