import assert from "node:assert/strict";
import { encode } from "@aisle/shared/features";
import { AppError } from "@aisle/shared/errors";
import type { Params } from "../params.ts";
import { modelToBytes } from "../model/model_bytes.ts";
import type { TextModel } from "../model/text_model.ts";
import { madeUpProducts } from "./testing/made_up_products.ts";
import type { LabelError } from "./label_errors.ts";
import { plantErrors } from "./testing/planted_errors.ts";
import type { TrainEvent, TrainInput, TrainRow } from "./train_input.ts";
import { trainText } from "./train_text.ts";

const PARAMS: Pick<Params, "text" | "train" | "evaluate"> = {
  text: {
    words: [1, 2],
    chars: [2, 5],
    hashBits: 14,
    titleRepeat: 2,
    charWeight: 1,
    charDigitsToZero: true,
    encoder: "tfidf",
    encoderTokens: 128,
  },
  train: {
    c: 1,
    passes: 8,
    tolerance: 0.1,
    folds: 5,
    oofMaxRows: 20_000,
    warmStart: true,
    labelErrorConfidence: 0.9,
    seed: 1,
  },
  evaluate: {
    calibrationBins: 15,
    bootstraps: 100,
    precisions: [0.9, 0.95, 0.99],
    autoPrecision: 0.95,
    latencySamples: 10,
    wasmPictures: 4,
    seed: 1,
  },
};

interface Trained {
  readonly model: TextModel;
  readonly labelErrors: readonly LabelError[];
  readonly bytes: Uint8Array;
  readonly events: readonly TrainEvent[];
}

interface Settings {
  readonly workers?: number;
  readonly checkpointEveryMs?: number;
  readonly signal?: AbortSignal;
  readonly onEvent?: (event: TrainEvent) => void;
}

function input(rows: readonly TrainRow[], changes: Partial<TrainInput> = {}): TrainInput {
  return { rows, params: PARAMS, warm: null, resume: null, ...changes };
}

function start(given: TrainInput, { workers = 1, checkpointEveryMs, signal }: Settings = {}) {
  return trainText(given, {
    signal: signal ?? new AbortController().signal,
    nowMs: () => performance.now(),
    workers,
    ...(checkpointEveryMs === undefined ? {} : { checkpointEveryMs }),
  });
}

async function train(given: TrainInput, settings: Settings = {}): Promise<Trained> {
  const events: TrainEvent[] = [];
  const run = start(given, settings);
  for (;;) {
    const next = await run.next();
    if (next.done) return { ...next.value, bytes: modelToBytes(next.value.model), events };
    events.push(next.value);
    settings.onEvent?.(next.value);
  }
}

/** Share of `rows` whose class the model finds. */
function accuracy({ spec, classes, weights, bias }: TextModel, rows: readonly TrainRow[]): number {
  const { offsets, indices, weights: values } = encode(spec, rows.map((row) => row.text));
  let right = 0;
  rows.forEach((row, r) => {
    const scores = Float64Array.from(bias);
    for (let i = offsets[r]!; i < offsets[r + 1]!; i++) {
      for (let k = 0; k < scores.length; k++) {
        scores[k]! += values[i]! * weights[indices[i]! * scores.length + k]!;
      }
    }
    if (classes[scores.indexOf(Math.max(...scores))] === row.code) right++;
  });
  return right / rows.length;
}

const metric = (events: readonly TrainEvent[], name: string, step = 1): number => {
  const found = events.find((e) => e.type === "metric" && e.name === name && e.step === step);
  assert.ok(found?.type === "metric", `no metric ${name} of step ${step}`);
  return found.value;
};

const PRODUCTS = madeUpProducts({ rows: 400, classes: 5 });
const isInvalid = (error: unknown) => error instanceof AppError && error.code === "data-invalid";
const isCancelled = (error: unknown) => error instanceof AppError && error.code === "cancelled";

Deno.test("trainText() learns, says how well out-of-fold, and reports every pass", async () => {
  const { model, events } = await train(input(PRODUCTS));
  assert.deepEqual(model.classes, ["code 0", "code 1", "code 2", "code 3", "code 4"]);
  const fresh = madeUpProducts({ rows: 200, classes: 5, seed: 2 });
  assert.ok(accuracy(model, fresh) > 0.9);
  assert.equal(model.oof.rows, 400);
  assert.ok(Math.abs(model.oof.accuracy - accuracy(model, fresh)) < 0.06);
  assert.equal(model.oof.histogram.counts.reduce((a, b) => a + b), 400);
  assert.ok(model.thresholds[0]!.confidence !== null);
  assert.ok(metric(events, "final.loss", 2) < metric(events, "final.loss", 1));
  assert.ok(metric(events, "fold5.violation") > 0);
  assert.equal(metric(events, "oof.accuracy"), model.oof.accuracy);
  const phases = events.filter((e) => e.type === "phase");
  assert.deepEqual(phases.map((e) => [e.name, e.step, e.of]), [
    ["features", 1, 3],
    ["fit", 2, 3],
    ["choose", 3, 3],
  ]);
  const progress = events.filter((e) => e.type === "progress").at(-1);
  assert.ok(progress !== undefined && progress.done === progress.total);
  assert.deepEqual(events.at(-1), { type: "stopped", why: "done" });
});

Deno.test("trainText() gives the same bits again, and with any number of Workers", async () => {
  const [once, again, two] = await Promise.all([
    train(input(PRODUCTS)),
    train(input(PRODUCTS)),
    train(input(PRODUCTS), { workers: 2 }),
  ]);
  assert.deepEqual(again.bytes, once.bytes);
  assert.deepEqual(two.bytes, once.bytes);
});

Deno.test("trainText() gives another model for another seed, as good", async () => {
  const params = { ...PARAMS, train: { ...PARAMS.train, seed: 2 } };
  const [one, other] = [await train(input(PRODUCTS)), await train(input(PRODUCTS, { params }))];
  assert.notDeepEqual(other.bytes, one.bytes);
  assert.ok(Math.abs(other.model.oof.accuracy - one.model.oof.accuracy) < 0.05);
});

Deno.test("trainText() resumed from any checkpoint gives the bits of the run that was not broken off", async () => {
  const { rows } = plantErrors(PRODUCTS, 0.05);
  const warm = (await train(input(rows.slice(0, 200)))).model;
  for (const given of [input(rows), input(rows, { warm })]) {
    const whole = await train(given, { checkpointEveryMs: 0 });
    assert.ok(whole.labelErrors.length > 0);
    const saved = whole.events.flatMap((e) => e.type === "checkpoint" ? [e.bytes] : []);
    assert.ok(saved.length >= 12, `${saved.length} checkpoints`);
    for (const resume of saved.filter((_, i) => i % 5 === 0 || i === saved.length - 1)) {
      const resumed = await train({ ...given, resume }, { workers: 2 });
      assert.deepEqual(resumed.bytes, whole.bytes);
      assert.deepEqual(resumed.labelErrors, whole.labelErrors);
      assert.ok(!resumed.events.some((e) => e.type === "log"));
    }
  }
});

Deno.test("trainText() says that it does not use a checkpoint of other rows, or one cut short", async () => {
  const { bytes, events } = await train(input(PRODUCTS), { checkpointEveryMs: 0 });
  const checkpoint = events.findLast((e) => e.type === "checkpoint")!.bytes;
  const others = PRODUCTS.slice(1);
  const foreign = await train(input(others, { resume: checkpoint }));
  assert.ok(foreign.events.some((e) => e.type === "log" && e.message.includes("other data")));
  assert.deepEqual(foreign.bytes, (await train(input(others))).bytes);
  for (const length of [0, 6, 40, checkpoint.length - 1]) {
    const cut = await train(input(PRODUCTS, { resume: checkpoint.slice(0, length) }));
    assert.ok(cut.events.some((e) => e.type === "log" && e.message.includes("not whole")));
    assert.deepEqual(cut.bytes, bytes);
  }
});

for (const workers of [1, 2]) {
  Deno.test(`trainText() with ${workers} threads stops when cancelled, wherever it is`, async () => {
    const large = madeUpProducts({ rows: 3000, classes: 20, words: 15 });
    for (const when of ["features", "fit", "metric"]) {
      const abort = new AbortController();
      let last: TrainEvent | undefined;
      await assert.rejects(
        train(input(large), {
          workers,
          signal: abort.signal,
          onEvent: (event) => {
            last = event;
            if (event.type === when || (event.type === "phase" && event.name === when)) {
              abort.abort();
            }
          },
        }),
        isCancelled,
      );
      assert.deepEqual(last, { type: "stopped", why: "cancelled" });
    }
  });

  Deno.test(`trainText() with ${workers} threads leaves nothing running when its reader goes away`, async () => {
    for await (const event of start(input(PRODUCTS), { workers })) {
      if (event.type === "metric") break;
    }
    // The test runner's sanitizers find timers and Workers that are left
  });
}

Deno.test("trainText() refuses no rows, one class and rows without a code, and says how to mend it", async () => {
  const row = (code: string) => ({ text: "red mug", code, group: "a" });
  for (const rows of [[], [row("10"), row("10")], [row("10"), row("")]]) {
    await assert.rejects(train(input(rows)), isInvalid);
  }
});

Deno.test("trainText() works on two rows, with classes of one row, and on texts without a word", async () => {
  const row = (text: string, code: string) => ({ text, code, group: `${text} ${code}` });
  const two = await train(input([row("red mug", "10"), row("blue pot", "060")]));
  assert.deepEqual(two.model.classes, ["060", "10"]);
  assert.equal(accuracy(two.model, [row("red mug", "10"), row("blue pot", "060")]), 1);
  const single = await train(input([...PRODUCTS.slice(0, 50), row("odd thing", "rare")]));
  assert.ok(single.model.classes.includes("rare"));
  const empty = await train(input(["a", "b", "c", "d"].map((code) => row("", code))));
  assert.ok(empty.model.bias.every(Number.isFinite));
  assert.ok(empty.model.weights.every((w) => w === 0));
  const some = await train(input([...PRODUCTS, row("", "code 0"), row("", "code 1")]));
  assert.ok(some.model.oof.accuracy > 0.85);
});

Deno.test("trainText() works on 31 classes with 4 rows each", async () => {
  const rows = madeUpProducts({ rows: 124, classes: 31, telling: 0.8 });
  const { model } = await train(input(rows));
  assert.equal(model.classes.length, 31);
  assert.equal(accuracy(model, rows), 1);
  assert.ok(model.oof.accuracy > 0.5);
  assert.ok([model.calibration.a, model.calibration.b, model.oof.ece].every(Number.isFinite));
});

Deno.test("trainText() chooses by default values where one group holds all rows", async () => {
  const rows = PRODUCTS.slice(0, 20).map((row) => ({ ...row, group: "one" }));
  const { model } = await train(input(rows));
  assert.equal(model.oof.rows, 0);
  assert.ok(model.thresholds.every(({ confidence }) => confidence === null));
  assert.ok(model.calibration.a > 0);
});

Deno.test("trainText() fits no more folds than oofMaxRows asks for", async () => {
  const params = { ...PARAMS, train: { ...PARAMS.train, oofMaxRows: 170 } };
  const { model } = await train(input(PRODUCTS, { params }));
  assert.equal(model.oof.rows, 160);
});

Deno.test("trainText() from a former model starts with less loss and ends as good", async () => {
  const old = (await train(input(PRODUCTS.slice(0, 300)))).model;
  const cold = await train(input(PRODUCTS));
  const warm = await train(input(PRODUCTS, { warm: old }));
  assert.ok(
    metric(warm.events, "final.loss") < 0.7 * metric(cold.events, "final.loss"),
    `${metric(warm.events, "final.loss")} of ${metric(cold.events, "final.loss")}`,
  );
  const fresh = madeUpProducts({ rows: 300, classes: 5, seed: 3 });
  assert.ok(accuracy(warm.model, fresh) >= accuracy(cold.model, fresh) - 0.01);
  // Out-of-fold figures must not profit from a model that has seen the held-out rows
  assert.deepEqual(warm.model.oof, cold.model.oof);
});

Deno.test("trainText() from a former model learns classes that are new and drops those that are gone", async () => {
  const old = (await train(input(PRODUCTS.filter((row) => row.code !== "code 4")))).model;
  const now = PRODUCTS.filter((row) => row.code !== "code 0");
  const { model } = await train(input(now, { warm: old }));
  assert.deepEqual(model.classes, ["code 1", "code 2", "code 3", "code 4"]);
  assert.ok(accuracy(model, now) > 0.98);
});

Deno.test("trainText() says that a former model with other features is not used", async () => {
  const params = { ...PARAMS, text: { ...PARAMS.text, hashBits: 12 } };
  const old = (await train(input(PRODUCTS.slice(0, 100), { params }))).model;
  const { events, bytes } = await train(input(PRODUCTS, { warm: old }));
  assert.ok(events.some((e) => e.type === "log" && e.message.includes("former model")));
  assert.ok(bytes.length > 0);
});
