import assert from "node:assert/strict";
import { AppError } from "@aisle/shared/errors";
import { finish } from "../../hub/testing/executor_suite.ts";
import { spiralBatches, spiralNetwork, spirals } from "../../hub/testing/networks.ts";
import { openCpuExecutor } from "../../hub/training/executors/cpu_executor.ts";
import { findWebGpu } from "../../hub/training/executors/webgpu_device.ts";
import { openWebGpuExecutor } from "../../hub/training/executors/webgpu_executor.ts";
import {
  type LoopParts,
  type NetworkEvent,
  planTraining,
  trainNetwork,
} from "../../hub/training/network/mod.ts";

const found = await findWebGpu();
const program = planTraining(spiralNetwork, { optimizer: { kind: "adamw" } });
const missing = "missing" in found ? ` (skipped: ${found.missing})` : "";

Deno.test({
  name:
    `a run whose GPU is lost ends with a checkpoint and says so; the CPU takes it from there${missing}`,
  ignore: "missing" in found,
  async fn() {
    if ("missing" in found) return;
    const batch = spiralBatches(spirals(128, 1), 1), events: NetworkEvent[] = [];
    const parts = (executor: LoopParts["executor"]): LoopParts => ({
      program,
      executor,
      batch,
      schedule: () => 0.01,
      steps: 30,
      seed: 1,
      checkpointEvery: 5,
    });
    await using gpu = await openWebGpuExecutor(program, found.gpu);
    const run = trainNetwork({
      ...parts(gpu),
      batch: (step) => {
        if (step === 12) found.gpu.close();
        return batch(step);
      },
    });
    await assert.rejects(
      async () => {
        for (let next = await run.next(); !next.done; next = await run.next()) {
          events.push(next.value);
        }
      },
      (error) =>
        error instanceof AppError && error.code === "training-failed" &&
        /must not be lost/.test(error.message),
    );
    assert.deepEqual(events.at(-1), { type: "stopped", step: 10, why: "failed" });
    const checkpoint = events.findLast((event) => event.type === "checkpoint")!;
    await using cpu = await openCpuExecutor(program);
    const trained = await finish({ ...parts(cpu), resume: checkpoint.bytes });
    assert.equal(trained.step, 30);
  },
});
