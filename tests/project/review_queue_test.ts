import assert from "node:assert/strict";
import { EDGE_PATHS } from "@aisle/shared/contract";
import type { ReviewItem } from "../../hub/registry/review.ts";
import type { ReviewFilled } from "../../hub/scheduler/review_job.ts";
import { madeUpProducts } from "../../hub/training/testing/made_up_products.ts";
import { plantErrors } from "../../hub/training/testing/planted_errors.ts";
import { rowsOf, WholeHub } from "./whole_hub.ts";

const CLEAN = madeUpProducts({ rows: 300, classes: 4, words: 10 });
const { rows: ROWS, planted } = plantErrors(CLEAN, 0.05);
const PRODUCTS = rowsOf(
  ROWS.map(({ text, code }) => ({ designation: text, description: "", code })),
);
const base = "/api/v1/catalogues/shop/review";

Deno.test("label errors, contradictions and what models differ on are asked of people, whose answers mend the data", async (t) => {
  await using whole = await WholeHub.open();
  const { registry } = whole.hub;
  const source = await whole.challenge(PRODUCTS);
  const first = await whole.pipeline("pipeline", { source, unseenShare: 0 });
  const second = await whole.pipeline("pipeline", { params: { "text.words": [1, 1] } });
  assert.notEqual(first.bundle, second.bundle);
  const state = await registry.aliases.get("shop");
  const other = [first.bundle!, second.bundle!].find((digest) => digest !== state.champion)!;
  await registry.aliases.setChallenger({ catalogue: "shop", digest: other, by: "t", why: "test" });
  const edge = await whole.edgeToken();
  const { token } = await registry.tokens.create({ name: "ann", role: "reviewer" });
  const fill = async () => (await whole.job("review")).result as ReviewFilled;
  const ask = async (n: number) => {
    const { body } = await whole.send(token, "POST", `${base}/next`, { n });
    return (body as unknown as { items: ReviewItem[] }).items;
  };

  await t.step("what an edge was unsure of comes at once", async () => {
    const answer = await whole.send(edge, "POST", EDGE_PATHS.review, {
      edgeId: "edge-1",
      catalogue: "shop",
      requestId: "r-1",
      at: "2026-01-02T03:04:05Z",
      digest: state.champion,
      product: {
        designation: "quite another thing altogether xyzzy",
        description: "",
        productid: "",
        imageid: "",
      },
      guesses: [{ code: "code 0", confidence: 0.3 }, { code: "code 1", confidence: 0.28 }],
    });
    assert.deepEqual(answer.body, { stored: true, wanted: true });
  });

  await t.step(
    "the job adds doubtful rows and contradicted answers, and scores what is open",
    async () => {
      const record = {
        idempotencyKey: "k-1",
        edgeId: "edge-1",
        catalogue: "shop",
        requestId: null,
        product: {
          designation: "a lamp that users know",
          description: "",
          productid: "",
          imageid: "",
        },
        code: "code 1",
        predicted: { code: "code 0", confidence: 0.97, digest: state.champion },
        source: "user",
        at: "2026-01-02T03:04:05Z",
      };
      assert.equal((await whole.send(edge, "POST", EDGE_PATHS.feedback, record)).status, 200);
      const filled = await fill();
      assert.equal(filled.contradicted, 1);
      assert.ok(filled.labelErrors > planted.size / 3, `${filled.labelErrors} of ${planted.size}`);
      assert.equal(filled.added, filled.labelErrors + 1);
      assert.equal(filled.compared, filled.labelErrors + 2);
      assert.equal((await fill()).added, 0, "asked again, nothing is new");
      const { items } = await registry.review.list("shop", { limit: 1000 });
      const kinds = new Set(items.flatMap(({ reasons }) => reasons.map(({ kind }) => kind)));
      for (const kind of ["low-margin", "label-error", "contradicted", "drifted"]) {
        assert.ok(kinds.has(kind as ReviewItem["reasons"][number]["kind"]), `nothing is ${kind}`);
      }
    },
  );

  await t.step("answers to doubtful rows correct them with the next retrain", async () => {
    const truth = new Map(CLEAN.map(({ text, code }) => [text, code]));
    let answered = 0;
    for (const item of await ask(100)) {
      const code = truth.get(item.product.designation);
      if (code === undefined) continue;
      const { status } = await whole.send(token, "POST", `${base}/answers`, { id: item.id, code });
      assert.equal(status, 201);
      answered++;
    }
    assert.ok(answered > planted.size / 3);
    const result = await whole.pipeline("retrain");
    assert.ok(result.merged! > planted.size / 3, `${result.merged} merged`);
    const head = (await registry.datasets.head("shop"))!;
    const rows = (await whole.rows(head.blob)).filter(({ source }) => source === "ann@hub:review");
    assert.ok(rows.length >= result.merged! - 1);
    for (const row of rows) assert.equal(row.code, truth.get(row.designation));
  });
});

Deno.test("a product that champion and challenger name differently is asked about, and why is told", async () => {
  await using whole = await WholeHub.open();
  const { registry } = whole.hub;
  const honest = rowsOf(
    CLEAN.map(({ text, code }) => ({ designation: text, description: "", code })),
  );
  const swap: Readonly<Record<string, string>> = { "code 0": "code 1", "code 1": "code 0" };
  const swapped = honest.map((row) => ({ ...row, code: swap[row.code] ?? row.code }));
  const first = await whole.pipeline("pipeline", { source: await whole.challenge(honest) });
  await whole.pipeline("ingest", { source: await whole.challenge(swapped) });
  const second = await whole.pipeline("train");
  const digest = second.bundle!;
  await registry.aliases.setChallenger({ catalogue: "shop", digest, by: "t", why: "test" });
  const { designation } = honest.find(({ code }) => code === "code 0")!;
  await whole.send(await whole.edgeToken(), "POST", EDGE_PATHS.review, {
    edgeId: "edge-1",
    catalogue: "shop",
    requestId: "r-1",
    at: "2026-01-02T03:04:05Z",
    digest: first.bundle,
    product: { designation, description: "", productid: "", imageid: "" },
    guesses: [{ code: "code 0", confidence: 0.3 }, { code: "code 1", confidence: 0.28 }],
  });
  assert.equal((await whole.job("review")).state, "succeeded");
  const { items } = await registry.review.list("shop", { limit: 1000 });
  const asked = items.find((item) => item.reasons.some(({ kind }) => kind === "low-margin"));
  assert.ok(
    asked?.reasons.some(({ kind }) => kind === "disagreement"),
    JSON.stringify(items.map(({ reasons }) => reasons)),
  );
});
