/**
 * `tune`: searches for better params and writes them into a params file.
 *
 * @module
 */
import type { Tuned } from "../scheduler/tune_job.ts";
import { withParamsText } from "../params.ts";
import { chooseCatalogue } from "./catalogue_choice.ts";
import { CATALOGUE, type Command, JSON_OUTPUT } from "./command.ts";
import { runJob } from "./follow_job.ts";
import { connectHub } from "./hub_client.ts";

const tune: Command = {
  name: "tune",
  summary:
    "Tries params at random, the better ones on more rows, scored out-of-fold on rows that train.",
  options: [
    { name: "trials", value: "N", help: "number of trials (default: tune.trials of the params)" },
    { name: "minutes", value: "M", help: "no trial begins later (default: tune.minutes)" },
    { name: "seed", value: "N", help: "which trials (default: tune.seed)" },
    {
      name: "out",
      value: "FILE",
      help: "where the best params go (default: data/reports/CATALOGUE/tuned-params.yaml)",
    },
    CATALOGUE,
    JSON_OUTPUT,
  ],
  examples: [
    "deno task tune",
    "deno task tune --trials 40 --minutes 120",
    "AISLE_PARAMS=data/reports/demo/tuned-params.yaml deno task pipeline demo",
  ],
  async run(args, context) {
    const { config, terminal } = context;
    const params = await context.params();
    await using client = await connectHub(context);
    const catalogue = await chooseCatalogue(args, client);
    const result = await runJob<Tuned>(client, {
      catalogue,
      kind: "tune",
      input: {
        trials: args.number("trials") ?? params.tune.trials,
        minutes: args.number("minutes") ?? params.tune.minutes,
        seed: args.number("seed") ?? params.tune.seed,
      },
    }, context);
    const folder = `${config.dataDir}/reports/${catalogue}`;
    const file = args.text("out") ?? `${folder}/tuned-params.yaml`;
    const { best, baseline, stopped } = result;
    if (best !== null) {
      if (args.text("out") === undefined) await Deno.mkdir(folder, { recursive: true });
      const text = await Deno.readTextFile(config.paramsFile);
      await Deno.writeTextFile(file, withParamsText(text, best.settings));
    }
    if (args.has("json")) return terminal.print(JSON.stringify({ ...result, file }));
    if (stopped) terminal.print("The time was up before the last round was through.");
    if (best === null) return terminal.print("No two trials were compared: allow more minutes.");
    terminal.print(
      `Best         trial ${best.trial}, weighted F1 ${best.score.toFixed(4)} out of ` +
        `${best.folds} folds; the params as they are ${baseline?.score.toFixed(4) ?? "unknown"}`,
    );
    for (const [name, value] of Object.entries(best.settings)) {
      terminal.print(`  ${name}: ${JSON.stringify(value)}`);
    }
    if (best.trial === 0) terminal.print("  Nothing that was tried is better than what is set.");
    terminal.print(`Params file  ${file}`);
    terminal.print(`To use it    AISLE_PARAMS=${file} deno task pipeline ${catalogue}`);
  },
};

/** `tune`. */
export const TUNE_COMMANDS: readonly Command[] = [tune];
