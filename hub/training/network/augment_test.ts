import assert from "node:assert/strict";
import fc from "fast-check";
import { rng } from "@aisle/shared/random";
import { augment, colour, crop, flip, shift } from "./augment.ts";

const SIZE = 5;
const picture = fc.uint8Array({ minLength: SIZE * SIZE * 3, maxLength: SIZE * SIZE * 3 });
const SAME = { brightness: 1, contrast: 1, saturation: 1 };

Deno.test("flip() twice, no shift, the whole crop and even colours leave a picture as it is", () => {
  fc.assert(fc.property(picture, (pixels) => {
    const wanted = [...pixels];
    assert.deepEqual([...flip(flip(pixels, SIZE), SIZE)], wanted);
    assert.deepEqual([...shift(pixels, SIZE, 0, 0)], wanted);
    assert.deepEqual([...crop(pixels, SIZE, { left: 0, top: 0, side: SIZE })], wanted);
    assert.deepEqual([...colour(pixels, SAME)], wanted);
    assert.deepEqual([...augment(pixels, SIZE, {}, rng(1))], wanted);
  }));
});

Deno.test("flip() and shift() put each pixel where they say", () => {
  const pixels = new Uint8Array(SIZE * SIZE * 3);
  const at = (x: number, y: number) => (y * SIZE + x) * 3;
  pixels.set([1, 2, 3], at(1, 2));
  assert.deepEqual([...flip(pixels, SIZE).slice(at(3, 2), at(3, 2) + 3)], [1, 2, 3]);
  assert.deepEqual([...shift(pixels, SIZE, 2, -1).slice(at(3, 1), at(3, 1) + 3)], [1, 2, 3]);
});

Deno.test("shift() repeats the border, and crop() never leaves the picture", () => {
  fc.assert(fc.property(picture, fc.double({ min: 1, max: SIZE, noNaN: true }), (pixels, side) => {
    const moved = shift(pixels, SIZE, SIZE, 0);
    for (let y = 0; y < SIZE; y++) {
      const row = moved.subarray(y * SIZE * 3, (y + 1) * SIZE * 3);
      for (let x = 0; x < SIZE; x++) {
        assert.deepEqual([...row.subarray(x * 3, x * 3 + 3)], [
          ...pixels.subarray(y * SIZE * 3, y * SIZE * 3 + 3),
        ]);
      }
    }
    const [least, most] = [Math.min(...pixels), Math.max(...pixels)];
    const part = crop(pixels, SIZE, { left: SIZE - side, top: 0, side });
    assert.ok(part.every((value) => value >= least && value <= most));
  }));
});

Deno.test("colour() without saturation is grey, without contrast even, brighter is brighter", () => {
  fc.assert(fc.property(picture, (pixels) => {
    const grey = colour(pixels, { ...SAME, saturation: 0 });
    for (let i = 0; i < grey.length; i += 3) {
      assert.ok(grey[i] === grey[i + 1] && grey[i] === grey[i + 2]);
    }
    const even = colour(pixels, { ...SAME, contrast: 0 });
    assert.equal(new Set(even).size, 1);
    const bright = colour(pixels, { ...SAME, brightness: 1.3 });
    assert.ok(bright.every((value, i) => value >= pixels[i]!));
  }));
});

Deno.test("augment() draws the same variant from the same seed and another from another", () => {
  const pixels = Uint8Array.from({ length: SIZE * SIZE * 3 }, (_, i) => i * 3 % 256);
  const settings = { flip: true, shift: 2, crop: 0.5, colour: 0.3 };
  const variants = [1, 1, 2, 3, 4].map((seed) => augment(pixels, SIZE, settings, rng(seed)));
  assert.deepEqual(variants[0], variants[1]);
  assert.equal(new Set(variants.map((variant) => variant.join())).size, 4);
});
