import assert from "node:assert/strict";
import fc from "fast-check";
import { sha256 } from "../hash.ts";
import { rng } from "../random.ts";
import { HANDMADE, handmadeFeatures } from "./handmade.ts";

const THUMBNAIL = 192, COLOURS = 64;

/** Pixels [size, size, 3] by place. */
function draw(size: number, at: (x: number, y: number) => readonly [number, number, number]) {
  const pixels = new Uint8Array(size * size * 3);
  for (let y = 0; y < size; y++) {
    for (let x = 0; x < size; x++) pixels.set(at(x, y), (y * size + x) * 3);
  }
  return pixels;
}

function noise(size: number, seed: number): Uint8Array {
  const random = rng(seed);
  return draw(size, () => [random() * 256, random() * 256, random() * 256]);
}

/** Strengths by direction in the middle of a picture that gets lighter towards (dx, dy). */
function directionOf(dx: number, dy: number): number[] {
  const pixels = draw(64, (x, y) => {
    const grey = 128 + dx * (x - 32) + dy * (y - 32);
    return [grey, grey, grey];
  });
  const edges = handmadeFeatures(pixels, 64).subarray(THUMBNAIL + COLOURS);
  const cell = 4 * 8 + 4;
  return Array.from(edges.subarray(cell * 9, cell * 9 + 9));
}

Deno.test("hand-made features are the same bits on every machine (version 1)", () => {
  const bytes = (size: number) => new Uint8Array(handmadeFeatures(noise(size, 7), size).buffer);
  assert.equal(HANDMADE.version, 1);
  assert.equal(
    sha256(bytes(128)),
    "68d49830a8e1e204dba72f759d8c35c28478472a800dfeaeeda803fa2d69211a",
  );
  assert.equal(
    sha256(bytes(33)),
    "1f4c87d856a07d57b326a30dadeac7fde1174561e851a813d3f28d56babe3bd6",
  );
});

Deno.test("hand-made features lie between 0 and 1 at every size", () => {
  fc.assert(
    fc.property(fc.integer({ min: 8, max: 40 }), fc.nat(), (size, seed) => {
      const features = handmadeFeatures(noise(size, seed), size);
      assert.equal(features.length, HANDMADE.dims);
      assert.ok(features.every((value) => value >= 0 && value <= 1));
    }),
    { numRuns: 60 },
  );
});

Deno.test("the thumbnail is the mean colour of each cell", () => {
  const pixels = draw(32, (x) => x < 16 ? [255, 0, 51] : [0, 102, 0]);
  const thumbnail = handmadeFeatures(pixels, 32).subarray(0, THUMBNAIL);
  assert.deepEqual([...thumbnail.subarray(0, 3)], [1, 0, Math.fround(0.2)]);
  assert.deepEqual([...thumbnail.subarray(189)], [0, Math.fround(0.4), 0]);
});

Deno.test("the squares of the colours are shares: they sum to 1", () => {
  const colours = handmadeFeatures(noise(48, 3), 48).subarray(THUMBNAIL, THUMBNAIL + COLOURS);
  assert.ok(Math.abs(colours.reduce((sum, value) => sum + value * value, 0) - 1) < 1e-6);
  const white = handmadeFeatures(draw(16, () => [255, 255, 255]), 16);
  assert.equal(white[THUMBNAIL + COLOURS - 1], 1);
});

Deno.test("an edge counts for the direction across it, whichever side is lighter", () => {
  for (const [dx, dy, k] of [[2, 0, 0], [-2, 0, 0]] as const) {
    const strengths = directionOf(dx, dy);
    assert.equal(strengths.indexOf(Math.max(...strengths)), k);
    assert.ok(strengths.every((value, i) => i === k || value === 0));
  }
  // Upright: between 80 and 100 degrees, half and half
  const upright = directionOf(0, 2);
  assert.equal(upright[4], upright[5]);
  assert.deepEqual(upright, directionOf(0, -2));
  // 45 degrees: between 40 and 60, nearer to 40
  const slanted = directionOf(2, 2);
  assert.ok(slanted[2]! > slanted[3]! && slanted[3]! > 0);
  assert.deepEqual(slanted, directionOf(-2, -2));
});

Deno.test("a picture of one colour has no edges", () => {
  const flat = handmadeFeatures(draw(40, () => [9, 200, 77]), 40);
  assert.ok(flat.subarray(THUMBNAIL + COLOURS).every((value) => value === 0));
});

Deno.test("hand-made features refuse pixels that are not size x size", () => {
  assert.throws(() => handmadeFeatures(new Uint8Array(10), 8), RangeError);
  assert.throws(() => handmadeFeatures(new Uint8Array(4 * 4 * 3), 4), RangeError);
});
