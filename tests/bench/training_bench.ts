/**
 * Steps of the training engine, beside PyTorch's where /usr/bin/python3 has it: the same networks, batches and
 * optimizers, one thread, each in a fresh process, in turns (A B A B), by CPU time because machines are shared.
 *
 * AISLE_STEP_ROUNDS: turns of each, 3 by default. AISLE_STEP_SECONDS: of each, 4. With AISLE_STEP_DEVICE=webgpu the
 * engine's own figures are of the GPU, and wall time is what counts.
 *
 * @module
 */
import { quantile } from "@aisle/shared/stats";
import { denoJson, measuredJson, ROOT } from "./commands.ts";
import type { MeasuredSteps } from "./training_steps.ts";

const PYTHON = "/usr/bin/python3";
const ROUNDS = Number(Deno.env.get("AISLE_STEP_ROUNDS") ?? 3);
const SECONDS = Deno.env.get("AISLE_STEP_SECONDS") ?? "4";
const DEVICE = Deno.env.get("AISLE_STEP_DEVICE") ?? "cpu";
const NETWORKS = {
  mlp: "MLP 1024-512-27, batch 256",
  bag: "sparse bag 50,000 x 128, batch 256",
  cnn: "CNN 64 x 64, batch 32",
};

const peer = await hasTorch();
if (!peer) console.log(`skipped, the peer's figures: ${PYTHON} has no PyTorch`);
for (const [name, title] of Object.entries(NETWORKS)) {
  const ours: MeasuredSteps[] = [], theirs: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const steps = ["run", "-q", "--no-prompt", "-P=test", "tests/bench/training_steps.ts"];
    ours.push((await denoJson([...steps, name, SECONDS, DEVICE])).json as unknown as MeasuredSteps);
    if (!peer) continue;
    const measured = await measuredJson(PYTHON, [
      `${ROOT}tests/bench/peer_steps.py`,
      name,
      SECONDS,
    ]);
    theirs.push(Number(measured.json["stepsPerCpuSecond"]));
  }
  const median = (values: readonly number[]) => quantile([...values], 0.5)!;
  const of = (key: "stepsPerSecond" | "stepsPerCpuSecond" | "flopsPerSecond") =>
    median(ours.map((each) => each[key]));
  console.log(
    `${title} on ${ours[0]!.adapter}: ${of("stepsPerSecond").toFixed(1)} steps/s, ` +
      `${(of("flopsPerSecond") / 1e9).toFixed(1)} GFLOP/s, ` +
      `${of("stepsPerCpuSecond").toFixed(1)} steps a CPU second`,
  );
  if (!peer) continue;
  const ratios = ours.map(({ stepsPerCpuSecond }, i) => stepsPerCpuSecond / theirs[i]!);
  console.log(
    `${title}: PyTorch ${median(theirs).toFixed(1)} steps a CPU second; ratio ` +
      `${median(ratios).toFixed(2)} (${Math.min(...ratios).toFixed(2)} to ` +
      `${Math.max(...ratios).toFixed(2)}, ${ROUNDS} in turns)`,
  );
}

async function hasTorch(): Promise<boolean> {
  try {
    const args = ["-c", "import torch"];
    return (await new Deno.Command(PYTHON, { args, stderr: "null" }).output()).success;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}
