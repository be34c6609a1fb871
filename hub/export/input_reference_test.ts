import assert from "node:assert/strict";
import { encode, unseenShare } from "@aisle/shared/features";
import { fitSpec } from "../features/fit.ts";
import { inputReference } from "./input_reference.ts";

const TEXT = {
  words: [1, 1] as [number, number],
  chars: [1, 1] as [number, number],
  hashBits: 22,
  titleRepeat: 1,
  charWeight: 1,
  charDigitsToZero: false,
};

const row = (designation: string, pictureBytes: number | null = null) => ({
  designation,
  description: "",
  pictureBytes,
});

async function* each<T>(rows: readonly T[]): AsyncGenerator<T> {
  yield* rows;
}

Deno.test("unseenShare() is what the rows left out would not have known", () => {
  const texts = ["aa bb", "aa cc", "aa cc"];
  const spec = fitSpec(texts, TEXT);
  const known = encode(spec, texts);
  assert.deepEqual(texts.map((_, r) => unseenShare(spec, known, r)), [0, 0, 0]);
  // Of aa, bb, the letters a and b and the space, only bb and b are the first row's own.
  assert.equal(unseenShare(spec, known, 0, 1), 2 / 5);
  assert.equal(unseenShare(spec, known, 1, 1), 0);
  // Of zz, the letter z and the space around it, only the space was ever met.
  assert.equal(unseenShare(spec, encode(spec, ["zz"])), 2 / 3);
  assert.equal(unseenShare(spec, encode(spec, [""])), undefined);
});

Deno.test("inputReference() counts texts, pictures and n-grams that no other row has", async () => {
  const rows = [row("aa bb", 3000), row("aa cc"), row("aa cc"), row("")];
  const spec = fitSpec(rows.map((r) => r.designation), TEXT);
  const { products, length, unknown, pictures } = await inputReference(each(rows), 4, spec);
  assert.equal(products, 4);
  assert.deepEqual([length[0], length[3]], [1, 3]);
  assert.deepEqual(unknown, [2, 0, 0, 0, 1, 0, 0, 0, 0, 0]);
  assert.equal(pictures[2], 1);
});
