import assert from "node:assert/strict";
import { checkGradients } from "../../testing/gradient_check.ts";
import { openGraph } from "../../testing/graph_session.ts";
import { GraphBuilder } from "./builder.ts";
import { crossEntropy, logSoftmax, softmax, softmaxCrossEntropy } from "./loss.ts";

for (const [name, build] of Object.entries({ softmax, logSoftmax })) {
  Deno.test(`${name}() has the gradient of finite differences`, async () => {
    for (const x of [["N", 4], ["N", 2, 3]] as const) {
      await checkGradients({ by: { x }, build: ({ x }) => build(x!) });
    }
  });
}

const labels = { shape: ["N"], data: Int32Array.of(2, 0, 2) } as const;

for (
  const [name, labelSmoothing, weighted] of [
    ["plain", 0, false],
    ["label smoothing", 0.2, false],
    ["class weights", 0, true],
    ["both", 0.1, true],
  ] as const
) {
  Deno.test(`softmaxCrossEntropy() has the gradient of finite differences: ${name}`, async () => {
    for (const data of [labels.data, BigInt64Array.of(2n, 0n, 2n)]) {
      await checkGradients({
        by: { logits: ["N", 4] },
        sizes: { N: 3 },
        fed: { labels: { ...labels, data } },
        build: ({ logits, labels }, g) =>
          softmaxCrossEntropy(logits!, labels!, {
            labelSmoothing,
            ...(weighted ? { classWeights: g.constant(Float32Array.of(1, 2, 0.5, 3)) } : {}),
          }),
      });
    }
  });
}

Deno.test("crossEntropy() has the gradient of finite differences for targets that do not sum to 1", () =>
  checkGradients({
    by: { logits: ["N", 3] },
    fed: { targets: { shape: ["N", 3], data: Float32Array.of(0.5, 0, 2, 0.1, 0.2, 0) } },
    build: ({ logits, targets }) => crossEntropy(logits!, targets!),
  }));

Deno.test("softmaxCrossEntropy() equals its formula, smoothed and weighted as PyTorch does", async () => {
  const weights = [1, 2, 0.5], smoothing = 0.1, rows = [[1, -2, 0.5], [0, 3, 1]], classes = [2, 1];
  const g = new GraphBuilder();
  const fed = g.input("labels", ["N"], "int32");
  const classWeights = g.constant(Float32Array.from(weights));
  g.output(
    "loss",
    softmaxCrossEntropy(g.input("logits", ["N", 3]), fed, {
      labelSmoothing: smoothing,
      classWeights,
    }),
  );
  await using session = await openGraph(g.build());
  const run = await session.run({
    logits: { shape: [2, 3], data: Float32Array.from(rows.flat()) },
    labels: { shape: [2], data: Int32Array.from(classes) },
  });
  let sum = 0, weight = 0;
  rows.forEach((row, n) => {
    const total = Math.log(row.reduce((all, x) => all + Math.exp(x), 0));
    weight += weights[classes[n]!]!;
    row.forEach((x, c) => {
      const share = (c === classes[n] ? 1 - smoothing : 0) + smoothing / 3;
      sum += share * weights[c]! * (total - x);
    });
  });
  assert.ok(Math.abs(run["loss"]!.data[0]! - sum / weight) < 1e-6);
});

Deno.test("softmax() and logSoftmax() bear scores of a thousand", async () => {
  const g = new GraphBuilder();
  const x = g.input("x", ["N", 2]);
  g.output("p", softmax(x));
  g.output("log", logSoftmax(x));
  await using session = await openGraph(g.build());
  const run = await session.run({ x: { shape: [1, 2], data: Float32Array.of(1000, -1000) } });
  assert.deepEqual([...run["p"]!.data], [1, 0]);
  assert.deepEqual([...run["log"]!.data], [0, -2000]);
});

Deno.test("losses refuse shapes, smoothing and weights that do not fit", () => {
  const g = new GraphBuilder();
  const logits = g.input("logits", ["N", 3]), ids = g.input("ids", ["N"], "int64");
  assert.throws(() => crossEntropy(logits, ids), /must both be \[N,C\]/);
  assert.throws(
    () => softmaxCrossEntropy(logits, g.input("m", ["M"], "int64")),
    /\[N,3\] and \[M\]/,
  );
  assert.throws(() => softmaxCrossEntropy(logits, ids, { labelSmoothing: 1 }), /in \[0, 1\)/);
  assert.throws(() => softmaxCrossEntropy(logits, ids, { classWeights: logits }), /must be \[3\]/);
  assert.throws(() => softmaxCrossEntropy(logits, g.input("f", ["N"])), /int32 or int64/);
});
