/**
 * `import`: what the replaced stack left behind: MLflow's database, the catalogue of labels, DVC's params.
 *
 * @module
 */
import { AppError } from "@aisle/shared/errors";
import { openForeignFile } from "../db/foreign_file.ts";
import { readCatalog } from "../imports/catalog_file.ts";
import { MlflowFile, type OldRun } from "../imports/mlflow_file.ts";
import { importMlflow, type ImportReport, type OldFile } from "../imports/mlflow_target.ts";
import { mapOldParams, type MappedParam } from "../imports/old_params.ts";
import { chooseCatalogue } from "./catalogue_choice.ts";
import { type Arguments, CATALOGUE, type Command, type CommandContext } from "./command.ts";
import { JSON_OUTPUT } from "./command.ts";
import { connectHub, type HubClient } from "./hub_client.ts";
import { nameLabels } from "./label_names.ts";
import { table } from "./terminal.ts";
import { openRawFile } from "./upload.ts";

/** Files of a run below `folder`, which is laid out as MLflow's `mlruns`: EXPERIMENT/RUN/artifacts. */
async function filesOf(folder: string | undefined, run: OldRun): Promise<OldFile[]> {
  if (folder === undefined) return [];
  const root = `${folder}/${run.experiment}/${run.id}/artifacts`, files: OldFile[] = [];
  const walk = async (below: string): Promise<void> => {
    for await (const { name, isDirectory, isFile } of Deno.readDir(`${root}${below}`)) {
      const path = `${below}/${name}`;
      if (isDirectory) await walk(path);
      if (isFile) files.push({ name: path.slice(1), open: () => openRawFile(root + path) });
    }
  };
  try {
    await walk("");
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
  return files.sort((a, b) => a.name < b.name ? -1 : 1);
}

async function mlflow(
  client: HubClient,
  args: Arguments,
  { terminal }: CommandContext,
): Promise<ImportReport> {
  await using file = await openForeignFile(args.text("mlflow")!);
  const { items } = await client.json<{ items: { name: string }[] }>("GET", "/api/v1/catalogues");
  const report = await importMlflow(new MlflowFile(file), {
    json: (method, path, body) => client.json(method, path, body),
    async put(path, body) {
      await (await client.fetch(path, { method: "PUT", body })).body?.cancel();
    },
  }, {
    filesOf: (run) => filesOf(args.text("artifacts"), run),
    progress: (what, done, total) => terminal.progress(what, done, total),
    catalogues: new Set(items.map((c) => c.name)),
  });
  terminal.clear();
  return report;
}

/** The params file of here with what was mapped, written beside the report. */
async function params(args: Arguments, { config, terminal }: CommandContext) {
  const file = args.text("params")!, out = args.text("out") ?? "imported-params.yaml";
  const old = await new Response(await openRawFile(file)).text();
  const { mapped, yaml } = mapOldParams(old, await Deno.readTextFile(config.paramsFile), file);
  await Deno.writeTextFile(out, yaml);
  if (!args.has("json")) {
    terminal.print(paramsTable(mapped));
    terminal.print(`Params file  ${out}   (to use it: AISLE_PARAMS=${out})`);
  }
  return { file: out, mapped };
}

function paramsTable(mapped: readonly MappedParam[]): string {
  return table(
    ["old", "value", "here", "set to", "note"],
    mapped.map((m) => [
      m.old,
      JSON.stringify(m.value),
      m.name ?? "none",
      m.set === undefined ? "" : JSON.stringify(m.set),
      m.note,
    ]),
  );
}

/** `import`. */
export const IMPORT_COMMANDS: readonly Command[] = [{
  name: "import",
  summary: "Takes over what the replaced stack left behind; run again, it takes what is missing.",
  options: [
    {
      name: "mlflow",
      value: "FILE",
      help: "MLflow's database (SQLite): experiments, runs, models",
    },
    { name: "artifacts", value: "DIR", help: "with --mlflow: the folder mlruns or mlartifacts" },
    { name: "catalog", value: "FILE", help: "catalog.json: codes and labels" },
    { name: "params", value: "FILE", help: "DVC's params.yaml, mapped onto a params file of here" },
    { name: "out", value: "FILE", help: "with --params: where it goes (imported-params.yaml)" },
    { ...CATALOGUE, help: "with --catalog: whose labels they are (made when absent)" },
    JSON_OUTPUT,
  ],
  examples: [
    "deno task import --mlflow mlflow.db --artifacts mlruns",
    "deno task import --catalog catalog.json --catalogue rakuten",
    "deno task import --params old/params.yaml --out params.rakuten.yaml",
  ],
  async run(args, context) {
    const { terminal } = context, done: Record<string, unknown> = {};
    const asked = ["mlflow", "catalog", "params"].filter((name) => args.text(name) !== undefined);
    if (asked.length === 0) {
      throw new AppError("usage", "Say what to import: --mlflow, --catalog or --params");
    }
    if (args.text("params") !== undefined) done["params"] = await params(args, context);
    if (args.text("mlflow") !== undefined || args.text("catalog") !== undefined) {
      await using client = await connectHub(context);
      if (args.text("catalog") !== undefined) {
        const file = args.text("catalog")!;
        const entries = readCatalog(await new Response(await openRawFile(file)).text(), file);
        const catalogue = await chooseCatalogue(args, client);
        await nameLabels(client, catalogue, entries);
        done["catalog"] = { catalogue, labels: entries.length };
        if (!args.has("json")) terminal.print(`Labels       ${entries.length} in ${catalogue}`);
      }
      if (args.text("mlflow") !== undefined) {
        const report = await mlflow(client, args, context);
        done["mlflow"] = report;
        if (!args.has("json")) printReport(report, context);
      }
    }
    if (args.has("json")) terminal.print(JSON.stringify(done));
  },
}];

function printReport(report: ImportReport, { terminal }: CommandContext): void {
  const { experiments, runs, runsBefore, points, files, models, versions, notes } = report;
  terminal.print(
    `Runs         ${runs} new (${points} points, ${files} files), ${runsBefore} there before`,
  );
  terminal.print(`Experiments  ${experiments} new`);
  terminal.print(`Models       ${models} new, ${versions} new versions`);
  for (const note of notes) terminal.print(`Note         ${note}`);
}
