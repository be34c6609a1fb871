/**
 * What every executor must do; called once a device.
 *
 * @module
 */
import assert from "node:assert/strict";
import {
  type Executor,
  initialState,
  type LearningSettings,
  planTraining,
  scheduleOf,
  type TrainedNetwork,
  type TrainingProgram,
  type TrainingState,
  trainNetwork,
} from "../training/network/mod.ts";
import { openCpuExecutor } from "../training/executors/cpu_executor.ts";
import { plainKernels } from "../training/network/update_kernels.ts";
import {
  accuracy,
  spiralBatches,
  spiralNetwork,
  spirals,
  stripeBatches,
  stripes,
  stripesNetwork,
} from "./networks.ts";

/** One device under test. */
export interface ExecutorUnderTest {
  readonly device: string;
  /** Why the tests are skipped; null where they run. */
  readonly skip: string | null;
  readonly open: (program: TrainingProgram) => Promise<Executor>;
}

const SETTINGS: readonly (readonly [string, LearningSettings])[] = [
  ["AdamW", { optimizer: { kind: "adamw", weightDecay: 0.05 } }],
  ["AdamW, clipped, with a mean", { optimizer: { kind: "adamw" }, clipNorm: 0.1, emaDecay: 0.9 }],
  ["SGD with momentum", { optimizer: { kind: "sgd", weightDecay: 0.01 } }],
  ["Nesterov, one layer frozen, one slow", {
    optimizer: { kind: "sgd", nesterov: true },
    role: (name) => ({ rate: name.endsWith("kernel") ? 0 : name === "w" ? 0.5 : 1, decay: true }),
  }],
];

/** Declares the tests of one executor. */
export function testExecutor({ device, skip, open }: ExecutorUnderTest): void {
  const test = (name: string, run: () => Promise<void>) =>
    Deno.test({
      name: `${device} executor ${name}${skip === null ? "" : ` (skipped: ${skip})`}`,
      ignore: skip !== null,
      fn: run,
    });

  for (const [name, settings] of SETTINGS) {
    test(`moves weights and state as plain arithmetic does: ${name}`, async () => {
      const program = planTraining(stripesNetwork, settings);
      const first = initialState(program, { seed: 3 });
      const batch = stripeBatches(stripes(64, 1), 2);
      await using executor = await open(program);
      await executor.load(first);
      let wanted = first;
      for (let step = 1; step <= 3; step++) {
        wanted = await plainStep(program, wanted, batch(step), { step, rate: 0.05 });
        await executor.step(batch(step), { step, rate: 0.05, readLoss: true });
      }
      assertNear(await executor.save(), wanted, 2e-4);
    });
  }

  test("gives back the state it was given, and refuses a part of one", async () => {
    const program = planTraining(spiralNetwork, SETTINGS[1]![1]);
    const state = initialState(program, { seed: 1 });
    await using executor = await open(program);
    await executor.load(state);
    assert.deepEqual(await executor.save(), state);
    const { "head/b": _, ...part } = state;
    await assert.rejects(executor.load(part), /head\/b must hold 2 numbers/);
  });

  test("predicts by the last weights or by their mean, for batches of any size", async () => {
    const program = planTraining(spiralNetwork, SETTINGS[1]![1]);
    const state = initialState(program, { seed: 1 });
    const turned = { ...state, "head/w:ema": state["head/w"]!.map((w) => -w) };
    await using executor = await open(program);
    await executor.load(turned);
    for (const rows of [1, 7]) {
      const batch = { x: { shape: [rows, 2], data: spirals(rows, 4).x } };
      const last = (await executor.predict(batch, "last"))["probabilities"]!;
      const mean = (await executor.predict(batch, "mean"))["probabilities"]!;
      assert.deepEqual(last.shape, [rows, 2]);
      // Opposite logits: the classes change places
      last.data.forEach((p, i) => assert.ok(Math.abs(p - mean.data[i ^ 1]!) < 1e-5));
    }
  });

  for (
    const [name, network, rate, rows, batches] of [
      ["spirals", spiralNetwork, 0.02, spirals(256, 1), spiralBatches(spirals(256, 1), 1)],
      ["stripes", stripesNetwork, 0.01, stripes(128, 1), stripeBatches(stripes(128, 1), 1)],
    ] as const
  ) {
    test(`learns ${name}`, async () => {
      const program = planTraining(network, { optimizer: { kind: "adamw" }, emaDecay: 0.95 });
      await using executor = await open(program);
      const shape = name === "spirals" ? [256, 2] : [128, 2, 8, 8];
      const trained = await finish({
        program,
        executor,
        batch: batches,
        schedule: scheduleOf({ kind: "cosine", rate, steps: 300, warmup: 10 }),
        steps: 300,
        seed: 1,
        evaluate: async (predict) => {
          const found = await predict({ x: { shape, data: rows.x } });
          return { score: accuracy(found["probabilities"]!.data, rows.labels) };
        },
      });
      assert.equal(trained.why, "done");
      assert.ok(trained.best!.score > 0.95, `accuracy ${trained.best!.score}`);
    });
  }
}

/** Runs a training to its end. */
export async function finish(parts: Parameters<typeof trainNetwork>[0]): Promise<TrainedNetwork> {
  const run = trainNetwork(parts);
  while (true) {
    const next = await run.next();
    if (next.done) return next.value;
  }
}

/** One step by the native runtime's gradients and the optimizer's plain form. */
async function plainStep(
  program: TrainingProgram,
  state: TrainingState,
  batch: Parameters<Executor["step"]>[0],
  { step, rate }: { step: number; rate: number },
): Promise<TrainingState> {
  await using executor = await openCpuExecutor(program, { kernels: plainKernels });
  await executor.load(state);
  await executor.step(batch, { step, rate, readLoss: true });
  return await executor.save();
}

function assertNear(found: TrainingState, wanted: TrainingState, room: number): void {
  assert.deepEqual(Object.keys(found).sort(), Object.keys(wanted).sort());
  for (const [name, array] of Object.entries(wanted)) {
    array.forEach((want, i) => {
      const got = found[name]![i]!;
      assert.ok(
        Math.abs(got - want) <= room * Math.max(1, Math.abs(want)),
        `${name}[${i}]: ${got}, not ${want}`,
      );
    });
  }
}
