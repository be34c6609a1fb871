import assert from "node:assert/strict";
import fc from "fast-check";
import { readEvents } from "./server_events.ts";

/** `text` in pieces that end at `cuts`. */
function inPieces(text: string, cuts: readonly number[]) {
  const bytes = new TextEncoder().encode(text);
  const ends = [...new Set([...cuts.map((c) => c % (bytes.length + 1)), bytes.length])]
    .sort((a, b) => a - b);
  return ReadableStream.from(
    ends.map((end, i) => bytes.slice(i === 0 ? 0 : ends[i - 1]!, end)).filter((p) => p.length > 0),
  );
}

Deno.test("readEvents() reads the same events however the bytes are cut", async () => {
  const text = ': here\n\nid: 1\ndata: {"a":"é"}\n\nevent: x\ndata:one\ndata: two\n\nid: 2\r\n' +
    "data: three\r\n\r\ndata: lost";
  await fc.assert(fc.asyncProperty(fc.array(fc.nat(200), { maxLength: 20 }), async (cuts) => {
    const found = await Array.fromAsync(readEvents(inPieces(text, cuts)));
    assert.deepEqual(found, [
      { id: "1", data: '{"a":"é"}' },
      { id: "1", data: "one\ntwo" },
      { id: "2", data: "three" },
    ]);
  }));
});
