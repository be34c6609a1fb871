import assert from "node:assert/strict";
import { GraphBuilder } from "../model/graph/mod.ts";
import { openGraph } from "../testing/graph_session.ts";
import { openCpuExecutor } from "../training/executors/cpu_executor.ts";
import { cutRows, fineTuned, fineTuneNetwork, planFineTune } from "./fine_tune.ts";
import { learnPictures } from "./learn.ts";
import { drawnPictures } from "./testing/drawn_pictures.ts";
import { UNTRAINED_DIMS, untrainedEncoder } from "./testing/untrained_encoder.ts";

const SIZE = 16, DIMS = UNTRAINED_DIMS;
const encoder = () => untrainedEncoder(SIZE);

async function tuned(blocks: number) {
  const graph = encoder(), plan = planFineTune(graph, blocks), drawn = drawnPictures(150, 1);
  await using front = await openGraph(plan.front!);
  const shape = [150, SIZE, SIZE, 3];
  const atCut = (await front.run({ pixels: { shape, data: drawn.pixels } }))[plan.cut]!;
  const cutShape = atCut.shape.slice(1), length = atCut.data.length / 150;
  const run = learnPictures({
    network: fineTuneNetwork(plan, { cutShape, dims: DIMS, classes: 3 }),
    rows: cutRows({
      ...drawn,
      cutShape,
      featuresOf: (row) => atCut.data.subarray(row * length, (row + 1) * length),
    }),
    settings: {
      epochs: 10,
      batchSize: 8,
      rate: 2e-2,
      weightDecay: 0,
      labelSmoothing: 0,
      emaDecay: 0,
      patience: 10,
      folds: 5,
      seed: 1,
    },
    weights: plan.weights,
    openExecutor: (program) => openCpuExecutor(program),
    digest: "",
    resume: null,
    signal: new AbortController().signal,
  });
  let next = await run.next();
  while (!next.done) next = await run.next();
  return {
    graph,
    plan,
    drawn,
    learned: next.value,
    after: fineTuned(graph, plan, next.value.weights),
  };
}

Deno.test("fine-tuning changes the last blocks only, and tells pictures apart that the encoder did not", async () => {
  const { graph, plan, learned, after } = await tuned(2);
  assert.deepEqual([...plan.trains], ["block.1.weight", "block.2.weight"]);
  assert.ok(learned.accuracy > 0.85, `held-out accuracy ${learned.accuracy}`);
  const changed = graph.initializers
    .filter(({ data }, i) => data.some((x, k) => x !== after.initializers[i]!.data[k]))
    .map(({ name }) => name);
  assert.deepEqual(changed.sort(), ["block.1.weight", "block.2.weight"]);
  assert.deepEqual(after.nodes, graph.nodes);
});

Deno.test("the exported encoder and the head give the scores of the network that was trained", async () => {
  const { plan, drawn, learned: { weights }, after } = await tuned(1);
  await using session = await openGraph(after);
  const data = drawn.pixels.slice(0, 5 * SIZE * SIZE * 3),
    pixels = { shape: [5, SIZE, SIZE, 3], data };
  const { embedding, map } = await session.run({ pixels });
  await using front = await openGraph(plan.front!);
  const features = (await front.run({ pixels }))[plan.cut]!;
  const g = new GraphBuilder();
  const sizes = { cutShape: features.shape.slice(1), dims: DIMS, classes: 3 };
  g.output("logits", fineTuneNetwork(plan, sizes).serving(g)["logits"]!);
  await using trained = await openGraph(g.build({ weights: { ...weights } }));
  const logits = (await trained.run({ features }))["logits"]!.data;
  for (let row = 0; row < 5; row++) {
    for (let k = 0; k < 3; k++) {
      let sum = weights["head/bias"]![k]!;
      for (let d = 0; d < DIMS; d++) {
        sum += embedding!.data[row * DIMS + d]! * weights["head/weights"]![d * 3 + k]!;
      }
      assert.ok(Math.abs(sum - logits[row * 3 + k]!) < 1e-4);
    }
  }
  assert.deepEqual(map!.shape, [5, 2, 2, DIMS]);
});

Deno.test("planFineTune() refuses more blocks than there are", () => {
  assert.throws(() => planFineTune(encoder(), 4), /must be 1 to 3: current value is 4/);
});
