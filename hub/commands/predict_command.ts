/**
 * `predict`: scores a whole file by streaming, one row out for each row in, in input order.
 *
 * @module
 */
import { resolve } from "node:path";
import { AppError, messageOf } from "@aisle/shared/errors";
import { readCodes } from "../data/codes.ts";
import type { Source } from "../data/source.ts";
import { openPictureFiles } from "../images/picture_files.ts";
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
import { scoreFile } from "./predict_file.ts";
import { openScorer, type Scorer } from "../scoring/scorer.ts";
import { resolveBundle } from "./release_commands.ts";
import { scoreGuesses } from "./score_guesses.ts";
import { percent, table } from "./terminal.ts";
import { openRawFile, SOURCE_OPTIONS, type SourceFiles, sourceFiles } from "./upload.ts";

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
  using pictures = files.images === undefined ? null : await openPictureFiles(files.images);
  const { scorer, names, merges } = await openBundle(args, context, pictures !== null);
  await using scoring = scorer;
  if (pictures !== null && !scoring.readsPictures) {
    terminal.note("  this bundle reads text only: the pictures are left alone");
  }
  const startMs = performance.now();
  const outcome = await writeWhole(out, (partial) =>
    scoreFile({
      source: localSource(files),
      pictures: scoring.readsPictures ? pictures : null,
      out: partial,
      scorer: scoring,
      names,
      terminal,
      signal: context.signal,
    }));
  const seconds = (performance.now() - startMs) / 1000;
  const report = truth === null ? null : scoreGuesses(outcome, truth, merges);
  if (args.has("json")) {
    const { rows, unreadable, auto, pictures } = outcome;
    return terminal.print(
      JSON.stringify({
        bundle: scoring.digest,
        out,
        seconds,
        rows,
        unreadable,
        auto,
        pictures,
        ...report,
      }),
    );
  }
  terminal.print(`Bundle       ${scoring.digest.slice(0, 12)}`);
  terminal.print(
    `Predictions  ${out}: ${outcome.rows} rows in ${seconds.toFixed(1)} s, ${
      percent(outcome.auto / Math.max(1, outcome.rows))
    } auto`,
  );
  if (scoring.readsPictures) {
    const { used, skipped, invalid, none } = outcome.pictures;
    terminal.print(
      `Pictures     ${used} used, ${skipped} left unread (the text was sure), ${none} rows without, ${invalid} that could not be read`,
    );
  }
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
  pictures: boolean,
): Promise<{
  scorer: Scorer;
  names: ReadonlyMap<string, string>;
  merges: Readonly<Record<string, string>>;
}> {
  await using client = await connectHub(context);
  const catalogue = await chooseCatalogue(args, client);
  const digest = await resolveBundle(client, catalogue, args.text("bundle") ?? "champion");
  const labels = await client.json<LabelList>("GET", `/api/v1/catalogues/${catalogue}/labels`);
  const response = await client.fetch(`/api/v1/blobs/${digest}`);
  const merges = labelMergesOf(labels);
  return {
    merges,
    scorer: await openScorer(await response.bytes(), digest, { merges, pictures }),
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
    "Scores products by streaming: code, label, confidence, auto or review, two more guesses, and what became of the picture.",
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
  examples: [
    "deno task predict --x x.csv --out predictions.csv --y y.csv",
    "deno task predict --x x.csv --images pictures.zip --out predictions.csv",
  ],
  run: predict,
}];
