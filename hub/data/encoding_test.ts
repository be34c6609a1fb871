import assert from "node:assert/strict";
import fc from "fast-check";
import { AppError } from "@aisle/shared/errors";
import { utf8Chunks } from "./encoding.ts";
import { streamOf } from "./testing/files.ts";

const FRENCH =
  ",designation\n0,Théière émaillée à thé\n1,Poupée « garçon », déjà prête\n2,Hélicoptère télécommandé\n";

/** `text` in an encoding that has one byte for each of `table`'s letters. */
function singleByte(text: string, table: Readonly<Record<string, number>>): Uint8Array {
  return Uint8Array.from(text, (c) => table[c] ?? c.charCodeAt(0));
}

const MACINTOSH = { é: 0x8e, è: 0x8f, à: 0x88, ç: 0x8d, "«": 0xc7, "»": 0xc8 };
const CP850 = { é: 0x82, è: 0x8a, à: 0x85, ç: 0x87, "«": 0xae, "»": 0xaf };

function utf16(text: string, bom: boolean, bigEndian = false): Uint8Array {
  const units = [...(bom ? "\ufeff" : ""), ...text].map((c) => c.charCodeAt(0));
  return Uint8Array.from(units.flatMap((u) => bigEndian ? [u >> 8, u & 255] : [u & 255, u >> 8]));
}

async function read(bytes: Uint8Array, pieceBytes?: number): Promise<string> {
  const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
  let text = "";
  // Each chunk is decoded by itself: it must be whole.
  for await (const chunk of utf8Chunks(streamOf(bytes, pieceBytes), "x")) {
    text += decoder.decode(chunk);
  }
  return text;
}

async function refusal(bytes: Uint8Array, pieceBytes?: number): Promise<string> {
  try {
    await read(bytes, pieceBytes);
  } catch (error) {
    assert.ok(error instanceof AppError);
    assert.equal(error.code, "csv-invalid");
    return error.message;
  }
  throw new assert.AssertionError({ message: "it was let through" });
}

Deno.test("utf8Chunks() lets UTF-8 through unchanged, however it is cut", async () => {
  await fc.assert(fc.asyncProperty(
    fc.string({ unit: "binary", maxLength: 200 }).filter((s) =>
      !s.includes("\0") && !s.startsWith("\ufeff")
    ),
    fc.integer({ min: 1, max: 7 }),
    async (text, pieceBytes) => {
      const bytes = new TextEncoder().encode(`a,b\n${text}`);
      assert.equal(await read(bytes, pieceBytes), `a,b\n${text}`);
    },
  ));
  const long = "é€😀,".repeat(1_000);
  for (const pieceBytes of [1, 2, 3, 4096, 4097]) {
    assert.equal(await read(new TextEncoder().encode(long), pieceBytes), long);
  }
});

Deno.test("utf8Chunks() takes a byte order mark away", async () => {
  const bytes = new TextEncoder().encode("\ufeffid,text\n");
  for (const pieceBytes of [1, 2, 100]) assert.equal(await read(bytes, pieceBytes), "id,text\n");
});

Deno.test("utf8Chunks() lets an empty file through as nothing", async () => {
  assert.equal(await read(new Uint8Array(0)), "");
});

Deno.test("utf8Chunks() names UTF-16 with and without a byte order mark, and how to mend it", async () => {
  assert.match(
    await refusal(utf16(FRENCH, true)),
    /^Cannot read x: .*UTF-16 .*iconv -f UTF-16 -t UTF-8 FILE/,
  );
  assert.match(await refusal(utf16(FRENCH, true, true)), /iconv -f UTF-16 -t UTF-8/);
  assert.match(await refusal(utf16(FRENCH, false), 3), /iconv -f UTF-16LE -t UTF-8/);
  assert.match(await refusal(utf16(FRENCH, false, true)), /iconv -f UTF-16BE -t UTF-8/);
});

Deno.test("utf8Chunks() names Windows-1252, Macintosh and CP850 with the line", async () => {
  const header = "id,text\n";
  const latin = Uint8Array.from(header + FRENCH, (c) => c.charCodeAt(0));
  assert.match(await refusal(latin), /WINDOWS-1252 \(line 3\).*iconv -f WINDOWS-1252 -t UTF-8/);
  assert.match(await refusal(latin, 5), /WINDOWS-1252 \(line 3\)/);
  assert.match(await refusal(singleByte(FRENCH, MACINTOSH)), /MACINTOSH \(line 2\)/);
  assert.match(await refusal(singleByte(FRENCH, CP850)), /CP850 \(line 2\)/);
});

Deno.test("utf8Chunks() gives the line of a foreign byte far down the file", async () => {
  const text = "1,caf\u00e9 du matin \u00e0 c\u00f4t\u00e9\n";
  const bytes = Uint8Array.from(
    "id,text\n" + "0,plain text\n".repeat(50_000) + text,
    (c) => c.charCodeAt(0),
  );
  assert.match(await refusal(bytes), /WINDOWS-1252 \(line 50002\)/);
});

Deno.test("utf8Chunks() tells damaged UTF-8 from a foreign encoding", async () => {
  const bytes = new TextEncoder().encode(FRENCH.repeat(3));
  bytes[bytes.length - 4] = 0xff;
  assert.match(await refusal(bytes), /damaged UTF-8 \(line 12\).*iconv -c -f UTF-8/);
});

Deno.test("utf8Chunks() refuses a last character that is cut short", async () => {
  const bytes = new TextEncoder().encode(FRENCH + "3,thé");
  assert.match(await refusal(bytes.subarray(0, -1)), /line 5/);
});

Deno.test("utf8Chunks() does not name an encoding that it cannot tell", async () => {
  const bytes = Uint8Array.from(
    "id,text\n0,\xc1\xcc\xd2\xd8\xd9\xde\xd0\n",
    (c) => c.charCodeAt(0),
  );
  assert.match(await refusal(bytes), /an encoding other than UTF-8 \(line 2\).*iconv -f ENCODING/);
});

Deno.test("utf8Chunks() refuses what is no text, and says what it is", async () => {
  for (
    const [head, what] of [
      [[0x50, 0x4b, 3, 4, 20, 0], /Excel workbook \(\.xlsx\).*save the sheet as CSV UTF-8/],
      [[0xd0, 0xcf, 0x11, 0xe0, 0xa1], /Excel workbook \(\.xls\)/],
      [[0x1f, 0x8b, 8, 0, 0], /gzip.*gunzip/],
      [[0xff, 0xd8, 0xff, 0xe0], /JPEG/],
      [[0x53, 0, 1, 2, 0x51], /binary/],
    ] as const
  ) assert.match(await refusal(Uint8Array.from(head)), what);
});
