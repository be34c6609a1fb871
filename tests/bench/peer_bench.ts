/**
 * Real catalogues beside the peer of `peer.py`, trained on the very same rows (what the split leaves to train) and
 * scored on the same test: weighted F1 of the served bundle, and times of fitting in turns, each in a fresh process.
 *
 * Needs AISLE_CASES, a folder of cases with `train/` and `test/` in the challenge's layout, and scikit-learn in
 * /usr/bin/python3; says so and passes where they are missing. AISLE_PEER_ROUNDS: turns of each, 3 by default.
 *
 * @module
 */
import { quantile } from "@aisle/shared/stats";
import { aisle, denoJson, measuredJson, ROOT, told } from "./commands.ts";

const PYTHON = "/usr/bin/python3";
const ROUNDS = Number(Deno.env.get("AISLE_PEER_ROUNDS") ?? 3);
const CASES = ["flipkart", "fashion10k", "pricerunner"];

const cases = Deno.env.get("AISLE_CASES");
const missing = cases === undefined
  ? "AISLE_CASES names no folder of cases"
  : await hasPeer()
  ? null
  : `${PYTHON} has no scikit-learn`;
if (missing !== null) {
  console.log(`skipped, the peer's figures: ${missing}`);
} else {
  for (const name of CASES) await compare(name, `${cases}/${name}`);
}

async function compare(name: string, folder: string): Promise<void> {
  const data = await Deno.makeTempDir({ prefix: "aisle-bench-" });
  try {
    const files = (part: string) =>
      ["--x", `${folder}/${part}/x.csv`, "--y", `${folder}/${part}/y.csv`] as const;
    const pipeline = await aisle(data, "pipeline", ...files("train"), "--name", name);
    const again = await aisle(data, "pipeline", ...files("train"), "--name", name);
    console.log(`${name}: pipeline ${told(pipeline)}; again ${told(again)}`);
    const served = await aisle(data, "predict", ...files("test"), "--out", `${data}/out.csv`);

    const train = `${data}/processed/${name}/train.csv`;
    const [, x, , y] = files("test");
    const ours: Fit[] = [], theirs: Fit[] = [];
    let peerF1 = 0;
    for (let round = 0; round < ROUNDS; round++) {
      const fit = ["run", "-q", "--no-prompt", "-P=test", "tests/bench/fit_once.ts", train];
      ours.push((await denoJson(fit)).json as unknown as Fit);
      const peer = await measuredJson(PYTHON, [`${ROOT}tests/bench/peer.py`, train, x, y]);
      theirs.push(peer.json as unknown as Fit);
      peerF1 = Number(peer.json["weightedF1"]);
    }
    console.log(
      `${name}: weighted F1 ${Number(served.json["weightedF1"]).toFixed(4)}, peer ${
        peerF1.toFixed(4)
      }`,
    );
    for (const [what, of] of [["wall", "seconds"], ["CPU", "cpuSeconds"]] as const) {
      const [a, b] = [ours, theirs].map((fits) => quantile(fits.map((fit) => fit[of]), 0.5));
      const ratio = quantile(ours.map((fit, i) => fit[of] / theirs[i]![of]), 0.5);
      console.log(
        `${name}: fit, features and folds included, ${what} ${a!.toFixed(2)} s, peer's fit ` +
          `${b!.toFixed(2)} s; ratio ${ratio.toFixed(2)} (medians of ${ROUNDS} in turns)`,
      );
    }
  } finally {
    await Deno.remove(data, { recursive: true });
  }
}

interface Fit {
  readonly seconds: number;
  readonly cpuSeconds: number;
}

async function hasPeer(): Promise<boolean> {
  try {
    const { success } = await new Deno.Command(PYTHON, {
      args: ["-c", "import sklearn"],
      stderr: "null",
    }).output();
    return success;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}
