import assert from "node:assert/strict";
import { AppError } from "@aisle/shared/errors";
import { NO_LIMITS } from "./feedback_policy.ts";
import type { NewReviewItem, NextQuery, QueueParams } from "./review.ts";
import type { Registry } from "./registry.ts";
import { registryTest } from "./registry_suite.ts";

const MIX = { "low-margin": 1, disagreement: 1, "label-error": 1, contradicted: 1, drifted: 1 };
const PARAMS: QueueParams = { maxOpen: 100, secondOpinions: 0, seed: 1 };
const item = (text: string, score = 0.5, changes: Partial<NewReviewItem> = {}): NewReviewItem => ({
  product: { designation: text, description: "", productid: "", imageid: "" },
  guesses: [{ code: "10", confidence: 0.4 }, { code: "20", confidence: 0.3 }],
  digest: null,
  reasons: [{ kind: "low-margin", score, detail: "unsure" }],
  origin: "edge-1",
  ...changes,
});
const ask = (reviewer: string, n = 1): NextQuery => ({
  reviewer,
  n,
  mix: MIX,
  seed: 1,
  leaseMinutes: 10,
});

async function filled(registry: Registry, texts: readonly string[], params = PARAMS) {
  await registry.labels.ensure("shop", ["10", "20"].map((code) => ({ code, name: code })));
  return await registry.review.offer(
    "shop",
    texts.map((text, i) => item(text, 0.9 - i / 10)),
    params,
  );
}
const refuses = (work: Promise<unknown>, code: string, message = /./) =>
  assert.rejects(
    work,
    (error) => error instanceof AppError && error.code === code && message.test(error.message),
  );

registryTest(
  "two people get different products, until a lease is over",
  async ({ registry, clock }) => {
    await filled(registry, ["lamp red", "chair blue"]);
    const { review } = registry;
    const [anns] = await review.next("shop", ask("ann"));
    const [bobs] = await review.next("shop", ask("bob"));
    assert.deepEqual([anns!.product.designation, bobs!.product.designation], [
      "lamp red",
      "chair blue",
    ]);
    assert.deepEqual((await review.next("shop", ask("ann"))).map(({ id }) => id), [anns!.id]);
    assert.deepEqual(await review.next("shop", ask("cai", 5)), []);
    await refuses(
      review.answer("shop", { id: anns!.id, reviewer: "bob", code: "10" }, NO_LIMITS),
      "conflict",
      /ann looks at it/,
    );
    clock.nowMs += 11 * 60_000;
    assert.deepEqual((await review.next("shop", ask("cai", 5))).map(({ id }) => id), [
      anns!.id,
      bobs!.id,
    ]);
  },
);

registryTest(
  "an answer is feedback of the reviewer that trains, and counts for no accuracy",
  async (s) => {
    const { registry } = s;
    await filled(registry, ["lamp red"]);
    const [one] = await registry.review.next("shop", ask("ann"));
    const answer = { id: one!.id, reviewer: "ann", code: "20" };
    await refuses(
      registry.review.answer("shop", { ...answer, code: "99" }, NO_LIMITS),
      "unknown-code",
    );
    const done = await registry.review.answer("shop", answer, NO_LIMITS);
    assert.deepEqual([done.state, done.leaseBy], ["answered", null]);
    const [pending] = await registry.feedback.pending("shop");
    assert.deepEqual([pending!.code, pending!.source], ["20", "ann@hub:review"]);
    assert.equal((await registry.feedback.stats("shop")).n, 0);
    await refuses(registry.review.answer("shop", answer, NO_LIMITS), "conflict", /before/);
    assert.deepEqual(await registry.review.next("shop", ask("bob")), []);
  },
);

registryTest(
  "undo takes back the last answer or skip, and its feedback, unless it is merged",
  async (s) => {
    const { registry } = s;
    await filled(registry, ["lamp red", "chair blue"]);
    const { review } = registry;
    const [first, second] = await review.next("shop", ask("ann", 2));
    await review.answer("shop", { id: first!.id, reviewer: "ann", code: "10" }, NO_LIMITS);
    await review.skip("shop", { id: second!.id, reviewer: "ann" });
    assert.deepEqual(await review.next("shop", ask("ann")), [], "skipped is not asked again");
    assert.equal((await review.undo("shop", "ann", 10))!.id, second!.id);
    const again = await review.undo("shop", "ann", 10);
    assert.deepEqual([again!.id, again!.state, again!.leaseBy], [first!.id, "open", "ann"]);
    assert.deepEqual(await registry.feedback.pending("shop"), []);
    assert.equal(await review.undo("shop", "ann", 10), null);
    await review.answer("shop", { id: first!.id, reviewer: "ann", code: "20" }, NO_LIMITS);
    const [waiting] = await registry.feedback.pending("shop");
    const { key } = waiting!;
    const digest = "d".repeat(64);
    await registry.datasets.add({
      digest,
      catalogue: "shop",
      blob: digest,
      rows: 1,
      classes: {},
      setAside: 0,
      source: null,
    });
    await registry.feedback.markMerged({ catalogue: "shop", dataset: digest, merged: [key] });
    await refuses(review.undo("shop", "ann", 10), "conflict", /in the data/);
  },
);

registryTest(
  "second opinions are told as agreement; two people apart wait for a third word",
  async (s) => {
    const { registry } = s;
    const texts = ["lamp red", "chair blue", "table green", "sofa white"];
    await filled(registry, texts, { ...PARAMS, secondOpinions: 1 });
    const { review } = registry;
    const answer = async (reviewer: string, code: (text: string) => string) => {
      const items = await review.next("shop", ask(reviewer, 9));
      for (const { id, product } of items) {
        await review.answer("shop", { id, reviewer, code: code(product.designation) }, NO_LIMITS);
      }
      return items.length;
    };
    assert.equal(await answer("ann", (text) => text < "m" ? "10" : "20"), 4);
    assert.equal((await review.stats("shop")).answered, 0);
    assert.equal(await answer("bob", (text) => text < "s" ? "10" : "20"), 4);
    const stats = await review.stats("shop");
    assert.deepEqual([stats.open, stats.answered], [0, 4]);
    assert.deepEqual([stats.agreement.n, stats.agreement.agreed, stats.agreement.kappa], [4, 4, 1]);
    assert.deepEqual(
      stats.reviewers.map(({ reviewer, answers, firstGuess }) => [reviewer, answers, firstGuess]),
      [["ann", 4, 2], ["bob", 4, 2]],
    );
    await review.undo("shop", "bob", 10);
    const [open] = await review.next("shop", ask("bob"));
    const { code } = (await registry.feedback.list({ catalogue: "shop" })).items
      .find((f) => f.product!.designation === open!.product.designation && f.source === "ann")!;
    const other = code === "10" ? "20" : "10";
    await review.answer("shop", { id: open!.id, reviewer: "bob", code: other }, NO_LIMITS);
    assert.equal((await registry.quarantine.counts("shop")).conflicts, 1);
    await review.undo("shop", "bob", 10);
    assert.equal((await registry.quarantine.counts("shop")).conflicts, 0);
  },
);

registryTest(
  "the queue holds one product a content, gathers reasons, and lets the least go",
  async (s) => {
    const { registry } = s;
    assert.equal(await filled(registry, ["Lamp red", "<b>lamp</b> RED"]), 1);
    const why = { kind: "drifted", score: 0.95, detail: "new words" } as const;
    assert.equal(
      await registry.review.offer("shop", [item("lamp red", 0, { reasons: [why] })], PARAMS),
      0,
    );
    const [one] = await registry.review.next("shop", ask("ann"));
    assert.deepEqual(one!.reasons.map(({ kind }) => kind), ["drifted", "low-margin"]);
    assert.equal(one!.priority, 0.95);
    const few = { ...PARAMS, maxOpen: 3 };
    await filled(registry, ["a1", "b2", "c3", "d4", "e5", "f6"], few);
    const { items } = await registry.review.list("shop", { state: "open" });
    assert.equal(items.length, 4, "three, and the one that somebody looks at");
    assert.deepEqual((await registry.review.list("shop", { state: "gone" })).items, []);
    assert.ok(items.every(({ product }) => !["d4", "e5", "f6"].includes(product.designation)));
  },
);
