import assert from "node:assert/strict";
import { AppError } from "@aisle/shared/errors";
import { type BadRow, type ReadProduct, readProducts } from "./products.ts";
import type { ProductRow } from "./row.ts";
import type { Source } from "./source.ts";
import { openOf } from "./testing/files.ts";

const X = `,designation,description,productid,imageid
0,"Théière ""Zen""; 1,2 L","<b>Acier</b> &amp; verre
deux lignes",100,900
1,TV 40" HD,,101,901
2,Poupée,,102,902
`;
const Y = ",prdtypecode\n2,0060\n0,40\n1,Livre \n";
const CHALLENGE: Source = { kind: "challenge", x: "x.csv", y: "y.csv", images: null };

async function read(
  source: Source,
  files: Record<string, string>,
): Promise<{ rows: ProductRow[]; bad: BadRow[]; all: ReadProduct[] }> {
  const all = await Array.fromAsync(readProducts(source, openOf(files)));
  return {
    all,
    rows: all.flatMap((p) => p.ok ? [p.row] : []),
    bad: all.flatMap((p) => p.ok ? [] : [p.bad]),
  };
}

const challenge = (x: string, y: string) => read(CHALLENGE, { "x.csv": x, "y.csv": y });
const reasons = (bad: readonly BadRow[]) =>
  bad.map(({ file, line, id, reason }) => [file, line, id, reason]);

async function refusal(result: Promise<unknown>): Promise<AppError> {
  try {
    await result;
  } catch (error) {
    assert.ok(error instanceof AppError, String(error));
    return error;
  }
  throw new assert.AssertionError({ message: "it was let through" });
}

Deno.test("readProducts() joins codes by index, and keeps texts and codes byte for byte", async () => {
  const { rows, bad, all } = await challenge(X, Y);
  assert.deepEqual(bad, []);
  assert.deepEqual(rows[0], {
    id: "0",
    designation: 'Théière "Zen"; 1,2 L',
    description: "<b>Acier</b> &amp; verre\ndeux lignes",
    code: "40",
    productId: "100",
    imageId: "900",
    image: "",
    picture: "",
    origin: "raw",
  });
  assert.deepEqual(rows.map((r) => r.code), ["40", "Livre ", "0060"]);
  assert.equal(rows[1]!.designation, 'TV 40" HD');
  assert.deepEqual(all.map((p) => p.ok && p.line), [2, 4, 5]);
});

Deno.test("readProducts() reads the same from CRLF, a byte order mark, semicolons and any cut of the stream", async () => {
  const expected = (await challenge(X, Y)).rows;
  const crlf = X.replaceAll("\n", "\r\n").replace("verre\r\n", "verre\n");
  assert.deepEqual((await challenge(`\ufeff${crlf}`, `\ufeff${Y}`)).rows, expected);
  const semicolons = `;designation;description;productid;imageid
0;"Théière ""Zen""; 1,2 L";"<b>Acier</b> &amp; verre
deux lignes";100;900
1;TV 40" HD;;101;901
2;Poupée;;102;902
`;
  assert.deepEqual((await challenge(semicolons, Y.replaceAll(",", ";"))).rows, expected);
  const pieces = await Array.fromAsync(
    readProducts(CHALLENGE, openOf({ "x.csv": X, "y.csv": Y }, 3)),
  );
  assert.deepEqual(pieces.map((p) => p.ok && p.row), expected);
});

Deno.test("readProducts() knows the index column under the names that pandas and people give it", async () => {
  for (const name of ["Unnamed: 0", "index", "ID"]) {
    const { rows } = await challenge(X.replace(/^,/, `${name},`), Y);
    assert.deepEqual(rows.map((r) => [r.id, r.code]), [["0", "40"], ["1", "Livre "], [
      "2",
      "0060",
    ]]);
  }
});

Deno.test("readProducts() names each row that it sets aside and goes on with the rest", async () => {
  const x = `,designation,description,productid,imageid
0,a,,1,1
1,too few
2,"open,,3,3
3,d,,4,4
3,again,,5,5
,no id,,6,6
f:1,like feedback,,7,7
4,no code,,8,8
5,empty code,,9,9
6,two codes,,10,10
7,a zero\0character,,11,11
8,last,,12,12
`;
  const y = ",prdtypecode\n0,A\n1,A\n2,A\n3,B\nf:1,B\n5,\n6,A\n6,B\n7,A\n8,A\n9,C\n1,A,A\n";
  const { rows, bad } = await challenge(x, y);
  assert.deepEqual(rows.map((r) => r.id), ["0", "3", "8"]);
  assert.deepEqual(reasons(bad), [
    ["x", 3, "1", "field-count"],
    ["x", 4, "2", "broken-quote"],
    ["x", 6, "3", "duplicate-id"],
    ["x", 7, "", "empty-id"],
    ["x", 8, "f:1", "reserved-id"],
    ["x", 9, "4", "no-code"],
    ["x", 10, "5", "no-code"],
    ["x", 11, "6", "conflicting-codes"],
    ["x", 12, "7", "control-character"],
    ["y", 13, "1", "field-count"],
    ["y", 12, "9", "no-product"],
  ]);
  for (const { message } of bad) assert.ok(message.length > 5);
  assert.match(bad[7]!.message, /"A" and "B"/);
  assert.equal(bad[0]!.raw, "1,too few");
});

Deno.test("readProducts() says the same code twice is one code", async () => {
  const { rows, bad } = await challenge(X, `${Y}0,40\n`);
  assert.deepEqual([rows.length, bad.length], [3, 0]);
});

Deno.test("readProducts() joins by place only where neither file has an index", async () => {
  const x = "designation\na\nb\nc\n", y = "prdtypecode\nA\nB\nC\n";
  const { rows } = await challenge(x, y);
  assert.deepEqual(rows.map((r) => [r.id, r.designation, r.code]), [["0", "a", "A"], [
    "1",
    "b",
    "B",
  ], ["2", "c", "C"]]);
  const one = await refusal(challenge(X, y));
  assert.equal(one.code, "data-invalid");
  assert.match(
    one.message,
    /the codes file \(y\) has no index column and the products file \(x\) has one/,
  );
  assert.match(
    (await refusal(challenge(x, Y))).message,
    /the products file \(x\) has no index column/,
  );
  assert.match((await refusal(challenge(x, `${y}D\n`))).message, /3 products and 4 codes/);
  assert.match(
    (await refusal(challenge(x, "prdtypecode\nA\nB,B\nC\n"))).message,
    /line 3 of the codes file/,
  );
  assert.match(
    (await refusal(challenge("designation\na\nb,b\nc\n", y))).message,
    /line 3 of the products file/,
  );
});

Deno.test("readProducts() names a missing column and those that are there", async () => {
  const x = await refusal(challenge(",titre,description\n0,a,b\n", Y));
  assert.equal(x.code, "csv-invalid");
  assert.match(
    x.message,
    /products file \(x\): the column designation is missing.*\(no name\), titre, description/,
  );
  assert.match(
    (await refusal(challenge(X, ",code\n0,A\n"))).message,
    /codes file \(y\): the column prdtypecode/,
  );
  assert.match(
    (await refusal(challenge(X.replace("imageid", "designation"), Y))).message,
    /two columns are called designation/,
  );
});

Deno.test("readProducts() takes headers without regard to case, and does without all columns but the designation", async () => {
  const { rows } = await challenge(",Designation \n0,a\n", ",PrdTypeCode\n0,A\n");
  assert.deepEqual(rows.map((r) => [r.designation, r.description, r.code, r.productId]), [[
    "a",
    "",
    "A",
    "",
  ]]);
});

Deno.test("readProducts() without codes gives empty codes and asks for none", async () => {
  const { rows, bad } = await read({ ...CHALLENGE, y: null }, { "x.csv": X });
  assert.deepEqual(rows.map((r) => r.code), ["", "", ""]);
  assert.deepEqual(bad, []);
});

Deno.test("readProducts() lets a row without text through: a missing text is normal input", async () => {
  const { rows } = await challenge(",designation,description\n0,,\n", ",prdtypecode\n0,A\n");
  assert.deepEqual(rows.map((r) => [r.designation, r.description]), [["", ""]]);
});

Deno.test("readProducts() finds the challenge's pictures among those that are there", async () => {
  const images = JSON.stringify([
    "image_900_product_100.jpg",
    "image_901_product_101.PNG",
    "other.jpg",
  ]);
  const { rows } = await read({ ...CHALLENGE, images: "images" }, {
    "x.csv": X,
    "y.csv": Y,
    images,
  });
  assert.deepEqual(rows.map((r) => r.image), [
    "image_900_product_100.jpg",
    "image_901_product_101.PNG",
    "",
  ]);
});

const TABLE: Source = {
  kind: "table",
  csv: "t.csv",
  text: ["title", "details", "brand"],
  label: "aisle",
  id: "sku",
  image: null,
  images: null,
};
const T =
  "sku;aisle;title;details;brand;photo\nA-1;tea;Pot;round;Zen;p/a.jpg\nB-2;toy;Doll;;;b.jpg\n";

Deno.test("readProducts() reads a table by the columns that are named", async () => {
  const { rows } = await read(TABLE, { "t.csv": T });
  assert.deepEqual(rows.map((r) => [r.id, r.designation, r.description, r.code]), [
    ["A-1", "Pot", "round Zen", "tea"],
    ["B-2", "Doll", "", "toy"],
  ]);
  const pictured: Source = { ...TABLE, id: null, image: "photo", images: "images" };
  const named = await read(pictured, { "t.csv": T, images: '["a.jpg"]' });
  assert.deepEqual(named.rows.map((r) => [r.id, r.image]), [["0", "a.jpg"], ["1", ""]]);
});

Deno.test("readProducts() numbers rows without ids by place, bad rows too, so that mending one moves no other", async () => {
  const source: Source = { ...TABLE, id: null };
  const { rows, bad } = await read(source, {
    "t.csv": "title,details,brand,aisle\na,,,A\nb\nc,,,\nd,,,D\n",
  });
  assert.deepEqual(rows.map((r) => r.id), ["0", "3"]);
  assert.deepEqual(reasons(bad), [["table", 3, "1", "field-count"], ["table", 4, "2", "no-code"]]);
});

Deno.test("readProducts() names the columns that a table lacks", async () => {
  const error = await refusal(read({ ...TABLE, label: "class", id: "ref" }, { "t.csv": T }));
  assert.match(
    error.message,
    /the table: the columns class, ref are missing. Its columns are: sku, aisle/,
  );
});

Deno.test("readProducts() refuses a file that is not UTF-8 with the way to mend it", async () => {
  const latin = Uint8Array.from(X, (c) => c.charCodeAt(0));
  const products = readProducts(CHALLENGE, openOf({ "x.csv": latin, "y.csv": Y }));
  const error = await refusal(Array.fromAsync(products));
  assert.equal(error.code, "csv-invalid");
  assert.match(error.message, /products file \(x\).*WINDOWS-1252 \(line 2\).*iconv/);
});

Deno.test("readProducts() refuses a list of pictures that is none", async () => {
  for (const images of ["{}", "[1]", "not json"]) {
    const result = read({ ...CHALLENGE, images: "images" }, { "x.csv": X, "y.csv": Y, images });
    assert.equal((await refusal(result)).code, "data-invalid");
  }
});
