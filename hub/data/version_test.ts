import assert from "node:assert/strict";
import fc from "fast-check";
import type { AppError } from "@aisle/shared/errors";
import { shuffle } from "@aisle/shared/random";
import type { ProductRow } from "./row.ts";
import { streamOf } from "./testing/files.ts";
import { productRow } from "./testing/rows.ts";
import { diffVersions, MAX_DIFF_IDS, readRows, versionOf, writeRows } from "./version.ts";

const text = fc.string({
  unit: fc.constantFrom("a", "b", " ", "é", "\n", '"', "\t", "😀"),
  maxLength: 6,
});

/** Up to 12 rows with different ids; small alphabets, so that texts and codes meet. */
const productRows: fc.Arbitrary<ProductRow[]> = fc.uniqueArray(
  fc.record({
    id: fc.string({ unit: fc.constantFrom("0", "1", "a", "é"), minLength: 1, maxLength: 3 }),
    designation: text,
    description: text,
    code: fc.constantFrom("1", "2", "10"),
    productId: fc.constantFrom("", "7"),
    imageId: fc.constantFrom("", "8"),
    image: fc.constantFrom("", "a.jpg"),
    picture: fc.constantFrom("", "d1"),
    origin: fc.constantFrom("raw", "feedback"),
  }, { noNullPrototype: true }),
  { selector: (row) => row.id, maxLength: 12 },
);

const bytesOf = async (rows: readonly ProductRow[]) => await new Response(writeRows(rows)).bytes();

Deno.test("versionOf() names the rows, whatever their order and the order of their members", () => {
  fc.assert(fc.property(productRows, fc.integer(), (rows, seed) => {
    const turned = shuffle(
      rows.map((row) => Object.fromEntries(Object.entries(row).reverse()) as unknown as ProductRow),
      () => Math.abs(Math.sin(seed)),
    );
    assert.deepEqual(versionOf(turned), versionOf(rows));
  }));
});

Deno.test("versionOf() changes its name with any member of any row", () => {
  const rows = [productRow({ id: "1" }), productRow({ id: "2" })];
  const names = new Set([versionOf(rows).digest, versionOf(rows.slice(1)).digest]);
  const members = [
    "id",
    "designation",
    "description",
    "code",
    "productId",
    "imageId",
    "image",
  ] as const;
  for (const member of members) {
    names.add(versionOf([rows[0]!, { ...rows[1]!, [member]: `${rows[1]![member]}!` }]).digest);
  }
  names.add(versionOf([rows[0]!, { ...rows[1]!, origin: "feedback" }]).digest);
  assert.equal(names.size, 3 + members.length);
});

Deno.test("versionOf() counts rows and classes, and refuses two rows with one id", () => {
  const rows = [
    productRow({ id: "a", code: "10" }),
    productRow({ id: "b", code: "9" }),
    productRow({ id: "c", code: "10" }),
  ];
  const { rows: count, classes } = versionOf(rows);
  assert.equal(count, 3);
  assert.deepEqual(classes, { "9": 1, "10": 2 });
  assert.throws(
    () => versionOf([...rows, productRow({ id: "b" })]),
    (e: AppError) => e.code === "data-invalid" && /id b/.test(e.message),
  );
});

Deno.test("diffVersions() lists what was added, removed and changed", () => {
  const parent = ["a", "b", "c", "d"].map((id) => productRow({ id }));
  const child = [
    productRow({ id: "e" }),
    productRow({ id: "b", code: "other" }),
    productRow({ id: "a" }),
    productRow({ id: "c" }),
  ];
  assert.deepEqual(diffVersions(parent, child), {
    added: ["e"],
    removed: ["d"],
    changed: ["b"],
    addedCount: 1,
    removedCount: 1,
    changedCount: 1,
  });
});

Deno.test("diffVersions() is empty exactly where the names are equal", () => {
  fc.assert(fc.property(productRows, productRows, (a, b) => {
    const { addedCount, removedCount, changedCount } = diffVersions(a, b);
    assert.equal(
      addedCount + removedCount + changedCount === 0,
      versionOf(a).digest === versionOf(b).digest,
    );
    const back = diffVersions(b, a);
    assert.deepEqual([back.addedCount, back.removedCount, back.changedCount], [
      removedCount,
      addedCount,
      changedCount,
    ]);
  }));
});

Deno.test("diffVersions() counts all and lists the first thousand", () => {
  const rows = Array.from(
    { length: MAX_DIFF_IDS + 5 },
    (_, i) => productRow({ id: String(i).padStart(5, "0") }),
  );
  const diff = diffVersions([], rows);
  assert.deepEqual([diff.addedCount, diff.added.length, diff.added[1]], [
    MAX_DIFF_IDS + 5,
    MAX_DIFF_IDS,
    "00001",
  ]);
});

Deno.test("readRows() gives back what writeRows() wrote, sorted by id", async () => {
  await fc.assert(
    fc.asyncProperty(productRows, async (rows) => {
      const back = await Array.fromAsync(readRows(writeRows(rows)));
      assert.deepEqual(back, [...rows].sort((a, b) => a.id < b.id ? -1 : 1));
      assert.equal(versionOf(back).digest, versionOf(rows).digest);
    }),
    { numRuns: 40 },
  );
});

Deno.test("writeRows() writes equal bytes for equal rows, whatever their order", async () => {
  const rows = Array.from(
    { length: 2_000 },
    (_, i) => productRow({ id: String(i), designation: `é ${i}` }),
  );
  assert.deepEqual(await bytesOf(rows), await bytesOf(rows.toReversed()));
});

Deno.test("readRows() refuses what is damaged, cut short or something else", async () => {
  const bytes = await bytesOf(Array.from({ length: 50 }, (_, i) => productRow({ id: String(i) })));
  const gzip = async (text: string) =>
    await new Response(streamOf(text).pipeThrough(new CompressionStream("gzip"))).bytes();
  const wrong = [
    bytes.slice(0, bytes.length / 2),
    new TextEncoder().encode("not gzip"),
    await gzip('{"id":"1"}\n'),
    await gzip("nonsense\n"),
    await gzip(JSON.stringify(productRow({ id: "1" }))),
  ];
  for (const content of wrong) {
    await assert.rejects(
      Array.fromAsync(readRows(streamOf(content))),
      (e: AppError) => e.code === "data-invalid",
    );
  }
});
