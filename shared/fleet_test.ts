import assert from "node:assert/strict";
import fc from "fast-check";
import { type Audience, isFor, placeOf } from "./fleet.ts";

Deno.test("a share of the edges is that share, and a larger one holds the smaller", () => {
  const edges = Array.from({ length: 2000 }, (_, i) => `edge-${i}`);
  fc.assert(
    fc.property(
      fc.string({ minLength: 1, maxLength: 20 }),
      fc.double({ min: 0, max: 1, noNaN: true }),
      fc.double({ min: 0, max: 1, noNaN: true }),
      (salt, a, b) => {
        const inside = (share: number) =>
          edges.filter((edge) => isFor({ kind: "share", share, salt }, edge));
        const [small, large] = [inside(Math.min(a, b)), new Set(inside(Math.max(a, b)))];
        assert.ok(small.every((edge) => large.has(edge)));
        // Five standard deviations of 2,000 draws.
        assert.ok(Math.abs(small.length / edges.length - Math.min(a, b)) < 0.06);
      },
    ),
    { numRuns: 15 },
  );
});

Deno.test("none is in a share of nothing, all are in the whole, and a release for one edge is for it alone", () => {
  const share = (share: number): Audience => ({ kind: "share", share, salt: "s" });
  for (let i = 0; i < 500; i++) {
    assert.ok(!isFor(share(0), `e${i}`) && isFor(share(1), `e${i}`) && isFor(null, `e${i}`));
    assert.ok(placeOf(`e${i}`, "s") < 1);
  }
  assert.ok(
    isFor({ kind: "edge", edgeId: "a" }, "a") && !isFor({ kind: "edge", edgeId: "a" }, "b"),
  );
});
