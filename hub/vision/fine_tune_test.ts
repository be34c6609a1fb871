import assert from "node:assert/strict";
import {
  conv,
  globalAveragePool,
  GraphBuilder,
  relu,
  scale,
  transpose,
} from "../model/graph/mod.ts";
import { rng } from "@aisle/shared/random";
import type { Graph } from "../onnx/mod.ts";
import { openGraph } from "../testing/graph_session.ts";
import { openCpuExecutor } from "../training/executors/cpu_executor.ts";
import { cutRows, fineTuned, fineTuneNetwork, planFineTune } from "./fine_tune.ts";
import { learnPictures } from "./learn.ts";
import { drawnPictures } from "./testing/drawn_pictures.ts";

const SIZE = 16, DIMS = 8;

/** An encoder of three blocks with drawn weights: it has learned nothing. */
function encoder(): Graph {
  const g = new GraphBuilder(), random = rng(5);
  const pixels = g.input("pixels", ["N", SIZE, SIZE, 3], "uint8");
  const planes = transpose(pixels, [0, 3, 1, 2]);
  let x = scale(
    g.node("Cast", [planes], planes.shape, { type: "float32", attributes: { to: 1 } }),
    1 / 128,
  );
  [3, 4, 4].forEach((channels, i) => {
    const kernel = g.parameter(`block.${i}.weight`, [i === 2 ? DIMS : 4, channels, 3, 3]);
    x = relu(conv(x, kernel, null, { strides: [2, 2], pads: [1, 1, 1, 1] }));
  });
  g.output("embedding", globalAveragePool(x));
  g.output("map", transpose(x, [0, 2, 3, 1]));
  const weights = Object.fromEntries(g.parameters.map(({ name, shape }) => {
    const length = (shape as number[]).reduce((a, b) => a * b, 1);
    return [name, Float32Array.from({ length }, () => random() - 0.5)];
  }));
  return g.build({ weights });
}

async function tuned(blocks: number) {
  const graph = encoder(), plan = planFineTune(graph, blocks), drawn = drawnPictures(150, 1);
  await using front = await openGraph(plan.front!);
  const shape = [150, SIZE, SIZE, 3];
  const atCut = (await front.run({ pixels: { shape, data: drawn.pixels } }))[plan.cut]!;
  const cutShape = atCut.shape.slice(1);
  const run = learnPictures({
    network: fineTuneNetwork(plan, { cutShape, dims: DIMS, classes: 3 }),
    rows: cutRows({ ...drawn, features: Float16Array.from(atCut.data), cutShape }),
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
