/**
 * `predict`: scores a whole file by streaming, one row out for each row in, in input order.
 *
 * @module
 */
import { stringify } from "csv-stringify/sync";
import { resolve } from "node:path";
import { verify } from "@aisle/shared/bundle";
import { AppError, messageOf } from "@aisle/shared/errors";
import { openPredictor, ortRuntime, type Predictor, type Scored } from "@aisle/shared/serving";
import { readCodes } from "../data/codes.ts";
import { indexColumn } from "../data/columns.ts";
import type { Source } from "../data/source.ts";
import { readProducts } from "../data/products.ts";
import type { ProductRow } from "../data/row.ts";
import { withMergedLabels } from "../evaluation/merged_labels.ts";
import { labelMergesOf } from "../pipeline/datasets.ts";
import type { LabelList } from "../registry/labels.ts";
import { chooseCatalogue } from "./catalogue_choice.ts";
import {
  type Arguments,
  CATALOGUE,
  type Command,
  type CommandContext,
  JSON_OUTPUT,
} from "./command.ts";
import { connectHub } from "./hub_client.ts";
import { resolveBundle } from "./release_commands.ts";
import { type Guesses, scoreGuesses } from "./score_guesses.ts";
import { percent, table } from "./terminal.ts";
import { openRawFile, SOURCE_OPTIONS, type SourceFiles, sourceFiles } from "./upload.ts";

/** Products scored together: enough to keep the runtime busy, few enough to stay small. */
const BATCH = 256;
/** Guesses written for each product. */
const GUESSES = 3;
const COLUMNS = [
  "",
  "productid",
  "prdtypecode",
  "label",
  "confidence",
  "decision",
  "code2",
  "confidence2",
  "code3",
  "confidence3",
];

/** One input row: its index, and its product unless it cannot be read. */
interface InputRow {
  readonly id: string;
  readonly row: ProductRow | null;
}

/** What came out, for `--y` and for the summary. */
interface Outcome extends Guesses {
  readonly rows: number;
  readonly unreadable: number;
  readonly auto: number;
}

async function predict(args: Arguments, context: CommandContext): Promise<void> {
  const { terminal } = context;
  const files = sourceFiles(args, false);
  const out = args.text("out");
  if (files === null) {
    throw new AppError("usage", "Say which products: --x x.csv, or --csv and --text");
  }
  if (out === undefined) {
    throw new AppError("usage", "Say where the predictions go: --out predictions.csv");
  }
  const truthFile = args.text("y");
  const inputs = [truthFile, ...Object.values(files.files)];
  if (inputs.some((file) => file !== undefined && resolve(file) === resolve(out))) {
    throw new AppError("usage", `Cannot write ${out}: it is one of the files to read`);
  }
  const truth = truthFile === undefined
    ? null
    : await readCodes(await openRawFile(truthFile), null);
  const { predictor, names, merges } = await openBundle(args, context);
  await using scoring = predictor;
  const startMs = performance.now();
  const outcome = await writeWhole(
    out,
    (partial) => scoreFile(localSource(files), partial, scoring, names, context),
  );
  const seconds = (performance.now() - startMs) / 1000;
  const report = truth === null ? null : scoreGuesses(outcome, truth, merges);
  if (args.has("json")) {
    const { rows, unreadable, auto } = outcome;
    return terminal.print(
      JSON.stringify({ bundle: scoring.digest, out, seconds, rows, unreadable, auto, ...report }),
    );
  }
  terminal.print(`Bundle       ${scoring.digest.slice(0, 12)}`);
  terminal.print(
    `Predictions  ${out}: ${outcome.rows} rows in ${seconds.toFixed(1)} s, ${
      percent(outcome.auto / Math.max(1, outcome.rows))
    } auto`,
  );
  if (outcome.unreadable > 0) {
    terminal.print(`Unreadable   ${outcome.unreadable} rows have no prediction (decision review)`);
  }
  if (report !== null) {
    const { scored, unscored, accuracy, weightedF1, macroF1, classes } = report;
    terminal.print(
      `Scored       ${scored} rows: accuracy ${accuracy.toFixed(4)}, weighted F1 ${
        weightedF1.toFixed(4)
      }, macro F1 ${macroF1.toFixed(4)}`,
    );
    if (unscored > 0) {
      terminal.print(`Not scored   ${unscored} codes have no prediction, or rows no single code`);
    }
    terminal.print(table(
      ["code", "label", "rows", "precision", "recall", "f1"],
      classes.map((c) => [
        c.code,
        names.get(c.code) ?? "",
        c.rows,
        c.precision.toFixed(4),
        c.recall.toFixed(4),
        c.f1.toFixed(4),
      ]),
    ));
  }
}

/** The bundle that is asked for, ready to score, and the names of its codes. The hub is free again afterwards. */
async function openBundle(
  args: Arguments,
  context: CommandContext,
): Promise<{
  predictor: Predictor;
  names: ReadonlyMap<string, string>;
  merges: Readonly<Record<string, string>>;
}> {
  await using client = await connectHub(context);
  const catalogue = await chooseCatalogue(args, client);
  const digest = await resolveBundle(client, catalogue, args.text("bundle") ?? "champion");
  const labels = await client.json<LabelList>("GET", `/api/v1/catalogues/${catalogue}/labels`);
  const response = await client.fetch(`/api/v1/blobs/${digest}`);
  const bundle = verify(new Uint8Array(await response.arrayBuffer()), digest);
  // Native code on the hub, as fast as it goes; the golden samples prove that it says what wasm says.
  const predictor = await openPredictor(
    bundle,
    ortRuntime("native", await import("onnxruntime-node")),
  );
  const test = await predictor.selfTest();
  if (!test.ok) {
    throw new AppError(
      "bundle-invalid",
      `Cannot use bundle ${digest}: its golden samples differ by ${test.maxDifference}`,
    );
  }
  const merges = labelMergesOf(labels);
  return {
    merges,
    predictor: withMergedLabels(predictor, merges),
    names: new Map(labels.labels.map((l) => [l.code, l.name])),
  };
}

/** Lets `write` fill a file beside `out` and puts it there when it is whole: a file that is there is complete. */
async function writeWhole<T>(out: string, write: (partial: string) => Promise<T>): Promise<T> {
  const partial = `${out}.part`;
  if (await isFolder(out)) throw new AppError("usage", `Cannot write ${out}: it is a folder`);
  try {
    (await Deno.create(partial)).close();
  } catch (error) {
    throw new AppError("usage", `Cannot write ${out}: ${messageOf(error)}`, { cause: error });
  }
  try {
    const result = await write(partial);
    await Deno.rename(partial, out);
    return result;
  } catch (error) {
    await Deno.remove(partial).catch(() => {/* it was never begun */});
    throw error;
  }
}

async function isFolder(path: string): Promise<boolean> {
  try {
    return (await Deno.stat(path)).isDirectory;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

async function scoreFile(
  source: Source,
  out: string,
  predictor: Predictor,
  names: ReadonlyMap<string, string>,
  { terminal, signal }: CommandContext,
): Promise<Outcome> {
  using file = await Deno.open(out, { write: true, truncate: true });
  const writeLines = async (lines: readonly (readonly string[])[]) => {
    const bytes = new TextEncoder().encode(stringify(lines.map((cells) => [...cells])));
    for (let n = 0; n < bytes.length;) n += await file.write(bytes.subarray(n));
  };
  await writeLines([COLUMNS]);
  const guesses: { id: string; code: string | null }[] = [];
  let unreadable = 0, auto = 0;
  const write = async (inputs: readonly InputRow[]) => {
    const products = inputs.flatMap(({ row }) => row === null ? [] : [{ ...row, picture: null }]);
    const scored = (await predictor.predict(products))[Symbol.iterator]();
    const lines = inputs.map(({ id, row }) => {
      const answer = row === null ? null : scored.next().value as Scored;
      if (answer === null) unreadable++;
      else if (answer.decision === "auto") auto++;
      const code = answer === null ? null : predictor.classes[answer.top[0]!.index]!;
      guesses.push({ id, code });
      return outputRow(id, row, answer, predictor.classes, names);
    });
    await writeLines(lines);
  };
  let batch: InputRow[] = [];
  let byIndex = source.kind === "table" && source.id !== null;
  const headers = {
    table(_file: string, { header }: { readonly header: readonly string[] }) {
      if (source.kind === "challenge") byIndex = indexColumn(header) >= 0;
    },
    record() {},
  };
  for await (const product of readProducts(source, openRawFile, headers)) {
    if (signal.aborted) throw new AppError("cancelled", "The prediction was cancelled");
    if (product.ok) batch.push({ id: product.row.id, row: product.row });
    else {
      terminal.note(`  line ${product.bad.line}: ${product.bad.message}`);
      batch.push({ id: product.bad.id ?? "", row: null });
    }
    if (batch.length < BATCH) continue;
    await write(batch);
    batch = [];
    terminal.progress(`${guesses.length} rows`, guesses.length % 10_000, 10_000);
  }
  await write(batch);
  return { rows: guesses.length, unreadable, auto, guesses, byIndex };
}

function outputRow(
  id: string,
  row: ProductRow | null,
  answer: Scored | null,
  classes: readonly string[],
  names: ReadonlyMap<string, string>,
): string[] {
  const guesses = Array.from({ length: GUESSES }, (_, i) => answer?.top[i]);
  const [first, ...others] = guesses.map((guess) =>
    guess === undefined ? ["", ""] : [classes[guess.index]!, guess.confidence.toFixed(6)]
  );
  const [code, confidence] = first as [string, string];
  return [
    id,
    row?.productId ?? "",
    code,
    names.get(code) ?? code,
    confidence,
    answer?.decision ?? "review",
    ...others.flat(),
  ];
}

/** A source whose keys are file names. */
function localSource(files: SourceFiles): Source {
  const { text, id, image } = files.columns;
  return files.kind === "challenge"
    ? { kind: "challenge", x: files.files.x!, y: null, images: null }
    : {
      kind: "table",
      csv: files.files.csv!,
      text: [...text],
      label: null,
      id,
      image,
      images: null,
    };
}

/** `predict`. */
export const PREDICT_COMMANDS: readonly Command[] = [{
  name: "predict",
  summary:
    "Scores products by streaming: code, label, confidence, auto or review, and two more guesses a row.",
  options: [
    ...SOURCE_OPTIONS.filter((o) => o.name !== "label" && o.name !== "name" && o.name !== "y"),
    {
      name: "y",
      value: "FILE",
      help: "true codes: prints accuracy, weighted and macro F1 and the report by class",
    },
    { name: "out", value: "FILE", help: "where the predictions go (CSV)" },
    { name: "bundle", value: "ALIAS_or_DIGEST", help: "which bundle (default: champion)" },
    CATALOGUE,
    JSON_OUTPUT,
  ],
  examples: ["deno task predict --x x.csv --out predictions.csv --y y.csv"],
  run: predict,
}];
