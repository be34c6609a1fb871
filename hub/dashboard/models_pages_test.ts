import assert from "node:assert/strict";
import fc from "fast-check";
import { seed } from "../testing/seed.ts";
import { seedFindings } from "../testing/seed_findings.ts";
import type { TestHub } from "../testing/test_hub.ts";
import { openDashboard, visit } from "./testing/signed_in.ts";
import { thresholdRows } from "./threshold_panel.ts";

/** A hub whose first bundle serves, the second challenges it, and all are evaluated in full. */
async function openJudged(): Promise<
  TestHub & { readonly bundles: readonly string[]; readonly gold: readonly { code: string }[] }
> {
  const hub = await openDashboard();
  const seeded = await seed(hub.registry, hub.blobs);
  const { products } = await seedFindings(hub, seeded);
  await hub.send("operator", "POST", "/api/v1/catalogues/demo/promote", {
    json: { digest: seeded.bundles[0], why: "the first" },
  });
  await hub.registry.aliases.setChallenger({
    catalogue: "demo",
    digest: seeded.bundles[1]!,
    by: "test",
    why: "to compare",
  });
  return Object.assign(hub, { bundles: seeded.bundles, gold: products });
}

Deno.test("a page puts challenger against champion: the gain with its interval, every rule with its numbers", async () => {
  await using hub = await openJudged();
  const operator = await visit(hub, "operator");
  const page = await operator.page("/models?catalogue=demo");
  assert.match(page, /Champion against challenger/);
  assert.match(
    page,
    /Weighted F1<\/text>\s*<text[^>]*>\s*[+−±][\d.]+ \[[+−±][\d.]+, [+−±][\d.]+\]/,
  );
  assert.match(page, /same 240 gold products/);
  assert.match(page, /McNemar/);
  assert.match(
    page,
    /<summary>The numbers of every rule<\/summary>[\s\S]*<th scope="row">Same gold rows<\/th>\s*<td class="long">\w+ [\d.]+/,
  );
  assert.match(page, /action="\/ui\/promote"[\s\S]*name="why" required/);
});

Deno.test("the history answers what was champion at a moment, why and who did it", async () => {
  await using hub = await openJudged();
  const viewer = await visit(hub, "viewer");
  const at = async (moment: string) => {
    const page = await viewer.page(`/models?catalogue=demo&moment=${moment}`);
    return /role="status">([\s\S]*?)<\/p>/.exec(page)?.[1] ?? null;
  };
  assert.match((await at("2026-01-03T00:00"))!, new RegExp(hub.bundles[0]!.slice(0, 12)));
  assert.match((await at("2026-01-03T00:00"))!, /the operator[\s\S]*the first/);
  assert.match((await at("2025-01-01T00:00"))!, /Nothing was served/);
  assert.equal(await at("nonsense"), null);
});

Deno.test("a cell of the matrix counts the products that it leads to, and they are shown with text and picture", async () => {
  await using hub = await openJudged();
  const viewer = await visit(hub, "viewer");
  const page = await viewer.page(`/models/${hub.bundles[2]}?catalogue=demo`);
  const cells = [
    ...page.matchAll(/<td\s+class="(right|wrong)-\d"[^>]*><a\s+href="([^"]+)"[^>]*>(\d+)</g),
  ];
  assert.ok(cells.some(([, kind]) => kind === "wrong"));
  assert.equal(cells.reduce((sum, cell) => sum + Number(cell[3]), 0), 240);
  const [, , href, count] = cells.find(([, kind]) => kind === "wrong")!;
  const products = await viewer.page(href!.replaceAll("&amp;", "&"));
  assert.equal([...products.matchAll(/class="panel product"/g)].length, Number(count));
  assert.match(products, new RegExp(`${count} products`));
  assert.match(products, /owl grey feather|pear ripe basket|map folded city|hammer steel grip/);
  assert.match(products, /\/api\/v1\/catalogues\/demo\/pictures\/[0-9a-f]{64}/);
  assert.doesNotMatch(products, /<b>knows/);
  const paged = await viewer.page(`/models/${hub.bundles[2]}/gold?catalogue=demo&wrong=false`);
  const next = /href="([^"]+)" rel="next"/.exec(paged)![1]!.replaceAll("&amp;", "&");
  assert.match(next, /wrong=false/);
  assert.equal([...(await viewer.page(next)).matchAll(/class="panel product"/g)].length, 24);
});

Deno.test("classes are sorted by the column asked for, the weakest first where none is", async () => {
  await using hub = await openJudged();
  const viewer = await visit(hub, "viewer");
  const order = async (sort: string) => {
    const page = await viewer.page(`/models/${hub.bundles[1]}?catalogue=demo${sort}`);
    const table = page.slice(page.indexOf('id="classes"'), page.indexOf('id="confusions"'));
    return [...table.matchAll(/<th scope="row">([\w-]+)[\s\S]*?<\/tr>/g)].map((row) => ({
      code: row[1]!,
      f1: Number([...row[0].matchAll(/([\d.]+)\u00a0%/g)][2]![1]),
    }));
  };
  const weakest = await order("");
  assert.equal(weakest.length, 4);
  assert.deepEqual(weakest.map((r) => r.f1), weakest.map((r) => r.f1).toSorted((a, b) => a - b));
  const codes = (await order("&sort=code")).map((row) => row.code);
  assert.deepEqual(codes, codes.toSorted());
});

Deno.test("a card, both ways of lineage and the evaluation's figures are pages", async () => {
  await using hub = await openJudged();
  const viewer = await visit(hub, "viewer");
  const [bundle] = hub.bundles;
  const card = await viewer.page(`/models/${bundle}/card?catalogue=demo`);
  assert.match(card, /Intended use[\s\S]*Limits/);
  assert.match(card, /240/);
  const { runId, dataset } = (await hub.registry.models.get(bundle!))!;
  for (const [kind, id] of [["bundle", bundle!], ["run", runId!], ["dataset", dataset!]] as const) {
    const page = await viewer.page(`/lineage?catalogue=demo&kind=${kind}&id=${id}`);
    assert.match(page, /What made it[\s\S]*What came of it/, kind);
  }
  const traced = await viewer.page(`/lineage?catalogue=demo&kind=bundle&id=${bundle}`);
  assert.ok(traced.includes(`/runs/${runId}`) && traced.includes(dataset!));
  assert.equal((await viewer.get("/lineage?catalogue=demo&kind=run&id=none")).status, 404);
  assert.match(await viewer.page("/lineage?catalogue=demo"), /name="kind"/);
});

Deno.test("thresholdRows() accepts less as the threshold rises, and everything at nought", () => {
  const guess = fc.record({
    code: fc.constantFrom("a", "b"),
    predicted: fc.constantFrom("a", "b"),
    confidence: fc.double({ min: 0, max: 1, noNaN: true }),
  });
  fc.assert(fc.property(fc.array(guess, { minLength: 1 }), (guesses) => {
    const rows = thresholdRows(guesses);
    assert.equal(rows.length, 101);
    assert.equal(rows[0]!.coverage, 1);
    const right = guesses.filter((g) => g.code === g.predicted).length / guesses.length;
    assert.ok(Math.abs(rows[0]!.precision! - right) < 1e-12);
    rows.forEach((row, i) => {
      if (i > 0) assert.ok(row.coverage <= rows[i - 1]!.coverage);
      const accepted = guesses.filter((g) => g.confidence >= row.threshold - 1e-9);
      assert.equal(row.coverage, accepted.length / guesses.length);
      assert.equal(row.precision === null, accepted.length === 0);
    });
  }));
});
