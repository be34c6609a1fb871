/**
 * A table and a zip, as a browser sends them, through the whole hub: pictures are packed by the hub, the champion
 * scores another table, which comes back line for line.
 */
import assert from "node:assert/strict";
import { pngFile } from "@aisle/shared/bundle";
import { zipOf } from "../../hub/images/testing/write_zip.ts";
import { openCsv } from "../../hub/data/csv.ts";
import type { ScoreOutput } from "../../hub/pipeline/stage_values.ts";
import { syntheticProducts } from "../e2e/synthetic_catalogue.ts";
import { rowsOf, WholeHub } from "./whole_hub.ts";

const TABLE = { kind: "table", text: ["title", "about"], id: "sku", image: "photo" };

/** A picture of one colour. */
function picture(colour: number): Uint8Array<ArrayBuffer> {
  return pngFile(new Uint8Array(8 * 8 * 3).fill(colour), { width: 8, height: 8 });
}

Deno.test("a table with a zip trains, another comes back with code, confidence, auto or review", async (t) => {
  await using whole = await WholeHub.open();
  const put = async (text: string) =>
    (await whole.blobs.put(new TextEncoder().encode(text))).digest;
  const products = rowsOf(syntheticProducts(160, 4));
  const lines = products.map((p, i) =>
    `${p.id},"${p.designation}","${p.description}",${p.code},p${i % 4}.png`
  );
  const zip = await whole.blobs.put(
    zipOf([0, 1, 2, 3].map((i) => ({ path: `in/p${i}.png`, bytes: picture(i * 60) }))),
  );
  const images = zip.digest;

  await t.step("the zip is packed by the hub; rows know their pictures", async () => {
    const csv = await put(`sku,title,about,category,photo\n${lines.join("\n")}\n`);
    const source = { ...TABLE, csv, label: "category", images };
    const trained = await whole.pipeline("pipeline", { source });
    assert.equal(trained.promoted, true);
    assert.ok(trained.ran.includes("pack"));
    const head = (await whole.hub.registry.datasets.head("shop"))!;
    assert.equal(head.rows, 160);
    assert.notEqual((head.source as { source: { images: string } }).source.images, images);
    const again = await whole.pipeline("pipeline", { source });
    assert.ok(!again.ran.includes("pack"), "the same zip is packed once");
  });

  const scoring = [
    "sku;title;about;photo",
    ...products.slice(0, 30).map((p) => `${p.id};${p.designation};${p.description};p1.png`),
    'broken;"open quote',
    "x1;=cmd|' /C calc'!A0;;",
  ];
  await t.step(
    "each line comes back with a guess; what cannot be read is for a person",
    async () => {
      const csv = await put(scoring.join("\n") + "\n");
      const job = await whole.job("score", { source: { ...TABLE, csv, label: null, images } });
      assert.equal(job.state, "succeeded", JSON.stringify(job.error));
      const result = job.result as ScoreOutput;
      const response = await whole.hub.app.request(`/api/v1/jobs/${job.id}/predictions`, {
        headers: { authorization: `Bearer ${whole.hub.localToken}` },
      });
      assert.equal(response.headers.get("content-type"), "text/csv; charset=utf-8");
      assert.match(response.headers.get("content-disposition")!, /shop-predictions\.csv/);
      const table = await openCsv(response.body!, "the predictions");
      assert.equal(table.delimiter, ";", "as the file that was sent");
      const records = await Array.fromAsync(table.records);
      const rows = records.map((record) =>
        Object.fromEntries(
          table.header.map((name, i) => [name, record.ok ? record.fields[i]! : "unreadable"]),
        )
      );
      assert.equal(rows.length, result.rows);
      assert.equal(result.auto + result.review + result.unreadable, result.rows);
      const right = rows.slice(0, 30).filter((row, i) => row["code"] === products[i]!.code);
      assert.ok(right.length > 20, `${right.length} of 30 right`);
      for (const [i, row] of rows.slice(0, 30).entries()) {
        assert.equal(row["sku"], products[i]!.id);
        assert.equal(row["photo"], "p1.png");
        assert.ok(Number(row["confidence"]) > 0 && Number(row["confidence"]) <= 1);
        assert.match(row["decision"]!, /^(auto|review)$/);
      }
      const broken = rows.find((row) => row["sku"] === "broken")!;
      assert.equal(broken["decision"], "review");
      assert.notEqual(broken["problem"], "");
      assert.ok(rows.some((row) => row["title"]!.startsWith("'=cmd")));
    },
  );

  await t.step("a catalogue without a champion scores nothing", async () => {
    await whole.hub.registry.catalogues.ensure("empty");
    const csv = await put("title\nBall\n");
    const source = { ...TABLE, csv, text: ["title"], id: null, image: null, label: null };
    const started = await whole.send(
      whole.hub.localToken,
      "POST",
      "/api/v1/catalogues/empty/score",
      { source: { ...source, images: null } },
    );
    await whole.hub.jobs.idle();
    const job = await whole.hub.registry.jobs.get(String(started.body["id"]));
    assert.equal(job!.state, "failed");
    assert.match(job!.error!.message, /no champion yet/);
  });
});
