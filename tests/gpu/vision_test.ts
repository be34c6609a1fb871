import assert from "node:assert/strict";
import { rng } from "@aisle/shared/random";
import { loadImageEncoder } from "../../hub/encoders/mod.ts";
import { openCpuExecutor } from "../../hub/training/executors/cpu_executor.ts";
import { findWebGpu } from "../../hub/training/executors/webgpu_device.ts";
import { openWebGpuExecutor } from "../../hub/training/executors/webgpu_executor.ts";
import {
  type Batch,
  type Executor,
  initialState,
  type Network,
  planTraining,
} from "../../hub/training/network/mod.ts";
import { cnnNetwork } from "../../hub/vision/cnn.ts";
import { fineTuneNetwork, planFineTune } from "../../hub/vision/fine_tune.ts";
import { cutShapeOf } from "../../hub/vision/front.ts";
import { softTargets } from "../../hub/vision/targets.ts";

const ROWS = 4, CLASSES = 3, SIZE = 32;
const targets = softTargets(Int32Array.of(0, 1, 2, 3), {
  labels: Int32Array.of(0, 1, 2, 0),
  classes: CLASSES,
}, 0.1);

interface Case {
  readonly network: Network;
  readonly weights?: Readonly<Record<string, Float32Array>>;
  readonly batch: Batch;
}

/** The networks that a user trains, at small sizes. */
const CASES: Readonly<Record<string, () => Promise<Case>>> = {
  "the network from scratch": () => {
    const random = rng(1), length = ROWS * SIZE * SIZE * 3;
    const pixels = Uint8Array.from({ length }, () => Math.floor(256 * random()));
    const batch = { pixels: { shape: [ROWS, SIZE, SIZE, 3], data: pixels }, targets };
    return Promise.resolve({ network: cnnNetwork({ size: SIZE, classes: CLASSES }), batch });
  },
  "the last blocks of MobileNetV2": async () => {
    const { graph, dims } = await loadImageEncoder("mobilenet-v2", { size: SIZE });
    const plan = planFineTune(graph, 2), cutShape = cutShapeOf(plan), random = rng(1);
    const length = ROWS * cutShape.reduce((all, size) => all * size, 1);
    const features = Float32Array.from({ length }, () => 2 * random() - 1);
    return {
      network: fineTuneNetwork(plan, { cutShape, dims, classes: CLASSES }),
      weights: plan.weights,
      batch: { features: { shape: [ROWS, ...cutShape], data: features }, targets },
    };
  },
};

const found = await findWebGpu();
const missing = "missing" in found ? ` (skipped: ${found.missing})` : "";
for (const [name, make] of Object.entries(CASES)) {
  Deno.test({
    name: `three steps of ${name} on WebGPU come to the CPU's losses and weights${missing}`,
    ignore: "missing" in found,
    async fn() {
      if ("missing" in found) return;
      const { network, weights, batch } = await make();
      const program = planTraining(network, { optimizer: { kind: "sgd" }, clipNorm: 1 });
      const first = initialState(program, { seed: 1, weights });
      const train = async (executor: Executor) => {
        await executor.load(first);
        const losses: number[] = [];
        for (let step = 1; step <= 3; step++) {
          losses.push((await executor.step(batch, { step, rate: 0.1, readLoss: true }))!);
        }
        return { losses, state: await executor.save() };
      };
      await using cpu = await openCpuExecutor(program);
      await using gpu = await openWebGpuExecutor(program, found.gpu);
      const wanted = await train(cpu), trained = await train(gpu);
      wanted.losses.forEach((loss, i) =>
        assert.ok(Math.abs(loss - trained.losses[i]!) < 1e-3 * Math.max(1, loss))
      );
      assert.notEqual(wanted.losses[0], wanted.losses[2]);
      for (const { name } of program.parameters) {
        const moved = wanted.state[name]!.map((w, i) => w - first[name]![i]!);
        const off = wanted.state[name]!.map((w, i) => w - trained.state[name]![i]!);
        const norm = (of: Float32Array) => Math.sqrt(of.reduce((sum, x) => sum + x * x, 0));
        assert.ok(
          norm(off) <= 1e-2 * norm(moved) + 1e-6,
          `${name}: off by ${norm(off)} of ${norm(moved)}`,
        );
      }
    },
  });
}
