import assert from "node:assert/strict";
import { rng } from "@aisle/shared/random";
import {
  bag,
  dense,
  embedding,
  type GraphBuilder,
  softmaxCrossEntropy,
  type Tensor,
} from "../../model/graph/mod.ts";
import {
  type Batch,
  initialState,
  type Network,
  plainBagKernels,
  plainKernels,
  planTraining,
  sparseBag,
} from "../network/mod.ts";
import { type CpuOptions, openCpuExecutor } from "./cpu_executor.ts";
import { openExecutor } from "./open_executor.ts";

const VOCABULARY = 40, WIDTH = 8, CLASSES = 3, ROWS = 6, IDS = 5;

function head(g: GraphBuilder, x: Tensor): Tensor {
  return dense(x, g.parameter("w", [WIDTH, CLASSES]), g.parameter("b", [CLASSES]));
}
const labelsOf = (g: GraphBuilder) => g.input("labels", ["N"], "int32");

/** Rows looked up in the graph, their gradient dense. */
function denseLogits(g: GraphBuilder): Tensor {
  const rows = embedding(
    g.parameter("table", [VOCABULARY, WIDTH]),
    g.input("ids", ["N", "L"], "int32"),
  );
  return head(g, bag(rows, g.input("weights", ["N", "L"])));
}
const inGraph: Network = {
  training: (g) => ({ loss: softmaxCrossEntropy(denseLogits(g), labelsOf(g)) }),
  serving: (g) => ({ logits: denseLogits(g) }),
};
const sparse: Network = {
  training(g) {
    const bags = [
      sparseBag(g, { name: "table", vocabulary: VOCABULARY, width: WIDTH, rows: ROWS, ids: IDS }),
    ];
    return { loss: softmaxCrossEntropy(head(g, bags[0]!.tensor), labelsOf(g)), bags };
  },
  serving: inGraph.serving,
};

/** Bags of 0 to `IDS` ids, padded at the end; some ids twice. */
function batches(step: number): Batch {
  const random = rng(step), rows = 1 + Math.floor(ROWS * random());
  const table = new Int32Array(rows * IDS).fill(-1);
  for (let r = 0; r < rows; r++) {
    const filled = Math.floor((IDS + 1) * random());
    for (let i = 0; i < filled; i++) table[r * IDS + i] = Math.floor(VOCABULARY * random() ** 3);
  }
  const counts = Int32Array.from(
    { length: rows },
    (_, r) => table.subarray(r * IDS, (r + 1) * IDS).filter((id) => id >= 0).length,
  );
  const labels = Int32Array.from({ length: rows }, () => Math.floor(CLASSES * random()));
  return {
    table: { shape: [rows, IDS], data: table },
    ids: { shape: [rows, IDS], data: table.map((id) => Math.max(0, id)) },
    weights: {
      shape: [rows, IDS],
      data: Float32Array.from(table, (id, i) => id < 0 ? 0 : 1 / counts[Math.floor(i / IDS)]!),
    },
    labels: { shape: [rows], data: labels },
  };
}

async function train(
  network: Network,
  optimizer: Parameters<typeof planTraining>[1]["optimizer"],
  options: CpuOptions = {},
) {
  const program = planTraining(network, {
    optimizer,
    clipNorm: 10,
    role: () => ({ rate: 1, decay: false }),
  });
  const table = Float32Array.from({ length: VOCABULARY * WIDTH }, (_, i) => Math.sin(i));
  const w = Float32Array.from({ length: WIDTH * CLASSES }, (_, i) => Math.cos(i));
  await using executor = await openCpuExecutor(program, options);
  await executor.load(initialState(program, { seed: 1, weights: { table, w } }));
  for (let step = 1; step <= 12; step++) {
    const { table, ids, weights, labels } = batches(step);
    const batch: Batch = network === sparse
      ? { table: table!, labels: labels! }
      : { ids: ids!, weights: weights!, labels: labels! };
    await executor.step(batch, { step, rate: 0.1, readLoss: true });
  }
  const predicted = await executor.predict({
    ids: batches(1)["ids"]!,
    weights: batches(1)["weights"]!,
  }, "last");
  return { state: await executor.save(), predicted, table };
}

Deno.test("a sparse table learns and serves what a dense one in the graph does", async () => {
  const optimizer = { kind: "sgd", momentum: 0 } as const;
  const a = await train(inGraph, optimizer), b = await train(sparse, optimizer);
  for (const name of ["table", "w", "b"]) {
    a.state[name]!.forEach((want, i) =>
      assert.ok(Math.abs(want - b.state[name]![i]!) < 1e-5, `${name}[${i}]`)
    );
  }
  const [wanted, found] = [a, b].map(({ predicted }) => predicted["logits"]!.data);
  wanted!.forEach((want, i) => assert.ok(Math.abs(want - found![i]!) < 1e-4));
});

Deno.test("a sparse table moves only rows that batches named, with the bits of the plain twins", async () => {
  const optimizer = { kind: "adamw" } as const;
  const { state, table } = await train(sparse, optimizer);
  const plain = await train(sparse, optimizer, {
    kernels: plainKernels,
    bagKernels: plainBagKernels,
  });
  assert.deepEqual(state, plain.state);
  const named = new Set(
    Array.from({ length: 12 }, (_, i) => [...batches(i + 1)["table"]!.data as Int32Array]).flat(),
  );
  for (let id = 0; id < VOCABULARY; id++) {
    const row = state["table"]!.subarray(id * WIDTH, (id + 1) * WIDTH);
    const moved = row.some((x, k) => x !== table[id * WIDTH + k]);
    assert.equal(moved, named.has(id), `row ${id}`);
  }
});

Deno.test("a sparse table refuses ids that it does not have, and more than it was made for", async () => {
  const program = planTraining(sparse, { optimizer: { kind: "sgd" } });
  await using executor = await openCpuExecutor(program);
  const labels = { shape: [1], data: Int32Array.of(0) };
  const step = (shape: number[], ids: number[]) =>
    executor.step({ table: { shape, data: Int32Array.from(ids) }, labels }, {
      step: 1,
      rate: 1,
      readLoss: true,
    });
  await assert.rejects(step([1, 1], [VOCABULARY]), /ids must be under 40: current value is 40/);
  await assert.rejects(
    step([1, 6], [1, 2, 3, 4, 5, 6]),
    /at most \[6,5\]: current value is Int32Array \[1,6\]/,
  );
  await step([1, 1], [3]);
});

Deno.test("a network with a sparse table trains on the CPU, whatever the GPU", async () => {
  const program = planTraining(sparse, { optimizer: { kind: "sgd" } });
  const never = () => {
    throw new Error("not asked for");
  };
  const gpu = {
    adapter: "a GPU",
    software: false,
    limits: {},
    tensor: never,
    open: never,
    upload: never,
    check: () => {},
    close: never,
  };
  await using executor = await openExecutor(program, {
    device: "webgpu",
    find: () => Promise.resolve({ gpu }),
  });
  assert.match(executor.report.reason, /sparse tables lie outside of its graph/);
  assert.throws(
    () => planTraining(sparse, { optimizer: { kind: "sgd" }, emaDecay: 0.9 }),
    /moving mean/,
  );
});
