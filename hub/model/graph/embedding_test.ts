import assert from "node:assert/strict";
import fc from "fast-check";
import { checkGradients } from "../../testing/gradient_check.ts";
import { openGraph } from "../../testing/graph_session.ts";
import { GraphBuilder } from "./builder.ts";
import { bag, embedding, gatherRows, oneHot, sumRows } from "./embedding.ts";
import { mul } from "./elementwise.ts";
import { gradients } from "./gradients.ts";
import { reduceSum } from "./reduce.ts";

const ids = { shape: ["N", 3], data: Int32Array.of(1, 1, 0, 3, 1, 3) } as const;
const weights = { shape: ["N", 3], data: Float32Array.of(0.5, 1, -1, 0.3, 0, 2) } as const;

Deno.test("embedding() has the gradient of finite differences, with rows used more than once", async () => {
  for (const data of [ids.data, BigInt64Array.from(ids.data, BigInt)]) {
    await checkGradients({
      by: { table: [4, 2] },
      fed: { ids: { ...ids, data } },
      build: ({ table, ids }) => embedding(table!, ids!),
    });
  }
});

Deno.test("bag() has the gradient of finite differences by rows and by weights", () =>
  checkGradients({
    by: { rows: ["N", 3, 2], weights: ["N", 3] },
    build: ({ rows, weights }) => bag(rows!, weights!),
  }));

Deno.test("a bag over gathered rows, added up on the host, has the gradient of the dense way", async () => {
  const g = new GraphBuilder();
  const table = g.parameter("table", [4, 2]), fed = g.input("ids", ["N", "L"], "int32");
  const shares = g.input("weights", ["N", "L"]);
  const target = g.input("target", ["N", 2]);
  const rows = gatherRows(table, fed);
  const sparse = reduceSum(mul(bag(rows, shares), target));
  const dense = reduceSum(mul(bag(embedding(table, fed), shares), target));
  g.output("rows", gradients(sparse, [rows])[0]!);
  g.output("table'", gradients(dense, [table])[0]!);
  await using session = await openGraph(g.build());
  const run = await session.run({
    table: { shape: [4, 2], data: Float32Array.from({ length: 8 }, (_, i) => i) },
    ids: { shape: [2, 3], data: ids.data },
    weights: { shape: [2, 3], data: weights.data },
    target: { shape: [2, 2], data: Float32Array.of(1, 2, 3, 4) },
  });
  const touched = sumRows(ids.data, run["rows"]!.data, 2);
  assert.deepEqual([...touched.ids], [1, 0, 3]);
  const found = new Float32Array(8);
  touched.ids.forEach((id, i) => found.set(touched.gradients.subarray(2 * i, 2 * i + 2), 2 * id));
  found.forEach((x, i) => assert.ok(Math.abs(x - run["table'"]!.data[i]!) < 1e-6));
});

Deno.test("sumRows() keeps the total of every column and names each row once", () => {
  const row = fc.tuple(fc.integer({ min: 0, max: 5 }), fc.integer(), fc.integer());
  // Small whole numbers, so that sums of float32 are exact in any order.
  const small = row.map(([id, a, b]) => [id, a % 1000, b % 1000] as const);
  fc.assert(fc.property(fc.array(small), (rows) => {
    const numbers = rows.map(([id]) => id);
    const { ids, gradients } = sumRows(
      numbers,
      Float32Array.from(rows.flatMap(([, a, b]) => [a, b])),
      2,
    );
    assert.deepEqual([...ids], [...new Set(numbers)]);
    ids.forEach((id, i) => {
      const own = rows.filter((row) => row[0] === id);
      assert.equal(gradients[2 * i], own.reduce((sum, row) => sum + row[1], 0));
      assert.equal(gradients[2 * i + 1], own.reduce((sum, row) => sum + row[2], 0));
    });
  }));
});

Deno.test("oneHot() is 0 throughout for ids out of range", async () => {
  const g = new GraphBuilder();
  g.output("y", oneHot(g.input("ids", ["N"], "int64"), 2));
  await using session = await openGraph(g.build());
  const run = await session.run({ ids: { shape: [4], data: BigInt64Array.of(1n, -1n, 0n, 2n) } });
  assert.deepEqual([...run["y"]!.data], [0, 1, 0, 0, 1, 0, 0, 0]);
});

Deno.test("look-ups refuse what does not fit", () => {
  const g = new GraphBuilder();
  const table = g.parameter("table", [4, 2]), floats = g.input("floats", ["N", 3]);
  assert.throws(() => embedding(table, floats), /ids must be int32 or int64/);
  assert.throws(
    () => gatherRows(g.input("cube", [2, 2, 2]), g.input("i", [1], "int32")),
    /\[V,D\]/,
  );
  assert.throws(() => bag(table, floats), /rows must be \[N,L,D\]/);
  assert.throws(() => sumRows([1, 2], new Float32Array(3), 2), /must hold 2 x 2 numbers/);
});
