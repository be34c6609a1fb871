import assert from "node:assert/strict";
import { rng } from "@aisle/shared/random";
import { openGraph, type Values } from "../../testing/graph_session.ts";
import {
  dense,
  gelu,
  gradients,
  GraphBuilder,
  layerNorm,
  softmax,
  softmaxCrossEntropy,
} from "./mod.ts";

/** Two arms of a spiral: x `[rows,2]` and which arm; no straight line parts them. */
function spirals(rows: number, random: () => number) {
  const x = new Float32Array(rows * 2), labels = new Int32Array(rows);
  for (let i = 0; i < rows; i++) {
    const arm = i % 2, turn = random() * 1.5 * Math.PI, noise = (random() - 0.5) * 0.1;
    x[2 * i] = (turn / 4 + noise) * Math.cos(turn + arm * Math.PI);
    x[2 * i + 1] = (turn / 4 + noise) * Math.sin(turn + arm * Math.PI);
    labels[i] = arm;
  }
  return { x, labels };
}

function network(): GraphBuilder {
  const g = new GraphBuilder();
  const x = g.input("x", ["N", 2]);
  const hidden = g.layer("hidden", () => {
    const h = dense(x, g.parameter("w", [2, 32]), g.parameter("b", [32]));
    return gelu(
      layerNorm(h, { gamma: g.parameter("gamma", [32]), beta: g.parameter("beta", [32]) }),
    );
  });
  const logits = g.layer(
    "head",
    () => dense(hidden, g.parameter("w", [32, 2]), g.parameter("b", [2])),
  );
  const loss = softmaxCrossEntropy(logits, g.input("labels", ["N"], "int32"));
  g.output("probabilities", softmax(logits));
  g.output("loss", loss);
  gradients(loss, g.parameters).forEach((d, i) => g.output(`d:${g.parameters[i]!.name}`, d));
  return g;
}

interface Slot {
  readonly shape: readonly number[];
  readonly data: Float32Array;
  readonly m: Float32Array;
  readonly v: Float32Array;
}

/** One step of AdamW (I. Loshchilov and F. Hutter, 2019) in place; `t` counts from 1. */
function adamw({ data, m, v }: Slot, gradient: Float32Array, t: number, rate: number): void {
  const b1 = 0.9, b2 = 0.999, decay = 1e-4;
  const step = rate / (1 - b1 ** t), root = 1 / Math.sqrt(1 - b2 ** t);
  for (let i = 0; i < data.length; i++) {
    const d = gradient[i]!;
    m[i] = b1 * m[i]! + (1 - b1) * d;
    v[i] = b2 * v[i]! + (1 - b2) * d * d;
    data[i] = data[i]! * (1 - rate * decay) - step * m[i]! / (Math.sqrt(v[i]!) * root + 1e-8);
  }
}

/** Trains for `steps`; gives the losses and the weights. */
async function train(seed: number, steps: number) {
  const random = rng(seed), { x, labels } = spirals(128, random), g = network();
  const slots = Object.fromEntries(g.parameters.map(({ name, shape }) => {
    const sizes = shape as readonly number[], length = sizes.reduce((a, b) => a * b, 1);
    const start = () => name.endsWith("gamma") ? 1 : sizes.length === 1 ? 0 : random() - 0.5;
    const data = Float32Array.from({ length }, start);
    return [name, { shape: sizes, data, m: new Float32Array(length), v: new Float32Array(length) }];
  }));
  const batch: Values = { x: { shape: [128, 2], data: x }, labels: { shape: [128], data: labels } };
  const losses: number[] = [];
  await using session = await openGraph(g.build());
  for (let t = 1; t <= steps; t++) {
    const run = await session.run({ ...batch, ...slots });
    losses.push(run["loss"]!.data[0]!);
    for (const [name, slot] of Object.entries(slots)) adamw(slot, run[`d:${name}`]!.data, t, 0.02);
  }
  const weights = Object.fromEntries(Object.entries(slots).map(([name, { data }]) => [name, data]));
  return { g, losses, weights };
}

Deno.test("a small network learns two spirals, and serves what it learned to batches of any size", async () => {
  const { g, losses, weights } = await train(1, 300);
  assert.ok(losses[0]! > 0.5 && losses.at(-1)! < 0.1, `losses ${losses[0]} to ${losses.at(-1)}`);
  const fresh = spirals(301, rng(99));
  await using session = await openGraph(g.build({ weights }));
  const run = await session.run({
    x: { shape: [301, 2], data: fresh.x },
    labels: { shape: [301], data: fresh.labels },
  });
  const p = run["probabilities"]!.data;
  const right =
    fresh.labels.filter((label, i) => label === Number(p[2 * i + 1]! > p[2 * i]!)).length;
  assert.ok(right / 301 > 0.95, `${right} of 301 right`);
});

Deno.test("training twice from one seed gives the same bits", async () => {
  const [a, b] = [await train(5, 20), await train(5, 20)];
  assert.deepEqual(a.losses, b.losses);
  assert.deepEqual(a.weights, b.weights);
});
