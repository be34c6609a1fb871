import assert from "node:assert/strict";
import { rng } from "@aisle/shared/random";
import { DenseFit, type DenseRows } from "./dense.ts";
import { rootFeatures } from "./root_features.ts";
import { halfValues } from "./half_values.ts";
import { scriptKernel } from "./kernel.ts";

/** Rows of `classes` clouds around centres of their own. */
function clouds(
  options: { rows: number; dims: number; classes: number },
): DenseRows & { readonly values: Float32Array } {
  const { rows, dims, classes } = options, random = rng(5);
  const centres = Float32Array.from({ length: classes * dims }, () => random() * 2);
  const labels = Int32Array.from({ length: rows }, (_, row) => row % classes);
  const values = Float32Array.from({ length: rows * dims }, (_, i) => {
    const row = Math.floor(i / dims);
    return centres[labels[row]! * dims + i % dims]! + random() * 3;
  });
  return { dims, classes, values, labels };
}
const all = (rows: DenseRows) => Int32Array.from(rows.labels, (_, row) => row);
function run(fit: DenseFit, passes: number) {
  let violation = Infinity;
  for (let pass = 0; pass < passes; pass++) {
    for (const work = fit.pass(pass);;) {
      const step = work.next();
      if (!step.done) continue;
      violation = step.value.violation;
      break;
    }
  }
  return violation;
}

Deno.test("DenseFit gives the same bits by the wasm kernel and by its plain twin", () => {
  const rows = clouds({ rows: 60, dims: 13, classes: 5 }), options = { c: 1, seed: 3 };
  const fast = new DenseFit(rows, all(rows), options);
  const slow = new DenseFit(rows, all(rows), options, scriptKernel);
  assert.equal(run(fast, 4), run(slow, 4));
  assert.deepEqual(fast.model(), slow.model());
});

Deno.test("DenseFit reads halves and their roots to the same bits as a copy in single precision", () => {
  const rows = clouds({ rows: 60, dims: 13, classes: 5 }), options = { c: 1, seed: 3 };
  const halves = new Float16Array(rows.values.map((value, i) => i % 3 === 0 ? -value : value));
  halves[5] = 0;
  const single = new Float32Array(halves);
  rootFeatures(single, 13, 8);
  const fast = new DenseFit({ ...rows, values: halfValues(halves, 13, 8) }, all(rows), options);
  const slow = new DenseFit({ ...rows, values: single }, all(rows), options);
  assert.equal(run(fast, 4), run(slow, 4));
  assert.deepEqual(fast.model(), slow.model());
});

Deno.test("DenseFit of some of the classes has the bits that the fit of all of them has", () => {
  const rows = clouds({ rows: 60, dims: 13, classes: 11 }), options = { c: 1, seed: 3 };
  const whole = new DenseFit(rows, all(rows), options);
  const violation = run(whole, 4), model = whole.model();
  const parts = [[0, 4], [4, 8], [8, 11]].map(([firstClass, end]) => {
    const classes = end! - firstClass!;
    const fit = new DenseFit({ ...rows, classes, firstClass: firstClass! }, all(rows), options);
    return { violation: run(fit, 4), firstClass: firstClass!, model: fit.model() };
  });
  assert.equal(Math.max(...parts.map((part) => part.violation)), violation);
  for (const { firstClass, model: part } of parts) {
    assert.deepEqual(part.bias, model.bias.slice(firstClass, firstClass + part.classes));
    for (let d = 0; d < 13; d++) {
      const from = d * 11 + firstClass;
      assert.deepEqual(
        part.weights.slice(d * part.classes, (d + 1) * part.classes),
        model.weights.slice(from, from + part.classes),
      );
    }
  }
});

Deno.test("DenseFit reaches the optimum of the squared hinge", () => {
  const rows = clouds({ rows: 80, dims: 6, classes: 3 }), c = 2;
  const fit = new DenseFit(rows, all(rows), { c, seed: 1 });
  assert.ok(run(fit, 400) < 1e-3);
  // At the optimum no small step of any weight lowers the objective; by the model's own weights over standardised values
  const { dims, classes, values, labels } = rows, count = labels.length;
  const mean = new Float64Array(dims), deviation = new Float64Array(dims);
  for (let i = 0; i < values.length; i++) mean[i % dims]! += values[i]! / count;
  for (let i = 0; i < values.length; i++) {
    deviation[i % dims]! += (values[i]! - mean[i % dims]!) ** 2 / count;
  }
  const scale = deviation.map((v) => 1 / (Math.sqrt(v) * Math.sqrt(dims)));
  const model = fit.model();
  for (let k = 0; k < classes; k++) {
    const w = Float64Array.from(
      { length: dims },
      (_, d) => model.weights[d * classes + k]! / scale[d]!,
    );
    let bias = model.bias[k]!;
    for (let d = 0; d < dims; d++) bias += model.weights[d * classes + k]! * mean[d]!;
    const slope = Float64Array.from([...w, bias]);
    for (let row = 0; row < count; row++) {
      const x = Array.from(
        { length: dims },
        (_, d) => (values[row * dims + d]! - mean[d]!) * scale[d]!,
      );
      const y = labels[row] === k ? 1 : -1;
      const score = x.reduce((sum, v, d) => sum + v * w[d]!, bias);
      const hinge = Math.max(0, 1 - y * score);
      [...x, 1].forEach((v, d) => slope[d]! -= 2 * c * hinge * y * v);
    }
    for (const s of slope) assert.ok(Math.abs(s) < 0.05, `slope ${s}`);
  }
});

Deno.test("DenseFit's model scores rows as the fit does, features without variance aside", () => {
  const rows = clouds({ rows: 40, dims: 8, classes: 4 });
  for (let row = 0; row < 40; row++) rows.values[row * 8 + 2] = 7;
  const fit = new DenseFit(rows, all(rows).filter((row) => row % 3 > 0), { c: 0.5, seed: 1 });
  run(fit, 5);
  const { weights, bias } = fit.model();
  for (let row = 0; row < 40; row++) {
    const scores = fit.scoresOf(row);
    for (let k = 0; k < 4; k++) {
      let expected = bias[k]!;
      for (let d = 0; d < 8; d++) expected += rows.values[row * 8 + d]! * weights[d * 4 + k]!;
      assert.ok(Math.abs(scores[k]! - expected) < 1e-4);
    }
  }
});
