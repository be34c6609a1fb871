import assert from "node:assert/strict";
import fc from "fast-check";
import { broadcastShapes, product, quotient, type Shape } from "./dims.ts";

const dim = fc.oneof(fc.integer({ min: 1, max: 6 }), fc.constantFrom("N", "L"));
const shape: fc.Arbitrary<Shape> = fc.array(dim, { maxLength: 4 });

Deno.test("product() is the same in any order, and quotient() undoes it", () => {
  fc.assert(fc.property(shape, shape, (a, b) => {
    const whole = product([...a, ...b]);
    assert.equal(product([...b, ...a]), whole);
    assert.equal(product([product(a), product(b)]), whole);
    assert.equal(quotient(whole, product(a)), product(b));
  }));
});

Deno.test("quotient() is null where it would leave a rest", () => {
  assert.equal(quotient(7, 2), null);
  assert.equal(quotient("N", "L"), null);
  assert.equal(quotient("3*N", 2), null);
  assert.equal(quotient("6*N", 2), "3*N");
  assert.equal(quotient("6*N", "N"), 6);
  assert.equal(quotient(4, 0), null);
});

Deno.test("broadcastShapes() is symmetric, keeps a shape with itself and with 1s, and is associative", () => {
  fc.assert(fc.property(shape, shape, shape, (a, b, c) => {
    const ab = broadcastShapes(a, b), bc = broadcastShapes(b, c);
    assert.deepEqual(ab, broadcastShapes(b, a));
    assert.deepEqual(broadcastShapes(a, a), a);
    assert.deepEqual(broadcastShapes(a, a.map(() => 1)), a);
    if (ab !== null && bc !== null) {
      assert.deepEqual(broadcastShapes(ab, c), broadcastShapes(a, bc));
    }
  }));
});
