import assert from "node:assert/strict";
import fc from "fast-check";
import { writeSetAside } from "./bad_rows.ts";
import { openCsv } from "./csv.ts";
import { processedCsv } from "./processed.ts";
import { textOf } from "./testing/files.ts";
import { productRow } from "./testing/rows.ts";

const HEADER = ["", "designation", "description", "productid", "imageid", "prdtypecode"];

Deno.test("processedCsv() writes the challenge's columns, readable again", async () => {
  const text = fc.string({
    unit: fc.constantFrom("a", ",", '"', "\n", "é", ";", " "),
    maxLength: 6,
  });
  const texts = fc.array(fc.tuple(text, text), { maxLength: 6 });
  await fc.assert(
    fc.asyncProperty(texts, async (pairs) => {
      const rows = pairs.map(([designation, description], i) =>
        productRow({ id: String(i), designation, description })
      );
      const { header, records } = await openCsv(processedCsv(rows), "processed");
      assert.deepEqual(header, HEADER);
      assert.deepEqual(
        (await Array.fromAsync(records)).map((r) => r.ok && r.fields),
        rows.map((r) => [r.id, r.designation, r.description, r.productId, r.imageId, r.code]),
      );
    }),
    { numRuns: 40 },
  );
});

Deno.test("processedCsv() writes every row of a set larger than its chunks", async () => {
  const rows = Array.from({ length: 2_500 }, (_, i) => productRow({ id: String(i) }));
  assert.equal((await textOf(processedCsv(rows))).trimEnd().split("\n").length, 2_501);
});

Deno.test("writeSetAside() writes each bad row with its file, line and reason", async () => {
  const bad = {
    file: "x",
    line: 3,
    id: null,
    reason: "broken-quote",
    message: "a quote, open",
    raw: '1,"a',
  } as const;
  assert.equal(
    await textOf(writeSetAside([bad])),
    'file,line,id,reason,message,raw\nx,3,,broken-quote,"a quote, open","1,""a"\n',
  );
});
