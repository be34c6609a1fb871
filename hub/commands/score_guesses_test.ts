import assert from "node:assert/strict";
import { readCodes } from "../data/codes.ts";
import { scoreGuesses } from "./score_guesses.ts";

const codes = (csv: string) => readCodes(new Blob([csv]).stream(), null);
const guesses = [
  { id: "7", code: "10" },
  { id: "8", code: "40" },
  { id: "9", code: null },
];

Deno.test("scoreGuesses() joins by id, whatever the order, and counts what it cannot join", async () => {
  const truth = await codes(",prdtypecode\n9,10\n8,40\n7,60\n5,60\n");
  const { scored, unscored, accuracy } = scoreGuesses({ guesses, byIndex: true }, truth);
  assert.deepEqual([scored, unscored, accuracy], [2, 2, 0.5]);
});

Deno.test("scoreGuesses() reads codes as training does: BOM and semicolons", async () => {
  const truth = await codes("\ufeff;prdtypecode\r\n7;10\r\n8;40\r\n");
  assert.equal(scoreGuesses({ guesses, byIndex: true }, truth).accuracy, 1);
});

Deno.test("scoreGuesses() joins by place only where neither file has an index", async () => {
  const bare = "prdtypecode\n10\n10\n40\n";
  const { accuracy } = scoreGuesses({ guesses, byIndex: false }, await codes(bare));
  assert.equal(accuracy, 0.5);
  const noIndex = await codes(bare);
  assert.throws(() => scoreGuesses({ guesses, byIndex: true }, noIndex), /no index column/);
  const short = await codes("prdtypecode\n10\n");
  assert.throws(() => scoreGuesses({ guesses, byIndex: false }, short), /3 products and 1 codes/);
});

Deno.test("scoreGuesses() refuses codes of other products", async () => {
  const truth = await codes(",prdtypecode\n107,10\n108,40\n");
  assert.throws(() => scoreGuesses({ guesses, byIndex: true }, truth), /none of 2 codes/);
});
