import assert from "node:assert/strict";
import { GroupCommit } from "./group_commit.ts";

const OPTIONS = { everyMs: 0, most: 3 };

Deno.test("add() commits at once what comes alone, and together what comes meanwhile", async () => {
  const groups: number[][] = [];
  const commits = new GroupCommit<number, number>((items) => {
    groups.push([...items]);
    return Promise.resolve(items.map((item) => item * 10));
  }, OPTIONS);
  const answers = await Promise.all([1, 2, 3, 4, 5].map((n) => commits.add(n)));
  assert.deepEqual(answers, [10, 20, 30, 40, 50]);
  assert.deepEqual(groups, [[1], [2, 3, 4], [5]]);
});

Deno.test("add() tells a failed commit to each that was in it and to no other", async () => {
  const commits = new GroupCommit<number, number>(
    (items) => items.includes(1) ? Promise.reject(new Error("full")) : Promise.resolve(items),
    OPTIONS,
  );
  const [first, second] = await Promise.allSettled([commits.add(1), commits.add(2)]);
  assert.deepEqual([first.status, second.status], ["rejected", "fulfilled"]);
});
