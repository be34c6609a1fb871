/**
 * A study of a catalogue: what its texts, its pictures and both together are worth, by cross-validation with the
 * product's own training, beside scikit-learn's TF-IDF + LinearSVC on the same folds.
 *
 *     deno task study CASE... [--titles] [--rows N [--tail]] [--typos SHARE] [--html] [--wrong SHARE] [--missing SHARE]
 *                             [--folds 5] [--seeds 1,2] [--features FOLDER] [--no-peer] [--no-pictures]
 *                             [--params FILE]
 *
 * CASE is a folder with `train/x.csv`, `train/y.csv` and, if there are pictures, `train/images/`; or the name of such a
 * folder in AISLE_CASES. Only train rows are read. Intervals are 95 % paired bootstrap intervals over rows.
 *
 * @module
 */
import { calibrationReport, chanceEce } from "../../hub/evaluation/calibration.ts";
import { type Gain, pairedBootstrap } from "../../hub/evaluation/compare.ts";
import { countAll, intern, scoresOf } from "../../hub/evaluation/metrics.ts";
import { type Params, parseParams } from "../../hub/params.ts";
import { ROOT } from "./commands.ts";
import { type Answered, crossValidate, type Validation } from "./study/cross_validate.ts";
import { type Guesses, meanGain } from "./study/mean_gain.ts";
import { studyFeatures } from "./study/features.ts";
import { type Changes, type StudyRow, studyRows } from "./study/rows.ts";

const PYTHON = "/usr/bin/python3";

const { cases, changes, folds, seeds, folder, peer, noPictures, paramsFile } = readArguments(
  Deno.args,
);
const params = parseParams(await Deno.readTextFile(paramsFile), paramsFile);
for (const name of cases) {
  const rows = await studyRows(name, changes, params.text.titleRepeat);
  const files = noPictures ? [] : picturesOf(rows);
  const features = await studyFeatures(files, params.image, folder);
  console.log(
    `${name} ${JSON.stringify(changes)}: ${rows.length} rows, ` +
      `${new Set(rows.map((row) => row.code)).size} classes, ` +
      `${rows.filter((row) => features.rowOf.has(row.picture)).length} with a picture`,
  );
  const figures: Record<string, number[]> = {}, guesses: Record<string, string[][]> = {};
  for (const seed of seeds) {
    const validation = await crossValidate(rows, features, params, { folds, seed });
    console.log(`seed ${seed}, ${folds} folds, ${validation.cpuSeconds.toFixed(1)} CPU-s`);
    const seen = tell(rows, validation, params);
    const { answers } = validation;
    for (const branch of ["text", "fused", "served"] as const) {
      (guesses[branch] ??= []).push(answers.map((answer) => answer[branch].code));
    }
    if (peer) {
      const { guesses: own, weightedF1 } = await tellPeer(rows, validation);
      (guesses["peer"] ??= []).push(own);
      seen["peer"] = weightedF1;
    }
    for (const [name, f1] of Object.entries(seen)) (figures[name] ??= []).push(f1);
  }
  const means = Object.entries(figures).map(([name, f1s]) =>
    `${name} ${points(f1s.reduce((a, b) => a + b, 0) / f1s.length)}`
  );
  console.log(`mean weighted F1 over ${seeds.length} seeds: ${means.join(", ")}`);
  const codes = rows.map((row) => row.code);
  const mean = (a: Guesses, b: Guesses) =>
    toldGain(meanGain(codes, a, b, {
      replicates: params.evaluate.bootstraps,
      seed: params.evaluate.seed,
      significance: params.gate.significance,
    }));
  const { text, fused, served, peer: theirs } = guesses;
  console.log(
    `mean gains: fused - text ${mean(fused!, text!)}; served - text ${mean(served!, text!)}` +
      (theirs === undefined ? "" : `; text - peer ${mean(text!, theirs)}`),
  );
}
Deno.exit(0);

function picturesOf(rows: readonly StudyRow[]): string[] {
  return [...new Set(rows.map((row) => row.picture))].filter((file) => file !== "").sort();
}

/** Prints what each branch is worth; its weighted F1. */
function tell(
  rows: readonly StudyRow[],
  { answers, chosen }: Validation,
  params: Params,
): Record<string, number> {
  const { evaluate } = params, seen: Record<string, number> = {};
  const line = (name: string, of: (answer: Answered) => Answered["image"]) => {
    const kept = rows.map((row, r) => ({ row, said: of(answers[r]!) })).filter(({ said }) => said);
    if (kept.length === 0) return;
    const truth = kept.map(({ row }) => row.code), codes = kept.map(({ said }) => said!.code);
    const { weightedF1, accuracy } = scoresOf(countAll(intern(truth, codes)));
    seen[name] = weightedF1;
    let text = `  ${name.padEnd(6)} weighted F1 ${points(weightedF1)} accuracy ${points(accuracy)}`;
    if (name !== "image") {
      const right = kept.map(({ row, said }) => row.code === said!.code ? 1 : 0);
      const report = calibrationReport(kept.map(({ said }) => said!.confidence), right, {
        bins: evaluate.calibrationBins,
        replicates: evaluate.bootstraps,
        seed: evaluate.seed,
      });
      const chance = chanceEce(report, params.gate.calibrationQuantile);
      text += ` ECE ${points(report.ece)} (by chance up to ${points(chance)})`;
    }
    console.log(text);
  };
  line("text", (answer) => answer.text);
  line("image", (answer) => answer.image);
  line("fused", (answer) => answer.fused);
  line("served", (answer) => answer.served);
  const gain = (of: (answer: Answered) => string, from: (answer: Answered) => string) =>
    told(rows, answers.map((answer) => [of(answer), from(answer)]), params);
  console.log(`  fused - text   ${gain((a) => a.fused.code, (a) => a.text.code)}`);
  console.log(`  served - fused ${gain((a) => a.served.code, (a) => a.fused.code)}`);
  const skipped = answers.filter((answer) => answer.skipped).length;
  const pictures = answers.filter((answer) => answer.image !== null).length;
  console.log(
    `  pictures left unread ${points(pictures === 0 ? 0 : skipped / pictures)}; ` +
      `joined by ${chosen.join(", ")}`,
  );
  return seen;
}

/** Prints what the peer is worth on the same folds. */
async function tellPeer(
  rows: readonly StudyRow[],
  validation: Validation,
): Promise<{ guesses: string[]; weightedF1: number }> {
  const child = new Deno.Command(PYTHON, {
    args: [`${ROOT}tests/bench/peer_folds.py`],
    stdin: "piped",
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
  const writer = child.stdin.getWriter();
  await writer.write(
    new TextEncoder().encode(JSON.stringify({
      texts: rows.map((row) => `${row.designation} ${row.description}`.trim()),
      codes: rows.map((row) => row.code),
      folds: [...validation.foldOf],
    })),
  );
  await writer.close();
  const { success, stdout } = await child.output();
  if (!success) throw new Error(`${PYTHON} failed; the peer needs scikit-learn (or --no-peer)`);
  const { guesses, cpuSeconds } = JSON.parse(new TextDecoder().decode(stdout));
  const { weightedF1, accuracy } = scoresOf(countAll(intern(rows.map((row) => row.code), guesses)));
  console.log(
    `  peer   weighted F1 ${points(weightedF1)} accuracy ${points(accuracy)}, ` +
      `${cpuSeconds.toFixed(1)} CPU-s`,
  );
  const pairs = validation.answers.map((answer, r) => [answer.text.code, guesses[r]] as const);
  console.log(`  text - peer    ${told(rows, pairs, params)}`);
  return { guesses, weightedF1 };
}

/** The gain in weighted F1 of the first of each pair over the second. */
function told(
  rows: readonly StudyRow[],
  pairs: readonly (readonly [string, string])[],
  { evaluate, gate }: Params,
): string {
  const paired = pairs.map(([candidate, champion], r) => ({
    code: rows[r]!.code,
    candidate,
    champion,
  }));
  const gain: Gain = pairedBootstrap(paired, {
    replicates: evaluate.bootstraps,
    seed: evaluate.seed,
    significance: gate.significance,
    margin: gate.margin,
  }).weightedF1;
  return toldGain(gain);
}

function toldGain({ value, low, high }: Pick<Gain, "value" | "low" | "high">): string {
  return `${points(value)} [${points(low)}, ${points(high)}]`;
}

function points(share: number): string {
  return (share * 100).toFixed(2);
}

function readArguments(args: readonly string[]) {
  const cases: string[] = [], given = new Map<string, string>();
  const flags = ["--titles", "--tail", "--html", "--no-peer", "--no-pictures"];
  for (let i = 0; i < args.length; i++) {
    const arg = args[i]!;
    if (!arg.startsWith("--")) cases.push(arg);
    else given.set(arg, flags.includes(arg) ? "" : args[++i] ?? "");
  }
  const number = (flag: string) =>
    given.has(flag) ? { [flag.slice(2)]: Number(given.get(flag)) } : {};
  const flag = (name: string) => given.has(name) ? { [name.slice(2)]: true } : {};
  const changes: Changes = {
    ...flag("--titles"),
    ...flag("--tail"),
    ...flag("--html"),
    ...number("--rows"),
    ...number("--typos"),
    ...number("--wrong"),
    ...number("--missing"),
  };
  const root = Deno.env.get("AISLE_CASES");
  return {
    cases: cases.map((name) => name.includes("/") || root === undefined ? name : `${root}/${name}`),
    changes,
    folds: Number(given.get("--folds") ?? 5),
    seeds: (given.get("--seeds") ?? "1").split(",").map(Number),
    folder: given.get("--features") ?? `${ROOT}data/study`,
    peer: !given.has("--no-peer"),
    noPictures: given.has("--no-pictures"),
    paramsFile: given.get("--params") ?? `${ROOT}params.yaml`,
  };
}
