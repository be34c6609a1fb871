import assert from "node:assert/strict";
import { madeUpProducts } from "../../hub/training/testing/made_up_products.ts";
import { plantErrors } from "../../hub/training/testing/planted_errors.ts";
import { rowsOf, WholeHub } from "./whole_hub.ts";

const CLEAN = madeUpProducts({ rows: 400, classes: 5, words: 10 });
const { rows: ROWS, planted } = plantErrors(CLEAN, 0.05);
const PRODUCTS = rowsOf(
  ROWS.map(({ text, code }) => ({ designation: text, description: "", code })),
);

Deno.test("a pipeline leaves its likely label errors as artifacts that name the rows, and finds them again", async (t) => {
  await using whole = await WholeHub.open();
  const textOf = async (digest: string) =>
    new TextDecoder().decode(await whole.blobs.bytes(digest));
  const source = await whole.challenge(PRODUCTS);
  const first = await whole.pipeline("pipeline", { source });
  const labelErrors = first.labelErrors!;

  await t.step("the table names rows by id, each with its own code and designation", async () => {
    const [header, ...lines] = (await textOf(labelErrors.csv)).trimEnd().split("\n");
    assert.equal(header, "id,code,likely_code,confidence,code_confidence,designation");
    assert.equal(lines.length, labelErrors.count);
    assert.ok(lines.length > planted.size / 2);
    const listed = lines.map((line) => line.split(","));
    for (const [id, code, , , , designation] of listed) {
      const product = PRODUCTS[Number(id)]!;
      assert.deepEqual([code, designation], [product.code, product.designation]);
    }
    const right = listed.filter(([id, , likely]) =>
      planted.has(Number(id)) && likely === CLEAN[Number(id)]!.code
    );
    assert.ok(right.length > 0.9 * listed.length, `${right.length} of ${listed.length} planted`);
  });

  await t.step("table and page are artifacts of the run", async () => {
    const artifacts = await whole.hub.registry.runs.artifacts(first.runId!);
    const named = new Map(artifacts.map(({ name, digest, contentType }) => [
      name,
      `${digest} ${contentType}`,
    ]));
    assert.equal(named.get("label-errors.csv"), `${labelErrors.csv} text/csv`);
    assert.equal(named.get("label-errors.html"), `${labelErrors.html} text/html`);
    const page = await textOf(labelErrors.html);
    assert.ok(page.includes(`${labelErrors.count} of ${first.counts!["train"]} rows`));
    assert.equal(labelErrors.scored, first.counts!["train"]);
  });

  await t.step("a pipeline that finds nothing changed still names them", async () => {
    const again = await whole.pipeline("pipeline", { source });
    assert.deepEqual(again.ran, []);
    assert.deepEqual(again.labelErrors, labelErrors);
  });

  await t.step("trained again they and the bundle are the same", async () => {
    const again = await whole.pipeline("pipeline", { source, force: ["train"] });
    assert.deepEqual(again.ran, ["train"]);
    assert.deepEqual([again.labelErrors, again.bundle], [labelErrors, first.bundle]);
  });

  await t.step("where their file is lost, training makes it again", async () => {
    const { html } = labelErrors;
    await Deno.remove(`${whole.dataDir}/blobs/${html.slice(0, 2)}/${html}`);
    const again = await whole.pipeline("pipeline", { source });
    assert.deepEqual(again.ran, ["train"]);
    assert.equal(await whole.blobs.has(html), true);
  });
});
