import assert from "node:assert/strict";
import type { AppError } from "@aisle/shared/errors";
import { finish } from "../../testing/executor_suite.ts";
import { accuracy, spiralBatches, spiralNetwork, spirals } from "../../testing/networks.ts";
import { openCpuExecutor } from "../executors/cpu_executor.ts";
import {
  type Executor,
  type LoopParts,
  type NetworkEvent,
  planTraining,
  scheduleOf,
  type TrainedNetwork,
  trainNetwork,
} from "./mod.ts";

const ROWS = spirals(256, 1);

function parts(executor: Executor, others: Partial<LoopParts> = {}): LoopParts {
  return {
    program: PROGRAM,
    executor,
    batch: spiralBatches(ROWS, 5),
    schedule: scheduleOf({ kind: "linear", rate: 0.02, steps: 60, warmup: 5 }),
    steps: 60,
    seed: 7,
    evaluate: async (predict) => {
      const found = await predict({ x: { shape: [256, 2], data: ROWS.x } });
      return { score: accuracy(found["probabilities"]!.data, ROWS.labels) };
    },
    evaluateEvery: 10,
    checkpointEvery: 7,
    readLossEvery: 1,
    digest: "data and params",
    ...others,
  };
}
const PROGRAM = planTraining(spiralNetwork, {
  optimizer: { kind: "adamw" },
  clipNorm: 1,
  emaDecay: 0.9,
});

/** All events, and the result or the error. */
async function watch(given: LoopParts) {
  const events: NetworkEvent[] = [], run = trainNetwork(given);
  let trained: TrainedNetwork | null = null, error: unknown = null;
  try {
    for (let next = await run.next();; next = await run.next()) {
      if (next.done) {
        trained = next.value;
        break;
      }
      events.push(next.value);
    }
  } catch (thrown) {
    error = thrown;
  }
  return { events, trained, error };
}

function lastCheckpoint(events: readonly NetworkEvent[]) {
  return events.findLast((event) => event.type === "checkpoint")!;
}

Deno.test("trainNetwork() broken off at any step and resumed ends with the same bits", async () => {
  await using executor = await openCpuExecutor(PROGRAM);
  const whole = await finish(parts(executor));
  for (const stop of [1, 6, 14, 40, 59]) {
    const abort = new AbortController();
    const batch = spiralBatches(ROWS, 5);
    const broken = await watch(parts(executor, {
      signal: abort.signal,
      batch: (step) => {
        if (step === stop) abort.abort();
        return batch(step);
      },
    }));
    assert.equal((broken.error as AppError).code, "cancelled");
    assert.deepEqual(broken.events.at(-1), { type: "stopped", step: stop, why: "cancelled" });
    const resume = lastCheckpoint(broken.events).bytes;
    assert.deepEqual(await finish(parts(executor, { resume })), whole);
  }
});

Deno.test("trainNetwork() says where it goes on, and starts anew from a checkpoint of others", async () => {
  await using executor = await openCpuExecutor(PROGRAM);
  const { events } = await watch(parts(executor, { steps: 14 }));
  const resume = lastCheckpoint(events).bytes;
  const on = await watch(parts(executor, { resume }));
  assert.deepEqual(on.events[0], { type: "log", message: "goes on after step 14" });
  const anew = await watch(parts(executor, { resume, digest: "others" }));
  assert.deepEqual(anew.events[0], {
    type: "log",
    message: "starting anew: the checkpoint is of other data or params",
  });
  assert.equal(anew.events.filter(({ type }) => type === "step").length, 60);
});

Deno.test("trainNetwork() ends after `patience` evaluations without a better score and keeps the best", async () => {
  await using executor = await openCpuExecutor(PROGRAM);
  const scores = [0.1, 0.5, 0.4, 0.5, 0.3, 0.9];
  let asked = 0;
  const { events, trained } = await watch(parts(executor, {
    patience: 3,
    evaluate: () => Promise.resolve({ score: scores[asked++]! }),
  }));
  assert.equal(trained!.why, "patience");
  assert.deepEqual(trained!.best, { step: 20, score: 0.5 });
  assert.equal(asked, 5);
  assert.deepEqual(events.at(-1), { type: "stopped", step: 50, why: "patience" });
});

Deno.test("trainNetwork() ends with a sound checkpoint and a clear error when the loss is no number", async () => {
  await using executor = await openCpuExecutor(PROGRAM);
  const batch = spiralBatches(ROWS, 5);
  const { events, error } = await watch(parts(executor, {
    batch: (step) => {
      const made = batch(step);
      return step === 20
        ? { ...made, x: { shape: [32, 2], data: new Float32Array(64).fill(NaN) } }
        : made;
    },
  }));
  assert.equal((error as AppError).code, "training-failed");
  assert.match((error as AppError).message, /at step 20 the loss is NaN/);
  assert.deepEqual(events.at(-1), { type: "stopped", step: 14, why: "failed" });
  const resume = lastCheckpoint(events).bytes;
  assert.deepEqual(await finish(parts(executor, { resume })), await finish(parts(executor)));
});

Deno.test("trainNetwork() ends with a checkpoint and a clear error when the device is lost", async () => {
  await using cpu = await openCpuExecutor(PROGRAM);
  const lost: Executor = {
    report: cpu.report,
    predict: (...args) => cpu.predict(...args),
    save: () => cpu.save(),
    load: (state) => cpu.load(state),
    step: (batch, options) =>
      options.step < 20 ? cpu.step(batch, options) : Promise.reject(new Error("device lost")),
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
  const { events, error } = await watch(parts(lost));
  assert.equal((error as AppError).code, "training-failed");
  assert.match((error as AppError).message, /at step 20 device lost/);
  const resume = lastCheckpoint(events).bytes;
  assert.deepEqual(await finish(parts(cpu, { resume })), await finish(parts(cpu)));
});

Deno.test("trainNetwork() without an evaluation keeps the last weights, their mean where there is one", async () => {
  await using executor = await openCpuExecutor(PROGRAM);
  const { trained } = await watch(parts(executor, { evaluate: undefined }));
  const state = await executor.save();
  assert.equal(trained!.best, null);
  assert.deepEqual(trained!.weights["head/w"], state["head/w:ema"]);
});
