import assert from "node:assert/strict";
import { rng } from "@aisle/shared/random";
import { openCpuExecutor } from "../../hub/training/executors/cpu_executor.ts";
import { findWebGpu } from "../../hub/training/executors/webgpu_device.ts";
import { openWebGpuExecutor } from "../../hub/training/executors/webgpu_executor.ts";
import {
  bag,
  dense,
  embedding,
  type GraphBuilder,
  softmaxCrossEntropy,
} from "../../hub/model/graph/mod.ts";
import {
  type Executor,
  initialState,
  planTraining,
  type TrainingState,
} from "../../hub/training/network/mod.ts";

const RUNS = 50, VOCABULARY = 500, WIDTH = 16, ROWS = 32, LENGTH = 24, CLASSES = 5, STEPS = 4;

function logits(g: GraphBuilder) {
  const ids = g.input("ids", ["N", LENGTH], "int32");
  const rows = embedding(g.parameter("table", [VOCABULARY, WIDTH]), ids);
  const mean = bag(rows, g.input("weights", ["N", LENGTH]));
  return dense(mean, g.parameter("w", [WIDTH, CLASSES]), g.parameter("b", [CLASSES]));
}

const program = planTraining({
  training: (g) => ({ loss: softmaxCrossEntropy(logits(g), g.input("labels", ["N"], "int32")) }),
  serving: (g) => ({ logits: logits(g) }),
}, { optimizer: { kind: "sgd", momentum: 0 } });

/** Ids as words come: few of them most of the time, so that rows are met many times over. */
function batch(step: number) {
  const random = rng(step);
  const zipf = () =>
    Math.min(VOCABULARY - 1, Math.floor(Math.exp(random() * Math.log(VOCABULARY + 1)) - 1));
  return {
    ids: { shape: [ROWS, LENGTH], data: Int32Array.from({ length: ROWS * LENGTH }, zipf) },
    weights: { shape: [ROWS, LENGTH], data: new Float32Array(ROWS * LENGTH).fill(1 / LENGTH) },
    labels: {
      shape: [ROWS],
      data: Int32Array.from({ length: ROWS }, () => Math.floor(random() * CLASSES)),
    },
  };
}

async function train(executor: Executor): Promise<TrainingState> {
  await executor.load(initialState(program, { seed: 1 }));
  for (let step = 1; step <= STEPS; step++) {
    await executor.step(batch(step), { step, rate: 1, readLoss: false });
  }
  return await executor.save();
}

const found = await findWebGpu();
const missing = "missing" in found ? ` (skipped: ${found.missing})` : "";
Deno.test({
  name: `embedding() trains ${RUNS} times on WebGPU to the CPU's weights within 1e-4${missing}`,
  ignore: "missing" in found,
  async fn() {
    if ("missing" in found) return;
    await using cpu = await openCpuExecutor(program);
    const first = initialState(program, { seed: 1 }), wanted = await train(cpu);
    await using executor = await openWebGpuExecutor(program, found.gpu);
    for (let run = 0; run < RUNS; run++) {
      const trained = await train(executor);
      for (const [name, array] of Object.entries(wanted)) {
        const moved = Math.max(...array.map((w, i) => Math.abs(w - first[name]![i]!)));
        assert.ok(moved > 1e-3, `${name} moved`);
        const off = Math.max(...array.map((w, i) => Math.abs(w - trained[name]![i]!)));
        assert.ok(off <= 1e-4 * Math.max(1, moved), `run ${run}: ${name} is off by ${off}`);
      }
    }
  },
});
