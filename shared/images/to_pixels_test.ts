import assert from "node:assert/strict";
import fc from "fast-check";
import { rng } from "../random.ts";
import { flattenOnWhite } from "./flatten.ts";
import type { Raster } from "./raster.ts";
import { fastResize } from "./resize_fast.ts";
import { resizeInScript, toPixels } from "./to_pixels.ts";
import { axisWeights, WEIGHT_BITS } from "./weights.ts";

/** A picture of noise: without alpha, opaque, or with any alpha. */
function noise(width: number, height: number, seed: number, alpha: Alpha = "none"): Raster {
  const random = rng(seed), channels = alpha === "none" ? 3 : 4;
  const data = Uint8Array.from(
    { length: width * height * channels },
    (_, i) => i % 4 === 3 && alpha === "opaque" ? 255 : Math.floor(random() * 256),
  );
  return { width, height, channels, data };
}
type Alpha = "none" | "opaque" | "any";

const side = fc.integer({ min: 1, max: 70 });

Deno.test("toPixels() gives the same bytes through the kernel as through its plain twin", () => {
  const fast = fastResize();
  fc.assert(
    fc.property(
      fc.record({
        width: side,
        height: side,
        seed: fc.nat(),
        alpha: fc.constantFrom("none", "opaque", "any"),
      }),
      fc.record({
        version: fc.constant(1 as const),
        size: fc.integer({ min: 8, max: 60 }),
        fit: fc.constantFrom("stretch", "contain"),
      }),
      ({ width, height, seed, alpha }, recipe) => {
        const raster = noise(width, height, seed, alpha as Alpha);
        const plain = toPixels(raster, recipe, resizeInScript);
        assert.deepEqual(toPixels(raster, recipe, fast), plain);
        assert.equal(plain.length, recipe.size * recipe.size * 3);
      },
    ),
    { numRuns: 150 },
  );
});

Deno.test("toPixels() gives the same bytes where a picture goes through in many strips", () => {
  const raster = noise(3000, 120, 1, "any");
  const recipe = { version: 1, size: 64, fit: "stretch" } as const;
  assert.deepEqual(toPixels(raster, recipe), toPixels(raster, recipe, resizeInScript));
});

Deno.test("toPixels() leaves the raster as it was", () => {
  const raster = noise(20, 20, 3, "any");
  const before = raster.data.slice();
  toPixels(raster, { version: 1, size: 8, fit: "contain" });
  toPixels(raster, { version: 1, size: 8, fit: "contain" }, resizeInScript);
  assert.deepEqual(raster.data, before);
});

Deno.test("toPixels() of one colour is that colour at every size", () => {
  fc.assert(
    fc.property(side, side, fc.nat(255), fc.integer({ min: 8, max: 64 }), (w, h, v, size) => {
      const data = new Uint8Array(w * h * 4).fill(v);
      for (let i = 3; i < data.length; i += 4) data[i] = 255;
      const pixels = toPixels({ width: w, height: h, channels: 4, data }, {
        version: 1,
        size,
        fit: "stretch",
      });
      assert.ok(pixels.every((value) => value === v));
    }),
  );
});

Deno.test("toPixels() that contains a picture keeps its proportions, in the middle of white", () => {
  const data = new Uint8Array(40 * 20 * 4);
  for (let i = 3; i < data.length; i += 4) data[i] = 255;
  const pixels = toPixels({ width: 40, height: 20, channels: 4, data }, {
    version: 1,
    size: 8,
    fit: "contain",
  });
  const rows = Array.from({ length: 8 }, (_, y) => pixels[y * 8 * 3]);
  assert.deepEqual(rows, [255, 255, 0, 0, 0, 0, 255, 255]);
});

Deno.test("axisWeights() of every output pixel sum to one, are not negative and stay inside", () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 5000 }), fc.integer({ min: 1, max: 300 }), (from, to) => {
      const { first, count, weights, stride } = axisWeights(from, to);
      for (let o = 0; o < to; o++) {
        const own = weights.subarray(o * stride, (o + 1) * stride);
        assert.ok(own.every((weight) => weight >= 0));
        assert.equal(own.reduce((a, b) => a + b, 0), 1 << WEIGHT_BITS);
        assert.ok(count[o]! >= 1 && first[o]! >= 0 && first[o]! + count[o]! <= from);
      }
    }),
  );
});

Deno.test("flattenOnWhite() blends to the nearest value", () => {
  fc.assert(fc.property(fc.nat(255), fc.nat(255), (value, alpha) => {
    const data = Uint8Array.of(value, 0, 255, alpha);
    flattenOnWhite(data);
    const exact = (value * alpha + 255 * (255 - alpha)) / 255;
    assert.equal(data[0], Math.round(exact));
    assert.deepEqual([...data.subarray(2)], [255, 255]);
  }));
});
