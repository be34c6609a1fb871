/**
 * The made-up catalogue with a picture for every product through everything: the whole pipeline, the same again, a
 * hundred products more, bulk prediction. Each figure is taken once.
 *
 * No bench, because it takes some ten minutes on two cores and 4 GB of disk:
 * `deno run -P=test tests/bench/large_with_pictures.ts [ROWS]`
 *
 * @module
 */
import { aisle, type CommandResult, told } from "./commands.ts";
import { LARGE_ROWS, writeLargeCatalogue } from "./large_catalogue.ts";
import { writeLargePictures } from "./large_pictures.ts";

const rows = Number(Deno.args[0] ?? LARGE_ROWS), MORE = 100, PREDICTED = 5_000;
const folder = await Deno.makeTempDir({ prefix: "aisle-large-" });
const data = `${folder}/data`, images = `${folder}/images.zip`;
const filesOf = (of: string) => [
  "--x",
  `${folder}/${of}/x.csv`,
  "--y",
  `${folder}/${of}/y.csv`,
  "--images",
  images,
];
const name = rows.toLocaleString("en");

try {
  await writeLargeCatalogue(`${folder}/all`, rows);
  await writeLargeCatalogue(`${folder}/some`, Math.min(rows, PREDICTED));
  await writeLargeCatalogue(`${folder}/more`, rows + MORE);
  await writeLargePictures(images, rows);
  const all = [...filesOf("all"), "--name", "large"];
  tell(`pipeline, ${name} products with pictures`, await aisle(data, "pipeline", ...all));
  tell("the same again", await aisle(data, "pipeline", ...all));
  const out = ["--out", `${folder}/predictions.csv`];
  tell(`predict of ${PREDICTED}`, await aisle(data, "predict", ...filesOf("some"), ...out));
  // The pictures of the first are the same files
  await writeLargePictures(images, rows + MORE);
  const more = [...filesOf("more"), "--name", "large"];
  tell(`${MORE} products more`, await aisle(data, "pipeline", ...more));
} finally {
  await Deno.remove(folder, { recursive: true });
}

function tell(what: string, result: CommandResult): void {
  console.log(`${what}: ${told(result)}`);
  for (const { command, peakBytes, cpuSeconds } of result.processes) {
    if (cpuSeconds < 1) continue;
    console.log(
      `  ${(peakBytes / 1e6).toFixed()} MB, ${cpuSeconds.toFixed()} CPU s: ${command.slice(0, 60)}`,
    );
  }
  for (const [, stage, seconds] of result.output.matchAll(/^ {2}(\w+) +done ([\d.]+) s/gm)) {
    console.log(`  ${stage!.padEnd(9)} ${seconds} s`);
  }
  for (const [line] of result.output.matchAll(/^.*decoded now.*$/gm)) console.log(line);
}
