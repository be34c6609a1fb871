import assert from "node:assert/strict";
import { fusedFromBytes, fusedToBytes } from "./fused_bytes.ts";
import { scoreFused } from "./score_fused.ts";
import { FUSED_PARAMS, fusedInput } from "./testing/fused_input.ts";
import { type TrainedFused, trainFused, type TrainFusedInput } from "./train_fused.ts";
import type { TrainEvent } from "./train_input.ts";

interface Settings {
  readonly signal?: AbortSignal;
  readonly onEvent?: (event: TrainEvent) => void;
  readonly workers?: number;
}

async function train(input: TrainFusedInput, settings: Settings = {}): Promise<TrainedFused> {
  const run = trainFused(input, {
    signal: settings.signal ?? new AbortController().signal,
    nowMs: () => performance.now(),
    workers: settings.workers ?? 1,
  });
  for (;;) {
    const next = await run.next();
    if (next.done) return next.value;
    settings.onEvent?.(next.value);
  }
}

const input = fusedInput();
const trained = await train(input);

Deno.test("trainFused() joins weak texts with telling pictures and says what that is worth", () => {
  const { fused, report } = trained;
  assert.ok(fused !== null, String(report.textAlone));
  const { textWeightedF1, imageWeightedF1, fusedWeightedF1, servedWeightedF1, picturesSkipped } =
    report.figures as Record<string, number>;
  assert.ok(
    fusedWeightedF1! > textWeightedF1! + 0.02 && fusedWeightedF1! >= imageWeightedF1! - 0.02,
  );
  assert.ok(servedWeightedF1! >= fusedWeightedF1! - FUSED_PARAMS.cascade.maxLoss - 1e-9);
  assert.ok(picturesSkipped! >= 0 && picturesSkipped! <= 1);
  assert.equal(report.pictures, 200);
  assert.equal(report.scored, 200);
  assert.equal(fused.oof.rows, 240);
  assert.ok(report.c !== null && FUSED_PARAMS.fusion.c.includes(report.c));
});

Deno.test("the served thresholds are of all rows, those without a picture by their text", () => {
  const { model, fused } = trained;
  assert.ok(fused!.oof.weightedF1 > model.oof.weightedF1);
  assert.equal(fused!.thresholds.length, model.thresholds.length);
});

Deno.test("trainFused() keeps the text alone where pictures say nothing, and says why", async () => {
  const { fused, report, model } = await train(fusedInput({ strength: 0, telling: 0.9 }));
  assert.equal(fused, null);
  assert.match(report.textAlone!, /no way to join it with pictures is surely better.*weighted F1/);
  assert.ok(model.oof.rows > 0);
});

Deno.test("trainFused() leaves a handful of pictures alone", async () => {
  const { fused, report } = await train(fusedInput({ rows: 40, missing: 1 }));
  assert.equal(fused, null);
  assert.match(report.textAlone!, /0 train rows have a picture/);
});

Deno.test("trainFused() gives the same bits again, on two threads, and after a break at any checkpoint", async () => {
  const bytes = fusedToBytes(trained.fused!);
  assert.deepEqual(fusedToBytes((await train(input)).fused!), bytes);
  const checkpoints: Uint8Array[] = [];
  await train(input, {
    onEvent: (event) => event.type === "checkpoint" && checkpoints.push(event.bytes),
  });
  assert.deepEqual(fusedToBytes((await train(input, { workers: 2 })).fused!), bytes);
  assert.ok(checkpoints.length > 5);
  for (const resume of [checkpoints[0]!, checkpoints[3]!, checkpoints.at(-1)!]) {
    let fits = 0;
    const again = await train({ ...input, resume }, {
      onEvent: (event) => {
        if (event.type === "checkpoint") fits++;
        assert.ok(!(event.type === "log" && event.message.startsWith("starting anew")));
      },
    });
    assert.ok(fits < checkpoints.length);
    assert.deepEqual(fusedToBytes(again.fused!), bytes);
  }
});

Deno.test("trainFused() does not look at features of rows without a picture", async () => {
  const { pictures } = input, values = pictures.values.slice();
  pictures.pictureOf.forEach((picture, row) => {
    if (picture < 0) values.fill(60_000, row * pictures.dims, (row + 1) * pictures.dims);
  });
  const poisoned = await train({ ...input, pictures: { ...pictures, values } });
  assert.deepEqual(fusedToBytes(poisoned.fused!), fusedToBytes(trained.fused!));
});

Deno.test("trainFused() stops within an abort", async () => {
  const stop = new AbortController();
  await assert.rejects(
    train(input, {
      signal: stop.signal,
      onEvent: (event) => event.type === "phase" && event.name === "fusion" && stop.abort(),
    }),
    /cancelled/,
  );
});

Deno.test("fusedFromBytes() gives the model back, and refuses what is none", () => {
  const { fused } = trained;
  assert.deepEqual(fusedFromBytes(fusedToBytes(fused!)), fused);
  assert.throws(() => fusedFromBytes(new Uint8Array(20)), /these bytes are none/);
});

Deno.test("trainFused() takes the branch of an encoder that learned as it is", async () => {
  const { pictures, rows } = input, classes = ["code 0", "code 1", "code 2", "code 3"];
  const scored = Int32Array.from({ length: 100 }, (_, i) => i).filter((row) => row % 6 > 0);
  const logits = new Float32Array(scored.length * 4);
  scored.forEach((row, i) => {
    for (let k = 0; k < 4; k++) logits[i * 4 + k] = Math.sin(i * 7 + k) + (row % 4 === k ? 2 : 0);
  });
  const learned = {
    classes,
    weights: new Float32Array(16 * 4).fill(0.5),
    bias: Float32Array.of(1, 2, 3, 4),
    heldOut: { rows: scored, logits },
  };
  const { fused, report } = await train({
    ...input,
    pictures: { ...pictures, handmade: null, dims: 16, values: new Float16Array(), learned },
  });
  assert.equal(rows[0]!.code, "code 0");
  assert.ok(fused !== null, String(report.textAlone));
  assert.equal(fused.roots, false);
  assert.equal(report.scored, scored.length);
  assert.deepEqual(fused.image.bias, learned.bias);
});

Deno.test("likely label errors come from text and picture together", async () => {
  const rows = input.rows.map((row, i) => i === 7 ? { ...row, code: "code 0" } : row);
  assert.equal(input.rows[7]!.code, "code 3");
  const params = {
    ...FUSED_PARAMS,
    train: { ...FUSED_PARAMS.train, labelErrorConfidence: 0.6 },
  };
  const { labelErrors } = await train({ ...input, rows, params });
  const found = labelErrors.find(({ row }) => row === 7);
  assert.deepEqual([found?.code, found?.likely], ["code 0", "code 3"]);
});

Deno.test("scoreFused() gives confidences of every branch", () => {
  const { model, fused } = trained, { values, dims } = input.pictures;
  const features = values.subarray(dims, 2 * dims);
  const found = scoreFused(model, fused!, { text: input.rows[1]!.text, features });
  for (const branch of [found.text, found.image, found.fused]) {
    assert.ok(Math.abs(branch.reduce((a, b) => a + b, 0) - 1) < 1e-9);
  }
});
