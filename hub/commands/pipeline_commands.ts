/**
 * The commands that run stages: `pipeline` and each stage by itself.
 *
 * @module
 */
import { AppError } from "@aisle/shared/errors";
import { STAGES } from "../pipeline/pipeline_events.ts";
import type { PipelineResult } from "../pipeline/pipeline.ts";
import { nearest } from "../params.ts";
import { catalogueName, chooseCatalogue } from "./catalogue_choice.ts";
import {
  type Arguments,
  CATALOGUE,
  type Command,
  type CommandContext,
  JSON_OUTPUT,
  type OptionSpec,
} from "./command.ts";
import { runJob } from "./follow_job.ts";
import { nameLabels, NAMES, readNames } from "./label_names.ts";
import { connectHub, type HubClient } from "./hub_client.ts";
import { droppedFiles } from "./raw_folder.ts";
import { printResult } from "./print_result.ts";
import { SOURCE_OPTIONS, sourceFiles, uploadSource } from "./upload.ts";

const UNSEEN: OptionSpec = {
  name: "unseen",
  value: "SHARE",
  help: "share of the products kept away for simulated users, 0 to 1 (default 0)",
};
const DATASET: OptionSpec = {
  name: "dataset",
  value: "DIGEST",
  help: "data version to learn from (default: the newest)",
};
const FORCE: OptionSpec = {
  name: "force",
  value: "STAGE[,STAGE]",
  help: `stages to run even if nothing has changed: ${STAGES.join(", ")}`,
};
const OWN = { name: "catalogue", value: "NAME", help: "catalogue (default: the data set's name)" };

/** Whether a command reads raw files, may read them, or works on what is there. */
type Reads = "always" | "sometimes" | "never";

/** A command that runs one kind of pipeline job. */
function pipelineCommand(
  kind: string,
  summary: string,
  reads: Reads,
  examples: readonly string[] = [],
): Command {
  return {
    name: kind,
    summary,
    ...(reads === "sometimes" ? { positionals: "[NAME]" } : {}),
    options: [
      ...(reads === "never" ? [CATALOGUE] : [...SOURCE_OPTIONS, OWN]),
      ...(reads === "never" || kind === "check" ? [] : [NAMES]),
      ...(kind === "check" || kind === "merge" ? [] : [UNSEEN]),
      ...(kind === "train" ? [DATASET] : []),
      FORCE,
      JSON_OUTPUT,
    ],
    examples,
    run: (args, context) => run(kind, reads, args, context),
  };
}

async function run(
  kind: string,
  reads: Reads,
  args: Arguments,
  context: CommandContext,
): Promise<void> {
  const force = readForce(args);
  const unseenShare = args.number("unseen");
  if (unseenShare !== undefined && !(unseenShare >= 0 && unseenShare <= 1)) {
    throw new AppError("usage", `--unseen must be from 0 to 1: current value is ${unseenShare}`);
  }
  let files = reads === "never" ? null : sourceFiles(args, kind !== "check");
  const named = args.positionals.length > 0 || args.text("catalogue") !== undefined;
  const dropped = files === null && (reads === "always" || (reads === "sometimes" && !named))
    ? await droppedFiles(`${context.config.dataDir}/raw`)
    : null;
  files ??= dropped?.files ?? null;
  const namesFile = args.text("names");
  const names = namesFile === undefined ? null : await readNames(namesFile);
  await using client = await connectHub(context);
  const catalogue = args.positionals[0] !== undefined
    ? catalogueName(args.positionals[0])
    : files === null
    ? await chooseCatalogue(args, client)
    : catalogueName(
      args.text("catalogue") ?? args.text("name") ?? dropped?.name ?? defaultName(files),
    );
  if (names !== null) await nameLabels(client, catalogue, names);
  const source = files === null ? undefined : await uploadSource(client, files, context);
  const result = await runJob<PipelineResult>(client, {
    catalogue,
    kind,
    input: { source, unseenShare, force, dataset: args.text("dataset") },
  }, context);
  await show(kind, result, args, context, client);
}

async function show(
  kind: string,
  result: PipelineResult,
  args: Arguments,
  context: CommandContext,
  client: HubClient,
): Promise<void> {
  const folder = `${context.config.dataDir}/reports/${result.catalogue}`;
  const { report, labelErrors } = result;
  const files = {
    ...(report === undefined
      ? {}
      : { "data-check.html": report.html, "data-check.json": report.json }),
    ...(labelErrors === undefined
      ? {}
      : { "label-errors.html": labelErrors.html, "label-errors.csv": labelErrors.csv }),
  };
  for (const [name, digest] of Object.entries(files)) {
    await Deno.mkdir(folder, { recursive: true });
    const file = await client.fetch(`/api/v1/blobs/${digest}`);
    await Deno.writeFile(`${folder}/${name}`, file.body!);
  }
  if (report !== undefined && !args.has("json")) {
    context.terminal.print(`Data report  ${folder}/data-check.html (and .json)`);
  }
  if (args.has("json")) context.terminal.print(JSON.stringify(result));
  else printResult(kind, result, context.terminal, folder);
  if (result.report?.fatal) {
    throw new AppError("data-invalid", "Nothing can be learned from these files");
  }
}

/** The folder that the files lie in names the data set. */
function defaultName(
  files: { readonly files: Readonly<Record<string, string | undefined>> },
): string {
  const file = files.files["x"] ?? files.files["csv"] ?? "";
  const path = file.split("/");
  const base = files.files["x"] === undefined
    ? path.at(-1)!.replace(/\.[^.]*$/, "")
    : path.at(-2) ?? "catalogue";
  return base.toLowerCase().replace(/[^a-z0-9_-]+/g, "-").replace(/^[-_]+/, "") || "catalogue";
}

function readForce(args: Arguments): string[] | undefined {
  const force = args.list("force");
  for (const stage of force ?? []) {
    if (!(STAGES as readonly string[]).includes(stage)) {
      const near = nearest(stage, STAGES);
      throw new AppError(
        "usage",
        `There is no stage ${stage}.${near ? ` Did you mean ${near}?` : ""} Stages: ${
          STAGES.join(", ")
        }`,
      );
    }
  }
  return force;
}

/** `check`, `ingest`, `pipeline`, and the single stages and verbs. */
export const PIPELINE_COMMANDS: readonly Command[] = [
  pipelineCommand(
    "check",
    "Checks raw files and writes a report (HTML with plots, JSON).",
    "always",
    [
      "deno task check --x x.csv --y y.csv --images images/",
      "deno task check            (what lies in data/raw/)",
    ],
  ),
  pipelineCommand(
    "ingest",
    "Checks raw files and makes them the catalogue's newest data version.",
    "always",
    [
      "deno task ingest --x x.csv --y y.csv --images images.zip --name rakuten",
      "deno task ingest --csv shop.csv --text title,body --label category --name shop",
    ],
  ),
  pipelineCommand(
    "pipeline",
    "Check, ingest, split, features, train, export, evaluate, gate, promote. What has not changed does not run.",
    "sometimes",
    [
      "deno task pipeline --x x.csv --y y.csv --name rakuten",
      "deno task pipeline                    (what lies in data/raw/)",
      "deno task pipeline rakuten            (its newest data version)",
    ],
  ),
  pipelineCommand("split", "Parts the newest data version into train, gold and unseen.", "never"),
  pipelineCommand(
    "train",
    "Trains on the train set and packs the bundle.",
    "never",
    ["AISLE_PARAMS=params.json deno task train --dataset DIGEST   (a run again, with its own params)"],
  ),
  pipelineCommand(
    "evaluate",
    "Scores the packed bundle on gold and lets the gate decide; promotes nothing.",
    "never",
  ),
  pipelineCommand("merge", "Joins waiting feedback with the data: a new version.", "never"),
  pipelineCommand(
    "retrain",
    "Merge, split, train from the champion's weights, evaluate, gate, promote.",
    "never",
  ),
];
