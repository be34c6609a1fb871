import assert from "node:assert/strict";
import { sha256 } from "@aisle/shared/hash";
import { writePictureIndex } from "./picture_index.ts";
import { checkSource } from "./check.ts";
import type { FindingId } from "./findings.ts";
import type { Source } from "./source.ts";
import { openOf } from "./testing/files.ts";

const params = { examples: 3, imbalanceRatio: 20, minClassRows: 2, maxBadRowShare: 0.5 };
const HEADER = ",designation,description,productid,imageid";
const X = [
  HEADER,
  "0,Teapot,blue,10,20",
  "1,Kettle,red,11,21",
  "2,Chair,tall,12,22",
  "3,Table,,13,23",
];
const Y = [",prdtypecode", "0,kitchen", "1,kitchen", "2,home", "3,home"];

/** Checks a challenge's files; a list of lines or the bytes themselves. */
async function check(
  x: readonly string[] | Uint8Array,
  y: readonly string[] | Uint8Array | null = Y,
  pictures: readonly string[] | null = null,
) {
  const file = (content: readonly string[] | Uint8Array) =>
    content instanceof Uint8Array ? content : content.map((line) => `${line}\n`).join("");
  const source: Source = {
    kind: "challenge",
    x: "x",
    y: y === null ? null : "y",
    images: pictures === null ? null : "images",
  };
  const open = openOf({
    x: file(x),
    ...(y === null ? {} : { y: file(y) }),
    ...(pictures === null ? {} : { images: JSON.stringify(pictures) }),
  });
  const report = await checkSource(source, open, params);
  const find = (id: FindingId) => report.findings.find((finding) => finding.id === id);
  return { report, find };
}

/** `lines` with line `n` (0 is the header) replaced. */
function change(lines: readonly string[], n: number, line: string): string[] {
  return lines.map((old, i) => i === n ? line : old);
}

Deno.test("checkSource() finds nothing but a missing description in clean files", async () => {
  const { report } = await check(X);
  assert.deepEqual(report.findings.map(({ id }) => id), ["missing-description"]);
  assert.deepEqual([report.rows, report.usable, report.setAside, report.fatal], [4, 4, 0, false]);
  assert.deepEqual(report.classes, [{ code: "home", rows: 2 }, { code: "kitchen", rows: 2 }]);
  assert.deepEqual(report.lengths.map(({ column, median }) => [column, median]), [
    ["designation", 6],
    ["description", 4],
  ]);
});

Deno.test("checkSource() calls a missing column fatal and says which columns there are", async () => {
  const { report, find } = await check(change(X, 0, ",title,description,productid,imageid"));
  assert.equal(report.fatal, true);
  assert.match(find("missing-column")!.message, /designation.*title/);
  const y = await check(X, change(Y, 0, ",code"));
  assert.match(y.find("missing-column")!.message, /prdtypecode/);
});

Deno.test("checkSource() warns of columns that may be missing", async () => {
  const { report, find } = await check([",designation", "0,a", "1,b", "2,c", "3,d"]);
  assert.equal(find("missing-column-optional")!.count, 3);
  assert.equal(report.fatal, false);
});

/** Wrong lines of x, by what must be found; line numbers are in the examples. */
const WRONG_LINES: readonly (readonly [FindingId, string, RegExp])[] = [
  ["field-count", "1,Kettle,red,11", /line 3 .*4 fields.*5/],
  ["broken-quote", '1,"Kettle,red,11,21', /line 3 .*not closed/],
  ["duplicate-id", "0,Kettle,red,11,21", /line 3 .*id 0/],
  ["empty-id", ",Kettle,red,11,21", /line 3/],
  ["missing-designation", "1,,red,11,21", /line 3 .*id 1/],
  ["empty-text", "1,,,11,21", /line 3 .*id 1/],
  ["missing-productid", "1,Kettle,red,,21", /line 3/],
  ["missing-imageid", "1,Kettle,red,11,", /line 3/],
  ["duplicate-text", "1,TEAPOT, blue ,11,21", /line 3 .*same text as id 0/],
  ["html-tags", "1,Kettle,<p>red</p>,11,21", /line 3 .*description: <p>red/],
  ["html-entities", "1,Kettle &amp; lid,red,11,21", /designation: Kettle &amp;/],
  ["mojibake", "1,ThÃ©iÃ¨re,red,11,21", /ThÃ©/],
  ["lost-character", "1,Th\ufffdi\ufffdre,red,11,21", /Th\ufffd/],
  ["stray-quote", '1,Kettle 40" steel,red,11,21', /line 3/],
];

for (const [id, line, example] of WRONG_LINES) {
  Deno.test(`checkSource() counts ${id} with its place`, async () => {
    const { report, find } = await check(change(X, 2, line));
    const finding = find(id);
    assert.ok(finding, report.findings.map((f) => f.id).join());
    assert.equal(finding.count, 1);
    assert.match(finding.examples[0]!, example);
    assert.ok(finding.message.length > 10 && finding.mend.length > 5);
  });
}

Deno.test("checkSource() takes comparisons, hearts and ampersands for text", async () => {
  const { find } = await check(change(X, 2, "1,a < b <3 Tom & Jerry,Château Ãge €,11,21"));
  for (const id of ["html-tags", "html-entities", "mojibake"] as const) {
    assert.equal(find(id), undefined, id);
  }
});

Deno.test("checkSource() says when x and y do not line up", async () => {
  const { report, find } = await check(X, [
    ",prdtypecode",
    "0,kitchen",
    "1,kitchen",
    "2,home",
    "9,home",
  ]);
  assert.match(find("no-code")!.examples[0]!, /id 3/);
  assert.match(find("no-product")!.examples[0]!, /id 9/);
  assert.deepEqual([report.rows, report.usable, report.fatal], [4, 3, false]);
});

Deno.test("checkSource() calls it fatal when no index of x is in y", async () => {
  const { report } = await check(X, [",prdtypecode", "a,kitchen", "b,home"]);
  assert.equal(report.fatal, true);
  assert.equal(report.usable, 0);
});

Deno.test("checkSource() refuses to join by position when lengths differ or one file has an index", async () => {
  const x = ["designation", "a", "b", "c"];
  const short = await check(x, ["prdtypecode", "1", "2"]);
  assert.equal(short.report.fatal, true);
  assert.match(short.find("misaligned")!.message, /3 products and 2 codes/);
  const mixed = await check(x, Y);
  assert.match(mixed.find("misaligned")!.message, /index/);
  const fits = await check(x, ["prdtypecode", "1", "1", "2"]);
  assert.equal(fits.report.usable, 3);
});

Deno.test("checkSource() tells codes that are missing, contradict themselves or look alike", async () => {
  assert.equal((await check(X, change(Y, 1, "0,"))).find("no-code")!.count, 1);
  assert.equal((await check(X, [...Y, "0,home"])).find("conflicting-codes")!.count, 1);
  const alike = await check(X, change(Y, 1, "0,Kitchen "));
  assert.match(
    alike.find("similar-codes")!.examples[0]!,
    /"Kitchen " and "kitchen"|"kitchen" and "Kitchen "/,
  );
  assert.equal(alike.find("padded-code")!.count, 1);
});

Deno.test("checkSource() tells the same text under two codes", async () => {
  const { find } = await check(change(X, 3, "2,teapot,BLUE,12,22"));
  assert.match(find("conflicting-labels")!.examples[0]!, /id 2 is home.*id 0.*kitchen/);
});

Deno.test("checkSource() tells a column that holds one value", async () => {
  const { find } = await check([HEADER, ...[0, 1, 2, 3].map((i) => `${i},item ${i},same,7,${i}`)]);
  assert.deepEqual(find("one-value")!.examples, ['description: "same"', 'productid: "7"']);
});

Deno.test("checkSource() calls a single class fatal and warns of small and unbalanced ones", async () => {
  const one = await check(X, [",prdtypecode", ...[0, 1, 2, 3].map((i) => `${i},home`)]);
  assert.ok(one.report.fatal && one.find("one-class"));
  const x = [HEADER, ...Array.from({ length: 41 }, (_, i) => `${i},item ${i},,${i},${i}`)];
  const y = [
    ",prdtypecode",
    ...Array.from({ length: 41 }, (_, i) => `${i},${i === 40 ? "b" : "a"}`),
  ];
  const { report, find } = await check(x, y);
  assert.match(find("imbalance")!.examples[0]!, /a has 40 rows, b has 1: 40 to 1/);
  assert.deepEqual(find("small-class")!.examples, ["b: 1 row"]);
  assert.equal(report.fatal, false);
});

Deno.test("checkSource() tells pictures that are missing, unused and shared by many", async () => {
  const given = [
    "image_20_product_10.jpg",
    "image_21_product_11.jpg",
    "image_22_product_12.jpg",
    "cat.jpg",
  ];
  const { report, find } = await check(X, Y, given);
  assert.deepEqual(find("missing-picture")!.examples, ["image_23_product_13.jpg (id 3)"]);
  assert.deepEqual(find("unused-picture")!.examples, ["cat.jpg"]);
  assert.equal(report.pictures, 4);
  const many = Array.from({ length: 6 }, (_, i) => `${i},item ${i},,1,1`);
  const shared = await check([HEADER, ...many], null, ["image_1_product_1.jpg"]);
  assert.deepEqual(shared.find("shared-picture")!.examples, ["image_1_product_1.jpg: 6 products"]);
});

Deno.test("checkSource() tells contents that are shared, twice there, unreadable or not to be decoded", async () => {
  const gif = new TextEncoder().encode("GIF89a");
  const [one, two, none] = [sha256(gif), sha256("two"), ""];
  const entry = (path: string, digest: string) => ({ path, sizeBytes: 6, digest });
  const index = {
    packs: [sha256("pack")],
    entries: [
      entry("a/image_1_product_1.jpg", one),
      entry("a/image_2_product_2.jpg", one),
      entry("b/image_2_product_2.jpg", two),
      { ...entry("image_3_product_3.jpg", none), problem: "it is encrypted in the zip" },
    ],
    places: new Map([[one, { pack: 0, offset: 0, sizeBytes: 6 }]]),
  };
  const bytes = await new Response(writePictureIndex(index)).bytes();
  const products = Array.from({ length: 8 }, (_, i) => {
    const n = i < 4 ? 1 : i < 7 ? 2 : 3;
    return `${i},Text ${i},long ${i},${n},${n}`;
  });
  const codes = products.map((_, i) => `${i},${i % 2 === 0 ? "home" : "kitchen"}`);
  const file = (head: string, lines: readonly string[]) => [head, ...lines, ""].join("\n");
  const report = await checkSource(
    { kind: "challenge", x: "x", y: "y", images: "images" },
    openOf({ x: file(X[0]!, products), y: file(Y[0]!, codes), images: bytes }),
    params,
    {
      readContents: async function* (digests) {
        for (const digest of digests) yield { digest, bytes: digest === one ? gif : null };
      },
    },
  );
  const found = Object.fromEntries(
    report.findings.filter(({ id }) => id.includes("picture")).map((f) => [f.id, f.examples]),
  );
  assert.deepEqual(found, {
    "shared-picture": ["image_1_product_1.jpg: 7 products"],
    "unreadable-picture": ["image_3_product_3.jpg: it is encrypted in the zip"],
    "duplicate-picture": ["a/image_2_product_2.jpg: same content as a/image_1_product_1.jpg"],
    "duplicate-picture-name": ["b/image_2_product_2.jpg: a/image_2_product_2.jpg counts"],
    "undecodable-picture": [
      "a/image_1_product_1.jpg: GIF is not read. Save it as JPEG, PNG or WebP",
    ],
  });
  assert.equal(report.pictures, 4);
});

Deno.test("checkSource() of a table finds missing pictures by the named column", async () => {
  const source: Source = {
    kind: "table",
    csv: "t",
    text: ["title"],
    label: "kind",
    id: null,
    image: "photo",
    images: "images",
  };
  const csv = "title,kind,photo\nTeapot,a,t.jpg\nKettle,b,k.jpg\nPan,b,\n";
  const open = openOf({ t: csv, images: '["t.jpg"]' });
  const { findings } = await checkSource(source, open, params);
  const find = (id: FindingId) => findings.find((f) => f.id === id);
  assert.deepEqual(find("missing-picture")!.examples, ["k.jpg (id 1)"]);
  assert.equal(find("missing-image-name")!.count, 1);
});

Deno.test("checkSource() reports other encodings with the command that mends them", async () => {
  const text = X.join("\n").replace("Teapot", "Théière à l'été, déjà").replace(", déjà", "");
  const latin = Uint8Array.from(text, (c) => c.charCodeAt(0));
  const wide = new Uint8Array(Uint16Array.from(`\ufeff${text}`, (c) => c.charCodeAt(0)).buffer);
  for (const [bytes, name] of [[latin, /WINDOWS-1252/i], [wide, /UTF-16/]] as const) {
    const { report, find } = await check(bytes);
    assert.equal(report.fatal, true);
    assert.match(find("encoding")!.message, name);
    assert.match(find("encoding")!.message, /iconv -f/);
  }
});

Deno.test("checkSource() reads a byte order mark, semicolons, quotes and line breaks in fields", async () => {
  const x = new TextEncoder().encode(
    '\ufeff;designation;description;productid;imageid\r\n0;"Tea; ""pot""";"two\r\nlines";1;1\r\n1;b;c;2;2\r\n',
  );
  const { report, find } = await check(x, [",prdtypecode", "0,a", "1,b"]);
  assert.equal(report.usable, 2);
  assert.match(find("delimiter")!.examples[0]!, /^;/);
  assert.equal(report.fatal, false);
});

Deno.test("checkSource() calls files without rows fatal", async () => {
  assert.ok((await check([], null)).report.fatal);
  const { report, find } = await check([HEADER], null);
  assert.ok(report.fatal && find("no-rows"));
});

Deno.test("checkSource() calls too many bad rows fatal, fewer not", async () => {
  const x = [HEADER, "0,a,,1,1", "1,b,,2,2", "2", "3"];
  assert.equal((await check(x, null)).report.fatal, false);
  const { report, find } = await check([...x, "4"], null);
  assert.equal(report.fatal, true);
  assert.match(find("too-many-bad-rows")!.examples[0]!, /3 of 5/);
});

Deno.test("checkSource() keeps no more examples than asked and counts all", async () => {
  const x = [HEADER, ...Array.from({ length: 9 }, (_, i) => `${i},item ${i},,,`)];
  const { find } = await check(x, null);
  assert.equal(find("missing-productid")!.count, 9);
  assert.equal(find("missing-productid")!.examples.length, 3);
});

Deno.test("checkSource() speaks of one row as one row, and of several as several", async () => {
  const x =
    ",designation,description,productid,imageid\n0,a,d,1,1\n1,b,,2,2\n2,c,d,3,3\n3,e,d,,\n4,f,d,,\n";
  const y = ",prdtypecode\n0,A\n1,B\n2,A\n3,B\n4,A\n";
  const { findings } = await checkSource(
    { kind: "challenge", x: "x", y: "y", images: null },
    openOf({ x, y }),
    { examples: 5, imbalanceRatio: 20, minClassRows: 1, maxBadRowShare: 0.5 },
  );
  const message = (id: string) => findings.find((f) => f.id === id)?.message;
  assert.equal(message("missing-description"), "1 row (20.0 %) has no description");
  assert.equal(message("missing-productid"), "2 rows (40.0 %) have no productid");
  assert.ok(findings.every((f) => !/[[\]|{}]/.test(f.message)));
});
