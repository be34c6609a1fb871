import assert from "node:assert/strict";
import type { Verdict } from "../../hub/evaluation/verdict.ts";
import type { PipelineResult } from "../../hub/pipeline/pipeline.ts";
import { syntheticProducts } from "../e2e/synthetic_catalogue.ts";
import { PARAMS, rowsOf, WholeHub } from "./whole_hub.ts";

const PRODUCTS = rowsOf(syntheticProducts(620, 4));
const CODES = [...new Set(PRODUCTS.map(({ code }) => code))];
const FIRST = 260;
/** Much gold, so that three rows more or less decide nothing; feedback's too, so that poison gets in. */
const MUCH_GOLD = {
  ...PARAMS,
  split: { ...PARAMS.split, goldShare: 0.3, feedbackGoldShare: 0.3 },
};

/** Whoever flips labels calls each code the next one. */
const flipped = (code: string) => CODES[(CODES.indexOf(code) + 1) % CODES.length]!;

async function openWithChampion(): Promise<{ whole: WholeHub; token: string }> {
  const whole = await WholeHub.open(MUCH_GOLD);
  const source = await whole.challenge(PRODUCTS.slice(0, FIRST));
  const first = await whole.pipeline("pipeline", { source, unseenShare: 0 });
  assert.equal(first.promoted, true);
  return { whole, token: await whole.edgeToken() };
}

/** `n` products nobody has seen, said by one source; the next call goes on behind them. */
function speaker(whole: WholeHub, token: string) {
  let next = FIRST;
  return async (source: string, edgeId: string, n: number, say = (code: string) => code) => {
    for (const row of PRODUCTS.slice(next, next + n)) {
      const from = { source, edgeId };
      const sent = await whole.feedback(token, `${row.id}`, row, say(row.code), from);
      assert.equal(sent.status, 200);
    }
    next += n;
  };
}

async function oneSource(whole: WholeHub, { verdict }: PipelineResult) {
  const { rules } = await whole.json<Verdict>(verdict!.digest);
  return rules.find(({ id }) => id === "one-source");
}

Deno.test("a retrain on honest feedback of three sources passes, each left out in turn", async () => {
  const { whole, token } = await openWithChampion();
  await using _ = whole;
  const say = speaker(whole, token);
  await say("ann", "edge-1", 110);
  await say("bob", "edge-2", 110);
  await say("cai", "edge-3", 110);
  const result = await whole.pipeline("retrain");
  const rule = (await oneSource(whole, result))!;
  assert.equal(rule.ok, true, rule.message);
  assert.equal(result.promoted, true, result.verdict!.failed.join("; "));
  const named = new Set(Object.keys(rule.numbers).map((name) => name.split(":")[0]));
  assert.deepEqual([...named].sort(), ["ann@edge-1", "bob@edge-2", "cai@edge-3"]);
  const runs = await whole.hub.registry.runs.list({ catalogue: "shop" });
  assert.equal(runs.items.length, 2, "challengers without a source leave no run of their own");
  assert.equal((await whole.hub.registry.models.list({ catalogue: "shop" })).length, 2);
});

Deno.test("a retrain that a flipper of labels leads is stopped and explained; blocked, the rest passes", async (t) => {
  const { whole, token } = await openWithChampion();
  await using _ = whole;
  const { registry } = whole.hub;
  const say = speaker(whole, token);
  await say("eve", "edge-1", 160, flipped);
  await say("ann", "edge-2", 90);
  await say("bob", "edge-2", 90);

  await t.step(
    "the verdict names the source and its numbers, and an alert tells of it",
    async () => {
      const result = await whole.pipeline("retrain");
      assert.equal(result.promoted, false);
      const rule = (await oneSource(whole, result))!;
      assert.equal(rule.ok, false);
      assert.match(rule.message, /eve@edge-1/);
      assert.ok(rule.numbers["eve@edge-1: gainWithout"]! > rule.numbers["eve@edge-1: gain"]!);
      assert.ok(
        rule.numbers["eve@edge-1: ownGold"]! > 10,
        "poison is in gold, and judges not itself",
      );
      assert.ok(result.verdict!.failed.some((why) => why.includes("eve@edge-1")));
      const { items } = await registry.alerts.list({ catalogue: "shop", state: "unresolved" });
      assert.deepEqual(items.map(({ kind }) => kind), ["one-source"]);
    },
  );

  await t.step("what it said trains and judges no more once it is blocked", async () => {
    const blocked = await whole.send(
      whole.hub.localToken,
      "POST",
      "/api/v1/catalogues/shop/feedback/sources",
      { source: "eve", edgeId: "edge-1", trust: "blocked" },
    );
    assert.equal(blocked.status, 200);
    const result = await whole.pipeline("retrain");
    assert.equal(result.promoted, true, result.verdict!.failed.join("; "));
    const { items } = await registry.alerts.list({ catalogue: "shop", state: "unresolved" });
    assert.deepEqual(items, []);
    const model = await registry.models.get(result.bundle!, { catalogue: "shop" });
    const { train } = (model!.manifest as { record: { train: string } }).record;
    const rows = await whole.rows(train);
    assert.deepEqual(rows.filter(({ source }) => source === "eve@edge-1"), []);
    const [evaluation] = await registry.models.evaluations(result.bundle!);
    const { predictions } = await whole.json<{ predictions: { id: string }[] }>(evaluation!.blob);
    const gold = new Set(predictions.map(({ id }) => id));
    const poison = PRODUCTS.slice(FIRST, FIRST + 160).filter(({ id }) => gold.has(`f:${id}`));
    assert.deepEqual(poison, []);
  });
});
