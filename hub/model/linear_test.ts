import assert from "node:assert/strict";
import fc from "fast-check";
import { COUNT_SHIFT } from "@aisle/shared/features";
import { rng } from "@aisle/shared/random";
import { Arena } from "./arena.ts";
import {
  type FitPlace,
  placeFit,
  type RowsPlace,
  startFit,
  stateOf,
  strideOf,
  weighRows,
} from "./fit_place.ts";
import { LinearFit, type PassResult } from "./linear.ts";
import { wasmKernel } from "./wasm_kernel.ts";

const OPTIONS = { c: 1, seed: 3 };
const FEATURES = 30;

interface Problem {
  readonly arena: Arena;
  readonly rows: RowsPlace;
  readonly labels: readonly number[];
}

/** Random rows in which a class's own features are frequent; every feature once a block, counts of 1. */
function problem(count: number, classes: number, seed: number): Problem {
  const random = rng(seed), arena = new Arena();
  const offsets = [0], wordEnds: number[] = [], packed: number[] = [], labels: number[] = [];
  for (let row = 0; row < count; row++) {
    const label = Math.floor(random() * classes);
    labels.push(label);
    const chosen = new Set<number>();
    for (let i = 0; i < 6; i++) {
      const own = random() < 0.4;
      chosen.add(own ? label * 2 + (i & 1) : Math.floor(random() * FEATURES));
    }
    const features = [...chosen], cut = features.length >> 1;
    features.forEach((feature) =>
      packed.push(1 << COUNT_SHIFT | feature << 1 | (feature % 3 === 0 ? 1 : 0))
    );
    wordEnds.push(offsets[row]! + cut);
    offsets.push(packed.length);
  }
  const put = (values: readonly number[]) => {
    const address = arena.take(values.length * 4);
    arena.i32(address, values.length).set(values);
    return address;
  };
  const rows: RowsPlace = {
    rows: count,
    features: FEATURES,
    classes,
    offsets: put(offsets),
    wordEnds: put(wordEnds),
    packed: put(packed),
    packedCount: packed.length,
    labels: put(labels),
    charWeight: 1,
    maxRowLength: 6,
  };
  return { arena, rows, labels };
}

function started({ arena, rows }: Problem): FitPlace {
  const all = Int32Array.from({ length: rows.rows }, (_, row) => row);
  const room = placeFit(arena, rows, rows.rows);
  const place = startFit(arena, room, all);
  weighRows(arena, place, new Float32Array(FEATURES).fill(1));
  return place;
}

function fitAt({ arena }: Problem, place: FitPlace): LinearFit {
  return new LinearFit(arena, place, wasmKernel(arena, place.tables), OPTIONS);
}

function drive<R>(work: Generator<unknown, R>): R {
  for (;;) {
    const step = work.next();
    if (step.done) return step.value;
  }
}

function passes(fit: LinearFit, count: number, from = 0): PassResult {
  let last: PassResult = { violation: Infinity, loss: Infinity };
  for (let pass = from; pass < from + count; pass++) last = drive(fit.pass(pass));
  return last;
}

/** Primal and dual objective, summed over the classes. */
function objectives(problem: Problem, place: FitPlace, fit: LinearFit) {
  const { arena, rows, labels } = problem, stride = strideOf(rows.classes);
  const { weights, bias, alpha } = stateOf(arena, place);
  let half = 0, loss = 0, dual = 0;
  for (const values of [weights, bias]) for (const w of values) half += w * w / 2;
  labels.forEach((label, row) => {
    const scores = fit.scoresOf(row);
    for (let k = 0; k < rows.classes; k++) {
      const margin = 1 - (k === label ? 1 : -1) * scores[k]!;
      loss += OPTIONS.c * Math.max(0, margin) ** 2;
      const a = alpha[row * stride + k]!;
      dual += a - a * a / (4 * OPTIONS.c);
    }
  });
  return { primal: half + loss, dual: dual - half };
}

Deno.test("LinearFit closes the gap between primal and dual: it is at the optimum", () => {
  fc.assert(
    fc.property(fc.integer({ min: 2, max: 9 }), fc.nat(1000), (classes, seed) => {
      const posed = problem(60, classes, seed), place = started(posed);
      const fit = fitAt(posed, place);
      const { violation } = passes(fit, 400);
      const { primal, dual } = objectives(posed, place, fit);
      assert.ok(violation < 0.05, `violation ${violation}`);
      assert.ok(primal - dual >= -1e-2 && primal - dual < 1e-2 * primal, `${primal} ${dual}`);
    }),
    { numRuns: 15 },
  );
});

Deno.test("LinearFit leaves the columns that pad a stride at zero", () => {
  const posed = problem(40, 5, 1), place = started(posed), stride = 8;
  passes(fitAt(posed, place), 5);
  const { weights, bias } = stateOf(posed.arena, place);
  assert.ok(weights.every((w, i) => i % stride < 5 || w === 0));
  assert.ok(bias.every((b, k) => k < 5 || b === 0));
  assert.ok(weights.some((w) => w !== 0));
});

Deno.test("a pass gives the same bits whole and in chunks, and another order in another pass", () => {
  const whole = problem(50, 3, 2), cut = problem(50, 3, 2);
  const [a, b] = [started(whole), started(cut)];
  drive(fitAt(whole, a).pass(0));
  drive(fitAt(cut, b).pass(0, 7));
  assert.deepEqual(stateOf(whole.arena, a), stateOf(cut.arena, b));
  const other = problem(50, 3, 2), c = started(other);
  drive(fitAt(other, c).pass(1));
  assert.notDeepEqual(stateOf(whole.arena, a), stateOf(other.arena, c));
});

Deno.test("startFit() forgets the fit that was in the room before", () => {
  const posed = problem(50, 3, 4), first = started(posed);
  passes(fitAt(posed, first), 3);
  const kept = stateOf(posed.arena, first).weights.slice();
  const all = Int32Array.from({ length: 50 }, (_, row) => row);
  const again = startFit(posed.arena, first, all);
  weighRows(posed.arena, again, new Float32Array(FEATURES).fill(1));
  passes(fitAt(posed, again), 3);
  assert.deepEqual(stateOf(posed.arena, again).weights, kept);
});

Deno.test("startFrom() never starts worse than zero, and from a fitted model it starts near the optimum", () => {
  fc.assert(
    fc.property(fc.nat(1000), fc.constantFrom(0, 1, 40), (seed, former) => {
      const posed = problem(60, 4, seed), warm = started(posed), old = started(posed);
      const best = started(posed);
      passes(fitAt(posed, best), 200);
      passes(fitAt(posed, old), former);
      const fit = fitAt(posed, warm);
      drive(fit.startFrom(fitAt(posed, old), [true, true, true, true], 11));
      const { dual } = objectives(posed, warm, fit);
      assert.ok(dual >= -1e-3, `dual ${dual}`); // zero's dual objective is 0
      const optimum = objectives(posed, best, fitAt(posed, best)).dual;
      if (former === 40) assert.ok(dual > 0.99 * optimum, `${dual} of ${optimum}`);
      passes(fit, 200);
      const end = objectives(posed, warm, fit).dual;
      assert.ok(Math.abs(end - optimum) < 1e-3 * optimum, `${end} of ${optimum}`);
    }),
    { numRuns: 20 },
  );
});

Deno.test("startFrom() starts a class that the former model does not know at zero", () => {
  const posed = problem(60, 3, 9), warm = started(posed), old = started(posed);
  passes(fitAt(posed, old), 5);
  drive(fitAt(posed, warm).startFrom(fitAt(posed, old), [true, false, true]));
  const { weights, bias, alpha } = stateOf(posed.arena, warm);
  for (const values of [weights, bias, alpha]) {
    assert.ok(values.every((value, i) => i % 4 !== 1 || value === 0));
  }
  assert.ok(weights.some((w) => w !== 0));
});
