import assert from "node:assert/strict";
import { canonicalJson } from "@aisle/shared/hash";
import type { ProductRow } from "../../hub/data/row.ts";
import type { Evaluation } from "../../hub/evaluation/evaluation.ts";
import type { PipelineResult } from "../../hub/pipeline/pipeline.ts";
import type { SplitOutput } from "../../hub/pipeline/stage_values.ts";
import { syntheticProducts } from "../e2e/synthetic_catalogue.ts";
import { rowsOf, WholeHub } from "./whole_hub.ts";

/** What two texts have in common when they are the same product; written here again, on purpose more simply. */
const essence = (row: Pick<ProductRow, "designation" | "description">) =>
  `${row.designation} ${row.description}`.toLowerCase().replaceAll(/<[^>]*>|&nbsp;/g, " ")
    .replaceAll(/\s+/g, " ").trim();

/** The sets of the newest split. */
async function setsOf(whole: WholeHub): Promise<Record<"train" | "gold" | "unseen", ProductRow[]>> {
  const { split } = await whole.hub.registry.catalogues.settings("shop") as { split: SplitOutput };
  return {
    train: await whole.rows(split.sets.train.blob),
    gold: await whole.rows(split.sets.gold.blob),
    unseen: await whole.rows(split.sets.unseen.blob),
  };
}

/** The rows that a bundle is recorded to have been trained on, checked against the bundle itself. */
async function trainedRows(whole: WholeHub, bundle: string): Promise<ProductRow[]> {
  const model = await whole.hub.registry.models.get(bundle, { catalogue: "shop" });
  const manifest = model!.manifest as {
    classes: string[];
    reference: { prior: number[] };
    record: { train: string };
  };
  const rows = await whole.rows(manifest.record.train);
  const counted = manifest.classes.map((code) => rows.filter((row) => row.code === code).length);
  manifest.reference.prior.forEach((share, k) =>
    assert.ok(
      Math.abs(share - counted[k]! / rows.length) < 1e-6,
      "the bundle was fitted on other rows",
    )
  );
  return rows;
}

Deno.test("no gold row ever trains, however often feedback is merged and files come again", async (t) => {
  await using whole = await WholeHub.open();
  const token = await whole.edgeToken();
  const products = rowsOf(syntheticProducts(240, 4));
  const source = await whole.challenge(products);
  const everGold = new Set<string>();

  async function check(result: PipelineResult): Promise<void> {
    const { train, gold, unseen } = await setsOf(whole);
    const now = new Set(gold.map(essence));
    for (const text of everGold) assert.ok(now.has(text), `gold lost ${text}`);
    for (const text of now) everGold.add(text);
    for (const set of [train, unseen, await trainedRows(whole, result.bundle!)]) {
      assert.deepEqual(set.filter((row) => everGold.has(essence(row))), []);
    }
    assert.ok(train.length > 0 && gold.length > 0);
    const [evaluated] = await whole.hub.registry.models.evaluations(result.bundle!);
    const evaluation = await whole.json<Evaluation>(evaluated!.blob);
    assert.deepEqual(evaluation.leaks, { trainedRows: train.length, rows: 0, ids: [] });
    assert.deepEqual(
      evaluation.predictions.map((p) => `${p.id} ${p.code}`).sort(),
      gold.map((row) => `${row.id} ${row.code}`).sort(),
      "judged on the gold rows, each with its own code",
    );
  }

  await t.step("the first pipeline", async () => {
    await check(await whole.pipeline("pipeline", { source, unseenShare: 0.6 }));
  });

  for (const round of [1, 2, 3]) {
    await t.step(`round ${round} of feedback`, async () => {
      const { train, gold, unseen } = await setsOf(whole);
      const otherCode = (row: ProductRow) => products.find((p) => p.code !== row.code)!.code;
      let sent = 0;
      const say = async (row: ProductRow, code: string) =>
        assert.equal((await whole.feedback(token, `${round}-${sent++}`, row, code)).status, 200);
      for (const row of unseen.slice(0, 30)) await say(row, row.code);
      // Users meet gold products as well: as they are, written otherwise, with the right code and a wrong one.
      for (const row of gold.slice(0, 8)) {
        await say(row, row.code);
        await say(row, otherCode(row));
        const loud = `<b>${row.designation.toUpperCase()}</b>&nbsp;`;
        await say({ ...row, designation: loud }, row.code);
      }
      for (const row of train.slice(0, 5)) await say(row, otherCode(row));
      const fresh = rowsOf(syntheticProducts(10, 4, 100 + round));
      for (const row of fresh) await say(row, row.code);
      const result = await whole.pipeline("retrain");
      assert.ok(result.merged! > 20, `only ${result.merged} of ${sent} were merged`);
      assert.ok(result.ran.includes("train"));
      assert.equal((await whole.hub.registry.feedback.pending("shop")).length, 0);
      await check(result);
    });
  }

  await t.step(
    "the same files under other ids and in another order, nothing kept unseen",
    async () => {
      const renumbered = products.map((row, i) => ({ ...row, id: String(7000 + i) })).reverse();
      const again = await whole.challenge(renumbered);
      const result = await whole.pipeline("pipeline", { source: again, unseenShare: 0 });
      const { train, unseen } = await setsOf(whole);
      assert.equal(unseen.length, 0);
      assert.ok(train.some((row) => row.origin === "feedback"), "feedback was forgotten");
      await check(result);
    },
  );

  await t.step("two labels merged", async () => {
    const [from, into] = [...new Set(products.map((row) => row.code))];
    await whole.hub.registry.labels.merge("shop", from!, into!);
    const result = await whole.pipeline("pipeline");
    const { train, gold } = await setsOf(whole);
    assert.ok(!canonicalJson([train, gold]).includes(`"code":"${from}"`));
    await check(result);
  });
});
