/**
 * A process that trains the spirals and keeps its checkpoints in a folder, for tests that kill it.
 *
 * Says a line for each checkpoint; writes `trained` and ends when the run does.
 *
 * @module
 */
import { openCpuExecutor } from "../training/executors/cpu_executor.ts";
import {
  planTraining,
  scheduleOf,
  type TrainedNetwork,
  trainNetwork,
} from "../training/network/mod.ts";
import { accuracy, spiralBatches, spiralNetwork, spirals } from "./networks.ts";

/** Steps of the whole run. */
const STEPS = 400;

async function train(folder: string): Promise<void> {
  const rows = spirals(256, 1);
  const program = planTraining(spiralNetwork, { optimizer: { kind: "adamw" }, emaDecay: 0.99 });
  await using executor = await openCpuExecutor(program);
  const run = trainNetwork({
    program,
    executor,
    batch: spiralBatches(rows, 5),
    schedule: scheduleOf({ kind: "cosine", rate: 0.02, steps: STEPS, warmup: 20 }),
    steps: STEPS,
    seed: 7,
    evaluate: async (predict) => {
      const found = await predict({ x: { shape: [256, 2], data: rows.x } });
      return { score: accuracy(found["probabilities"]!.data, rows.labels) };
    },
    evaluateEvery: 50,
    checkpointEvery: 10,
    resume: await Deno.readFile(`${folder}/checkpoint`).catch(() => null),
  });
  for (let next = await run.next();; next = await run.next()) {
    if (next.done) return await write(folder, next.value);
    if (next.value.type === "started") console.log(`from ${next.value.step}`);
    if (next.value.type !== "checkpoint") continue;
    // Written beside and renamed: a kill in between leaves the checkpoint before
    await Deno.writeFile(`${folder}/checkpoint.new`, next.value.bytes);
    await Deno.rename(`${folder}/checkpoint.new`, `${folder}/checkpoint`);
    console.log(`checkpoint ${next.value.step}`);
  }
}

async function write(folder: string, trained: TrainedNetwork): Promise<void> {
  const weights = Object.entries(trained.weights).map(([name, array]) => [name, [...array]]);
  await Deno.writeTextFile(`${folder}/trained`, JSON.stringify({ ...trained, weights }));
}

if (import.meta.main) await train(Deno.args[0]!);
