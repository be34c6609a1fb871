import assert from "node:assert/strict";
import fc from "fast-check";
import { stringify } from "csv-stringify/sync";
import type { AppError } from "@aisle/shared/errors";
import { type CsvRecord, openCsv } from "./csv.ts";
import { streamOf } from "./testing/files.ts";

async function read(text: string, pieceBytes?: number) {
  const table = await openCsv(streamOf(text, pieceBytes), "x");
  return { ...table, records: await Array.fromAsync(table.records) };
}

const fieldsOf = (records: readonly CsvRecord[]) => records.flatMap((r) => r.ok ? [r.fields] : []);
const linesOf = (records: readonly CsvRecord[]) => records.map((r) => r.line);
const faultsOf = (records: readonly CsvRecord[]) =>
  records.flatMap((r) => r.ok ? [] : [[r.line, r.fault]]);

Deno.test("openCsv() reads back what a CSV writer wrote: quotes, delimiters, newlines, any text", async () => {
  const cell = fc.string({
    unit: fc.constantFrom("a", "é", '"', ",", ";", "\n", "\r\n", " ", "😀", "<b>", "'"),
    maxLength: 12,
  });
  await fc.assert(fc.asyncProperty(
    fc.array(fc.tuple(cell, cell, cell), { maxLength: 8 }),
    fc.constantFrom(",", ";", "\t", "|"),
    fc.constantFrom("\n", "\r\n"),
    fc.integer({ min: 1, max: 40 }),
    async (rows, delimiter, record_delimiter, pieceBytes) => {
      const numbered = rows.map((row, i) => [String(i), ...row]);
      const text = stringify([["", "a", "b", "c"], ...numbered], {
        delimiter,
        record_delimiter,
        quoted_match: /[\r\n;\t|]/,
      });
      const { header, records } = await read(text, pieceBytes);
      assert.deepEqual(header, ["", "a", "b", "c"]);
      assert.deepEqual(fieldsOf(records), numbered);
      assert.deepEqual(faultsOf(records), []);
    },
  ));
});

Deno.test("openCsv() gives each record the line it starts on", async () => {
  const { records } = await read('id,text\n0,"two\nlines"\n\n1,one\n2,"a\r\nb\r\nc"\r\n3,end');
  assert.deepEqual(linesOf(records), [2, 5, 6, 9]);
  assert.deepEqual(fieldsOf(records).at(-1), ["3", "end"]);
});

Deno.test("openCsv() keeps lines right across the pieces of a large file", async () => {
  const rows = Array.from(
    { length: 60_000 },
    (_, i) => `${i},"title ${i}\nwith ""quotes"" and é",${i % 7}`,
  );
  const { records } = await read(`id,text,code\n${rows.join("\n")}\n`);
  assert.equal(records.length, 60_000);
  records.forEach((record, i) => {
    assert.ok(record.ok);
    assert.equal(record.line, 2 + 2 * i);
    assert.equal(record.fields[0], String(i));
  });
});

Deno.test("openCsv() finds the delimiter, and believes Excel's sep= line", async () => {
  assert.equal((await read("id;titre, sous-titre;code\n0;a, b;c\n")).delimiter, ";");
  assert.equal((await read("id\ttext\n0\ta\n")).delimiter, "\t");
  assert.equal((await read('"id;x",text,code\n0,a,b\n')).delimiter, ",");
  assert.equal((await read("text\nonly one column\n")).delimiter, ",");
  const excel = await read("sep=;\r\nid;text\r\n0;a,b\r\n");
  assert.deepEqual(excel.header, ["id", "text"]);
  assert.deepEqual(excel.records, [{ ok: true, line: 3, fields: ["0", "a,b"] }]);
});

Deno.test("openCsv() reads files of old Macs and of mixed line ends", async () => {
  assert.deepEqual(fieldsOf((await read("id,text\r0,a\r1,b\r")).records), [["0", "a"], ["1", "b"]]);
  const mixed = await read("id,text\r\n0,a\n1,b\r\n2,c\n");
  assert.deepEqual(fieldsOf(mixed.records), [["0", "a"], ["1", "b"], ["2", "c"]]);
});

Deno.test("openCsv() sets a row with too few or too many fields aside and goes on", async () => {
  const { records } = await read("id,text,code\n0,a,x\n1,b\n2,c, d,x\n3,e,x\n");
  assert.deepEqual(fieldsOf(records).map(([id]) => id), ["0", "3"]);
  assert.deepEqual(faultsOf(records), [[3, "field-count"], [4, "field-count"]]);
  const [few, many] = records.filter((r) => !r.ok);
  assert.match(few!.message, /2 fields, the header has 3/);
  assert.match(many!.message, /put quotes around/);
  assert.equal(few!.raw, "1,b");
  assert.equal(few!.first, "1");
});

Deno.test("openCsv() loses one row to a quote that is never closed, and no other", async () => {
  for (const pieceBytes of [7, 64, 1 << 16]) {
    const { records } = await read(
      'id,text\n0,a\n1,"open\n2,b\n3,"c, d"\n4,"e ""f"""\n',
      pieceBytes,
    );
    assert.deepEqual(fieldsOf(records), [["0", "a"], ["2", "b"], ["3", "c, d"], ["4", 'e "f"']]);
    assert.deepEqual(faultsOf(records), [[3, "broken-quote"]]);
  }
  const last = await read('id,text\n0,a\n1,"open');
  assert.deepEqual(faultsOf(last.records), [[3, "broken-quote"]]);
});

Deno.test("openCsv() gives back the rows that an open quote had taken in up to the next quoted field", async () => {
  const { records } = await read('id,text,code\n0,"open,x\n1,b,y\n2,"c",z\n3,d,"q"\n');
  assert.deepEqual(fieldsOf(records).map(([id]) => id), ["1", "2", "3"]);
  assert.deepEqual(faultsOf(records), [[2, "broken-quote"]]);
});

Deno.test("openCsv() gives back a row that lies further down in what an open quote had taken in", async () => {
  const { records } = await read('id,text,code\nx,"open\nz\n1,b,y\n"\n');
  assert.deepEqual(fieldsOf(records).map(([id]) => id), ["1"]);
});

Deno.test("openCsv() gives up on an open quote after a few megabytes, not at the end of the file", async () => {
  const rows = Array.from(
    { length: 120_000 },
    (_, i) => `${i + 1},a plain title of a product without a quote ${i}`,
  );
  const { records } = await read(`id,text\n0,"open\n${rows.join("\n")}\n`);
  assert.equal(fieldsOf(records).length, 120_000);
  assert.deepEqual(faultsOf(records), [[2, "broken-quote"]]);
});

Deno.test("openCsv() takes a stray quote as text where the fields are right", async () => {
  const { records } = await read('id,text,code\n0,TV 40" HD,x\n1,"TV" 40,x\n2,b,y\n');
  assert.deepEqual(fieldsOf(records), [["0", 'TV 40" HD', "x"], ["1", '"TV" 40', "x"], [
    "2",
    "b",
    "y",
  ]]);
  assert.deepEqual(records.map((r) => r.ok && r.mended === true), [true, true, false]);
});

Deno.test("openCsv() loses no whole row, whatever lines are broken in between", async () => {
  const broken = fc.constantFrom('x,"open', 'y,"a" b",c,d', "z", "u,v,w,x", '"', 'k,l"l,m,n,o');
  const whole = fc.constantFrom("good,a,b", 'good,"a, b",c', 'good,"a ""b""",c');
  await fc.assert(fc.asyncProperty(
    fc.array(fc.oneof(broken, whole), { maxLength: 12 }),
    fc.integer({ min: 1, max: 50 }),
    async (lines, pieceBytes) => {
      const { records } = await read(`id,text,code\n${lines.join("\n")}\n`, pieceBytes);
      // A broken line may pair its quote with one in the row below; the rows of letters alone are safe.
      const plain = lines.filter((line) => line === "good,a,b").length;
      const kept = fieldsOf(records).filter((f) => f.join() === "good,a,b").length;
      assert.equal(kept, plain);
      for (const { line } of records) assert.ok(line >= 2 && line <= lines.length + 1);
    },
  ));
});

Deno.test("openCsv() says that a file is empty or its header broken", async () => {
  for (const text of ["", "\n", "\ufeff", " \r\n"]) {
    await assert.rejects(
      read(text),
      (e: AppError) => e.code === "csv-invalid" && /empty/.test(e.message),
    );
  }
  await assert.rejects(read('id,"text\n0,a\n'), /header \(line 1\).*quote/);
  assert.deepEqual((await read("id,text\n")).records, []);
});
