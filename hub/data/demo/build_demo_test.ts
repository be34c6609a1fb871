import assert from "node:assert/strict";
import { AppError } from "@aisle/shared/errors";
import { readProducts } from "../products.ts";
import { openOf } from "../testing/files.ts";
import { buildDemo } from "./build_demo.ts";

const groups = {
  groups: { "0": "smileys-emotion", "4": "food-drink" },
  subgroups: { "1": "face-smiling", "42": "food-fruit", "47": "drink" },
};
const messages = { subgroups: [{ key: "food-fruit", message: "fruits" }] };

/** `n` emoji of a subgroup, newest first. */
function some(n: number, group: number, subgroup: number, more: Record<string, unknown> = {}) {
  return Array.from({ length: n }, (_, i) => ({
    label: `chose ${subgroup}-${i}`,
    tags: ["fruit", "fruits rouges", "sucré", "frais"],
    hexcode: `1F${subgroup}${String(i).padStart(2, "0")}`,
    order: 1000 * subgroup + n - i,
    version: 1,
    group,
    subgroup,
    ...more,
  }));
}

Deno.test("buildDemo() keeps classes of ten things, in their order, and no faces", () => {
  const emoji = [...some(12, 0, 1), ...some(9, 4, 47), ...some(10, 4, 42)];
  const { products, labels } = buildDemo({ emoji, groups, messages });
  assert.equal(products.length, 10);
  assert.deepEqual(labels, [{ code: "food-fruit", name: "fruits" }]);
  assert.equal(products[0]!.designation, "chose 42-9");
  assert.equal(products[0]!.image, "image_1f4209_product_42001.jpg");
});

Deno.test("buildDemo() leaves tags out that tell the class", () => {
  const { products } = buildDemo({ emoji: some(10, 4, 42), groups, messages });
  assert.equal(products[0]!.description, "sucré, frais");
});

Deno.test("buildDemo() leaves emoji out that are too new to be drawn", () => {
  const emoji = [...some(10, 4, 42), ...some(10, 4, 47, { version: 16 })];
  assert.equal(buildDemo({ emoji, groups, messages }).products.length, 10);
});

Deno.test("buildDemo() writes files that readProducts() reads as they were", async () => {
  const emoji = some(10, 4, 42, { label: 'a "quoted", label' });
  const { x, y, products } = buildDemo({ emoji, groups, messages });
  const read = await Array.fromAsync(
    readProducts({ kind: "challenge", x: "x", y: "y", images: null }, openOf({ x, y })),
  );
  assert.deepEqual(
    read.map((r) => r.ok && [r.row.id, r.row.designation, r.row.description, r.row.code]),
    products.map((p) => [String(p.index), p.designation, p.description, p.code]),
  );
});

Deno.test("buildDemo() refuses other files", () => {
  const wrong = { emoji: {}, groups: {}, messages: {} };
  assert.throws(() => buildDemo(wrong), (e) => e instanceof AppError && e.code === "data-invalid");
});
