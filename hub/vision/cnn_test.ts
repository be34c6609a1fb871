import assert from "node:assert/strict";
import { AppError } from "@aisle/shared/errors";
import { openGraph } from "../testing/graph_session.ts";
import { openCpuExecutor } from "../training/executors/cpu_executor.ts";
import { planTraining } from "../training/network/mod.ts";
import { CNN_DIMS, cnnGraph, cnnNetwork } from "./cnn.ts";
import { type LearnedPictures, type LearnParts, learnPictures } from "./learn.ts";
import { pixelRows } from "./pixel_rows.ts";
import { drawnPictures } from "./testing/drawn_pictures.ts";

const drawn = drawnPictures(150, 1);
const SETTINGS = {
  epochs: 5,
  batchSize: 8,
  rate: 3e-3,
  weightDecay: 0.01,
  labelSmoothing: 0.05,
  emaDecay: 0.9,
  patience: 5,
  folds: 5,
  seed: 3,
};

function parts(more: Partial<LearnParts> = {}): LearnParts {
  return {
    network: cnnNetwork(drawn),
    rows: pixelRows({ ...drawn, variation: { shift: 1 } }),
    settings: SETTINGS,
    openExecutor: (program) => openCpuExecutor(program),
    digest: "drawn",
    resume: null,
    signal: new AbortController().signal,
    ...more,
  };
}

/** Runs to the end; keeps every checkpoint. */
async function learn(given: LearnParts) {
  const checkpoints: Uint8Array[] = [], run = learnPictures(given);
  let next = await run.next();
  for (; !next.done; next = await run.next()) {
    if ("bytes" in next.value) checkpoints.push(next.value.bytes);
  }
  return { learned: next.value, checkpoints };
}

function sameResult(a: LearnedPictures, b: LearnedPictures): void {
  assert.deepEqual(a.heldOut, b.heldOut);
  assert.deepEqual(a.weights, b.weights);
}

const whole = await learn(parts());

Deno.test("learnPictures() learns drawn pictures and judges itself by rows it has not seen", async () => {
  const { weights, heldOut, accuracy, epochs } = whole.learned;
  assert.ok(accuracy > 0.9, `held-out accuracy ${accuracy}`);
  assert.equal(heldOut.rows.length, 30);
  assert.equal(heldOut.logits.length, 30 * 3);
  assert.ok(epochs >= 1 && epochs <= SETTINGS.epochs);
  const fresh = drawnPictures(60, 99);
  const logits = await served(weights, fresh);
  const right = fresh.labels.filter((label, i) =>
    label ===
      [0, 1, 2].reduce((best, k) => logits[3 * i + k]! > logits[3 * i + best]! ? k : best, 0)
  ).length;
  assert.ok(right > 54, `${right} of 60 new pictures right`);
});

/** Logits by the exported graph and the head. */
async function served(
  weights: LearnedPictures["weights"],
  { pixels, size, labels }: ReturnType<typeof drawnPictures>,
): Promise<Float32Array> {
  await using session = await openGraph(cnnGraph(size, weights));
  const shape = [labels.length, size, size, 3];
  const embedding = (await session.run({ pixels: { shape, data: pixels } }))["embedding"]!.data;
  const [head, bias] = [weights["head/weights"]!, weights["head/bias"]!];
  return Float32Array.from({ length: labels.length * 3 }, (_, at) => {
    const [row, k] = [Math.floor(at / 3), at % 3];
    let sum = bias[k]!;
    for (let d = 0; d < CNN_DIMS; d++) sum += embedding[row * CNN_DIMS + d]! * head[d * 3 + k]!;
    return sum;
  });
}

Deno.test("cnnGraph() with BatchNorm folded and the head gives the logits of the network that was trained", async () => {
  const { weights } = whole.learned, fresh = drawnPictures(9, 5);
  const program = planTraining(cnnNetwork(drawn), { optimizer: { kind: "adamw" } });
  await using session = await openGraph(program.servingGraph());
  const shapes = new Map(program.parameters.map(({ name, shape }) => [name, shape]));
  const fed = Object.fromEntries(
    Object.entries(weights).map(([name, data]) => [name, { shape: shapes.get(name)!, data }]),
  );
  const pixels = { shape: [9, 16, 16, 3], data: fresh.pixels };
  const { logits } = await session.run({ pixels, ...fed });
  (await served(weights, fresh)).forEach((x, i) =>
    assert.ok(Math.abs(x - logits!.data[i]!) < 1e-3)
  );
});

Deno.test("cnnGraph() gives the map whose mean is the embedding", async () => {
  await using session = await openGraph(cnnGraph(16, whole.learned.weights));
  const pixels = { shape: [2, 16, 16, 3], data: drawn.pixels.slice(0, 2 * 16 * 16 * 3) };
  const { map, embedding } = await session.run({ pixels });
  assert.deepEqual(map!.shape, [2, 2, 2, CNN_DIMS]);
  for (let d = 0; d < CNN_DIMS; d++) {
    const mean = [0, 1, 2, 3].reduce((sum, place) => sum + map!.data[place * CNN_DIMS + d]! / 4, 0);
    assert.ok(Math.abs(mean - embedding!.data[d]!) < 1e-5);
  }
});

Deno.test("learnPictures() goes on from any checkpoint to the same bits", async () => {
  const { checkpoints, learned } = whole;
  for (const at of [1, Math.floor(checkpoints.length / 2), checkpoints.length - 2]) {
    sameResult((await learn(parts({ resume: checkpoints[at]! }))).learned, learned);
  }
});

Deno.test("learnPictures() starts anew from a checkpoint of other data", async () => {
  const { learned } = await learn(parts({ resume: whole.checkpoints[1]!, digest: "other" }));
  sameResult(learned, whole.learned);
});

Deno.test("learnPictures() leaves a checkpoint when it is cancelled", async () => {
  const abort = new AbortController(), checkpoints: Uint8Array[] = [];
  const run = learnPictures(parts({ signal: abort.signal }));
  await assert.rejects(async () => {
    for await (const event of run) {
      if ("bytes" in event) checkpoints.push(event.bytes);
      else if (event.event.type === "evaluated") abort.abort();
    }
  }, (error: unknown) => error instanceof AppError && error.code === "cancelled");
  sameResult((await learn(parts({ resume: checkpoints.at(-1)! }))).learned, whole.learned);
});

Deno.test("learnPictures() refuses rows of which none can be held out", async () => {
  const groups = drawn.groups.map(() => "one");
  const rows = pixelRows({ ...drawn, groups, variation: {} });
  await assert.rejects(learn(parts({ rows })), /two content groups at least .* current value is 1/);
});
