/**
 * Holds the gradients of graph operators against finite differences.
 *
 * @module
 */
import assert from "node:assert/strict";
import { rng } from "@aisle/shared/random";
import { GraphBuilder } from "../model/graph/builder.ts";
import { elementTypeOfData } from "../onnx/mod.ts";
import type { Shape } from "../model/graph/dims.ts";
import { mul } from "../model/graph/elementwise.ts";
import { gradients } from "../model/graph/gradients.ts";
import { reduceSum } from "../model/graph/reduce.ts";
import type { Tensor } from "../model/graph/tensor.ts";
import type { GraphDescription } from "../model/graph/description.ts";
import { type Fed, type GraphSession, openGraph } from "./graph_session.ts";

/** What {@linkcode checkGradients} builds and feeds. */
export interface GradientCheck {
  /** Shapes of what is differentiated by. */
  readonly by: Readonly<Record<string, Shape>>;
  /** The operator under test; the gradient of a randomly weighted sum of its result is checked. */
  readonly build: (tensors: Readonly<Record<string, Tensor>>, g: GraphBuilder) => Tensor;
  /** Values of the symbols; `N` is 2 by default. */
  readonly sizes?: Readonly<Record<string, number>>;
  /** Values where drawn ones (0.2 to 1, either sign) will not do. */
  readonly values?: Readonly<Record<string, readonly number[]>>;
  /** Fed besides, not differentiated by. */
  readonly fed?: Readonly<Record<string, { readonly shape: Shape; readonly data: Fed["data"] }>>;
}

/**
 * Step of the differences. Rounding of float32 results is about 1e-7 / STEP = 1e-5, and the five-point rule's own
 * error about STEP^4, so both lie far under the tolerance.
 */
const STEP = 1e-2;
/** Largest difference allowed, against the largest gradient of the tensor or 1. A wrong rule is off by parts of 1. */
const TOLERANCE = 1e-3;

let openChecked: (graph: GraphDescription) => Promise<GraphSession> = openGraph;

/**
 * From now on the results and gradients under test are computed by what `open` opens: by a GPU, for one. Finite
 * differences always come from the CPU.
 */
export function checkGradientsOn(open: typeof openChecked): void {
  openChecked = open;
}

/** Asserts that the gradients of `check.build` agree with central differences, element by element. */
export async function checkGradients(check: GradientCheck): Promise<void> {
  const random = rng(7), sizes = { N: 2, ...check.sizes };
  const drawn = (length: number) =>
    Float32Array.from({ length }, () => (0.2 + 0.8 * random()) * (random() < 0.5 ? -1 : 1));

  const g = new GraphBuilder();
  const feeds: Record<string, Fed> = {};
  const leaves: Record<string, Tensor> = {}, others: Record<string, Tensor> = {};
  for (const [name, symbolic] of Object.entries(check.by)) {
    leaves[name] = g.variable(g.input(name, symbolic));
    const shape = known(symbolic, sizes), values = check.values?.[name];
    feeds[name] = { shape, data: values ? Float32Array.from(values) : drawn(count(shape)) };
  }
  for (const [name, { shape, data }] of Object.entries(check.fed ?? {})) {
    others[name] = g.input(name, shape, typeOf(data));
    feeds[name] = { shape: known(shape, sizes), data };
  }
  const y = g.layer("checked", () => check.build({ ...leaves, ...others }, g));
  const weights = g.input("check:weights", y.shape);
  const shapeOfY = known(y.shape, sizes), w = drawn(count(shapeOfY));
  feeds["check:weights"] = { shape: shapeOfY, data: w };
  g.output("check:y", y);
  const by = Object.values(leaves);
  gradients(reduceSum(mul(y, weights)), by).forEach((d, i) => g.output(`d:${by[i]!.name}`, d));

  const graph = g.build();
  const first = await (async () => {
    await using checked = await openChecked(graph);
    return await checked.run(feeds);
  })();
  await using session = await openGraph(graph);
  assert.deepEqual(first["check:y"]!.shape, shapeOfY, "the result has the shape it was built with");
  /** The weighted sum, in double precision, with one element moved. */
  const sumAt = async (data: Float32Array, i: number, move: number): Promise<number> => {
    const before = data[i]!;
    data[i] = before + move;
    const run = await session.run(feeds);
    data[i] = before;
    return run["check:y"]!.data.reduce((sum, element, k) => sum + element * w[k]!, 0);
  };
  for (const name of Object.keys(leaves)) {
    const analytic = first[`d:${name}`]!, data = feeds[name]!.data as Float32Array;
    assert.deepEqual(
      analytic.shape,
      feeds[name]!.shape,
      `the gradient of ${name} is shaped like it`,
    );
    const room = TOLERANCE * Math.max(1, ...analytic.data.map(Math.abs));
    for (let i = 0; i < data.length; i++) {
      const near = await sumAt(data, i, STEP) - await sumAt(data, i, -STEP);
      const far = await sumAt(data, i, 2 * STEP) - await sumAt(data, i, -2 * STEP);
      const numeric = (8 * near - far) / (12 * STEP), found = analytic.data[i]!;
      assert.ok(
        Math.abs(numeric - found) <= room,
        `gradient of ${name}[${i}] is ${found}, finite differences say ${numeric}`,
      );
    }
  }
}

function known(shape: Shape, sizes: Readonly<Record<string, number>>): number[] {
  return shape.map((dim) =>
    typeof dim === "number"
      ? dim
      : dim.split("*").reduce((all, part) => all * (sizes[part] ?? Number(part)), 1)
  );
}

function count(shape: readonly number[]): number {
  return shape.reduce((all, dim) => all * dim, 1);
}

function typeOf(data: Fed["data"]) {
  return elementTypeOfData(data) as "float32" | "uint8" | "int32" | "int64";
}
