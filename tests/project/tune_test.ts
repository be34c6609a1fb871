import assert from "node:assert/strict";
import type { Tuned } from "../../hub/scheduler/tune_job.ts";
import { syntheticProducts } from "../e2e/synthetic_catalogue.ts";
import { rowsOf, WholeHub } from "./whole_hub.ts";

Deno.test("tune scores trials on rows that train, each a tracked run, and repeats none of them", async (t) => {
  await using whole = await WholeHub.open();
  const source = await whole.challenge(rowsOf(syntheticProducts(240, 4)));
  await whole.pipeline("split", { source });
  const search = { trials: 5, seed: 3 };
  const tune = async (input: unknown) => {
    const job = await whole.job("tune", input);
    assert.equal(job.state, "succeeded", JSON.stringify(job.error));
    return { tuned: job.result as Tuned, job };
  };
  const runs = async () =>
    (await whole.hub.registry.runs.list({ catalogue: "shop", kind: "tune" })).items;
  const { tuned, job } = await tune(search);

  await t.step("rounds spend more folds on fewer trials, the params as they are in each", () => {
    const folds = (n: number) =>
      tuned.trials.filter((trial) => trial.folds === n).map(({ trial }) => trial);
    assert.deepEqual(folds(1).sort(), [0, 1, 2, 3, 4]);
    assert.deepEqual([folds(2).length, folds(5).length], [2, 2]);
    assert.ok(folds(2).includes(0) && folds(5).includes(0));
    assert.equal(tuned.stopped, false);
    const last = tuned.trials.filter((trial) => trial.folds === 5);
    assert.equal(tuned.best!.score, Math.max(...last.map(({ score }) => score)));
    assert.deepEqual(tuned.baseline!.settings, {});
  });

  await t.step("each trial is a run with its params, its score and its job", async () => {
    const kept = await runs();
    assert.equal(kept.length, tuned.trials.length);
    for (const trial of tuned.trials) {
      const run = kept.find(({ id }) => id === trial.runId)!;
      assert.deepEqual([run.state, run.jobId], ["succeeded", job.id]);
      if ("train.c" in trial.settings) {
        assert.equal(run.params["train.c"], trial.settings["train.c"]);
      }
    }
    const models = await whole.hub.registry.models.list({ catalogue: "shop" });
    assert.deepEqual(models, [], "a trial packs nothing");
  });

  await t.step(
    "scores come from the train set alone: all of its rows at five folds, a fifth at one",
    async () => {
      const { split } = await whole.hub.registry.catalogues.settings("shop") as {
        split: { sets: { train: { rows: number } } };
      };
      const train = split.sets.train.rows;
      for (const { runId, folds } of tuned.trials) {
        const metrics = await whole.hub.registry.runs.metrics(runId!);
        const rows = metrics.find(({ name }) => name === "oof.rows")!.points.at(-1)!.value;
        assert.ok(
          Math.abs(rows - train * folds / 5) <= 5,
          `${rows} rows at ${folds} folds of ${train}`,
        );
      }
    },
  );

  await t.step(
    "asked again, nothing runs and the same comes out; a larger search goes on from there",
    async () => {
      const again = await tune(search);
      const bare = (of: Tuned) => of.trials.map(({ runId: _, ...trial }) => trial);
      assert.deepEqual(bare(again.tuned), bare(tuned));
      assert.ok(again.tuned.trials.every(({ runId }) => runId === null));
      assert.equal((await runs()).length, tuned.trials.length);
      const larger = await tune({ ...search, trials: 6 });
      assert.ok(
        larger.tuned.trials.filter(({ folds }) => folds === 1).slice(0, 5).every(({ runId }) =>
          runId === null
        ),
      );
    },
  );

  await t.step("a search whose time is up ends with what it has", async () => {
    const { tuned } = await tune({ trials: 3, seed: 9, minutes: 1e-9 });
    assert.deepEqual([tuned.trials.length, tuned.best, tuned.stopped], [0, null, true]);
  });
});
