/**
 * The loop with pictures, through real processes: train, serve, ask, correct, train again.
 */
import assert from "node:assert/strict";
import { FeedbackAnswer, Prediction } from "@aisle/shared/contract";
import { sha256 } from "@aisle/shared/hash";
import { readRows } from "../../hub/data/version.ts";
import { hubJson, runJson, scratch, startEdge, startHub, until } from "./processes.ts";
import { syntheticProducts, writeChallenge } from "./synthetic_catalogue.ts";
import { PICTURE_CLASSES, syntheticPicture } from "./synthetic_pictures.ts";

const ROWS = 480;

interface Result {
  readonly bundle: string;
  readonly champion: string;
  readonly promoted: boolean;
  readonly metrics: Record<string, number>;
}

async function ask(url: string, product: object, picture: Uint8Array<ArrayBuffer> | null) {
  const form = new FormData();
  for (const [name, value] of Object.entries(product)) form.set(name, String(value));
  if (picture !== null) form.set("image", new File([picture], "picture.png"));
  const response = await fetch(`${url}/v1/predict`, { method: "POST", body: form });
  const body = await response.json();
  assert.equal(response.status, 200, JSON.stringify(body));
  return Prediction.parse(body);
}

Deno.test("a catalogue with pictures: fused beats text, edges read pictures, feedback brings them back", async (t) => {
  await using folder = await scratch();
  const dataDir = `${folder.path}/data`, shop = `${folder.path}/shop`;
  const products = syntheticProducts(ROWS, PICTURE_CLASSES);
  await writeChallenge(shop, products);
  await Deno.mkdir(`${shop}/images`);
  const nameOf = (i: number) => `${shop}/images/image_${9000 + i}_product_${5000 + i}.png`;
  for (let i = 0; i < ROWS; i++) {
    // Some have none, and one is damaged: both are normal.
    if (i % 11 === 0) continue;
    const bytes = syntheticPicture(i, i + 1);
    await Deno.writeFile(nameOf(i), i === 13 ? bytes.subarray(0, 300) : bytes);
  }
  const files = ["--x", `${shop}/x.csv`, "--y", `${shop}/y.csv`, "--images", `${shop}/images`];
  await using _hub = await startHub(dataDir);
  const first = await runJson<Result>(dataDir, [
    "pipeline",
    ...files,
    "--name",
    "shop",
    "--unseen",
    "0.3",
  ]);

  await t.step("the pipeline promotes a bundle that reads pictures and gains by them", () => {
    assert.equal(first.promoted, true);
    const { textWeightedF1, fusedWeightedF1 } = first.metrics;
    assert.ok(fusedWeightedF1! > textWeightedF1! + 0.05, JSON.stringify(first.metrics));
  });

  await using edge = await startEdge(dataDir, "shop");
  const weak = { designation: "produit", description: "" };
  const picture = syntheticPicture(2, 10_001);

  await t.step("the edge reads text, picture or both, by form and by base64 alike", async () => {
    const text = await ask(edge.url, weak, null);
    assert.deepEqual([text.route, text.picture], ["text", "none"]);
    const both = await ask(edge.url, { ...weak, explain: true }, picture);
    assert.deepEqual([both.route, both.picture], ["fused", "used"]);
    assert.ok(both.heatmap!.values.length > 1 && both.why!.words.length > 0);
    const alone = await ask(edge.url, {}, picture);
    assert.equal(alone.route, "image");
    const response = await fetch(`${edge.url}/v1/predict`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ image: picture.toBase64() }),
    });
    const json = Prediction.parse(await response.json());
    assert.deepEqual(json.top, alone.top);
    const { kind } = await (await fetch(`${edge.url}/readyz`)).json();
    assert.equal(kind, "fused");
  });

  await t.step(
    "predict reads the folder, loses no row and says what became of pictures",
    async () => {
      const out = `${folder.path}/out.csv`;
      const { rows, pictures } = await runJson<
        { rows: number; pictures: Record<string, number> }
      >(dataDir, ["predict", ...files, "--out", out]);
      assert.equal(rows, ROWS);
      assert.equal(pictures["none"], Math.ceil(ROWS / 11));
      assert.equal(Object.values(pictures).reduce((a, b) => a + b, 0), ROWS);
      const lines = (await Deno.readTextFile(out)).trim().split("\n");
      assert.equal(lines.length, ROWS + 1);
    },
  );

  await t.step("simulated users show their pictures", async () => {
    const users = await runJson<Record<string, number>>(dataDir, [
      "simulate",
      "--edge",
      edge.url,
      "--products",
      "30",
      "--seed",
      "1",
    ]);
    assert.deepEqual([users["failed"], users["stored"]], [0, 30]);
    assert.ok(users["pictures"]! > 20);
  });

  await t.step("feedback brings its picture, and a retrain trains on it", async () => {
    const said: string[] = [];
    for (let i = 0; i < 12; i++) {
      const own = syntheticPicture(2, 20_000 + i);
      const { requestId } = await ask(edge.url, { designation: `nouveau ${i}` }, own);
      const response = await fetch(`${edge.url}/v1/feedback`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ requestId, code: products[2]!.code }),
      });
      assert.equal(response.status, 201);
      const answer = FeedbackAnswer.parse(await response.json());
      assert.deepEqual([answer.stored, answer.joined], [true, true]);
      said.push(sha256(own));
    }
    const retrained = await runJson<Result>(dataDir, ["retrain"]);
    const { items } = await hubJson<{ items: { blob: string }[] }>(
      dataDir,
      "GET",
      "/api/v1/catalogues/shop/datasets",
    );
    const { url, token } = JSON.parse(await Deno.readTextFile(`${dataDir}/hub.lock`));
    const blob = await fetch(`${url}/api/v1/blobs/${items[0]!.blob}`, {
      headers: { authorization: `Bearer ${token}` },
    });
    const rows = await Array.fromAsync(readRows(blob.body!));
    const joined = rows.filter((row) => said.includes(row.picture));
    assert.equal(joined.length, 12);
    assert.ok(joined.every((row) => row.origin === "feedback" && row.code === products[2]!.code));
    assert.ok(retrained.metrics["fusedWeightedF1"]! > 0);
    if (retrained.promoted) {
      await until(
        "the swap",
        async () => (await ask(edge.url, weak, picture)).digest === retrained.bundle,
      );
    }
    assert.equal((await ask(edge.url, weak, picture)).route, "fused");
  });
});
