/**
 * A catalogue whose pictures are as real ones are: some missing, cut short, of the wrong kind, shared by many. No row is
 * lost over one, each picture is sent, kept and decoded once.
 *
 * @module
 */
import assert from "node:assert/strict";
import sharp from "sharp";
import { uploadPictures } from "../../hub/commands/upload_pictures.ts";
import { challengePicture } from "../../hub/data/pictures.ts";
import type { Finding } from "../../hub/data/findings.ts";
import { rng } from "../../shared/random.ts";
import { rowsOf, WholeHub } from "./whole_hub.ts";

const PRODUCTS = rowsOf(Array.from({ length: 60 }, (_, i) => ({
  designation: `product ${["red", "green", "blue"][i % 3]} ${i}`,
  description: "",
  code: ["10", "20", "30"][i % 3]!,
})));

/** A small picture of noise in the colour of its class. */
async function jpeg(seed: number): Promise<Uint8Array> {
  const random = rng(seed + 1);
  const data = Uint8Array.from(
    { length: 24 * 24 * 3 },
    (_, i) => random() * 90 + (i % 3 === seed % 3 ? 160 : 0),
  );
  return await sharp(data, { raw: { width: 24, height: 24, channels: 3 } }).jpeg().toBuffer();
}

/** Writes the pictures of the first `count` products, broken as the table in the test says. */
async function writePictures(folder: string, count: number): Promise<void> {
  const placeholder = await jpeg(1000);
  for (const [i, { productId, imageId }] of PRODUCTS.slice(0, count).entries()) {
    const own = await jpeg(i);
    const bytes: Record<number, Uint8Array | null> = {
      0: null,
      1: own.subarray(0, own.length - 40),
      2: new TextEncoder().encode("<!doctype html><title>404</title>"),
      3: new TextEncoder().encode("GIF89a"),
      4: new Uint8Array(),
    };
    const file = i >= 50 ? placeholder : i in bytes ? bytes[i]! : own;
    if (file !== null) {
      await Deno.writeFile(`${folder}/${challengePicture(imageId, productId)}`, file);
    }
  }
}

/** Sends the folder as the command does; what came over the wire. */
async function send(whole: WholeHub, folder: string): Promise<{ images: string; puts: number }> {
  let puts = 0;
  const authorization = `Bearer ${whole.hub.localToken}`;
  const images = await uploadPictures(
    {
      async fetch(path, init) {
        if (init?.method === "PUT") puts++;
        const response = await whole.hub.app.request(path, { ...init, headers: { authorization } });
        if (response.ok) return response;
        const { AppError } = await import("../../shared/errors.ts");
        throw new AppError(response.status === 404 ? "not-found" : "internal", path);
      },
      json: () => Promise.reject(new Error("not asked for")),
      [Symbol.asyncDispose]: () => Promise.resolve(),
    },
    folder,
    {
      terminal: { progress: () => {}, clear: () => {} },
      signal: new AbortController().signal,
    },
  );
  return { images, puts };
}

/** What the stages of the newest job told. */
async function told(whole: WholeHub): Promise<string> {
  const { jobs } = whole.hub.registry;
  const [newest] = (await jobs.list({ catalogue: "shop", limit: 1 })).items;
  return (await jobs.logs(newest!.id)).map((line) => JSON.stringify(line)).join("\n");
}

Deno.test("a catalogue with broken pictures loses no row, and decodes each picture once", async (t) => {
  await using whole = await WholeHub.open();
  const folder = await Deno.makeTempDir();
  try {
    await writePictures(folder, 55);
    const { images, puts } = await send(whole, folder);
    const source = { ...await whole.challenge(PRODUCTS), images };
    const first = await whole.pipeline("train", { source });

    await t.step("what is wrong is found, and costs no row", async () => {
      const report = await whole.json<{ findings: Finding[] }>(first.report!.json);
      const counts = Object.fromEntries(
        report.findings.filter(({ id }) => id.endsWith("picture")).map((f) => [f.id, f.count]),
      );
      assert.deepEqual(counts, {
        "missing-picture": 6,
        "undecodable-picture": 4,
        "duplicate-picture": 4,
      });
      const { train, gold, unseen, setAside } = first.counts!;
      assert.equal(train! + gold! + unseen! + setAside!, PRODUCTS.length);
    });

    await t.step("the same folder again sends nothing", async () => {
      assert.ok(puts > 0);
      assert.deepEqual(await send(whole, folder), { images, puts: 0 });
    });

    await t.step(
      "a second training decodes none, one on more pictures only the new ones",
      async () => {
        assert.match(await told(whole), /4[0-9] decoded now/);
        await whole.pipeline("train", { source, force: ["pictures"] });
        assert.match(await told(whole), / 0 decoded now/);
        await writePictures(folder, 60);
        await Deno.writeFile(`${folder}/${challengePicture("9000", "5000")}`, await jpeg(0));
        const grown = { ...source, images: (await send(whole, folder)).images };
        await whole.pipeline("train", { source: grown });
        assert.match(await told(whole), / [01] decoded now/);
      },
    );
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
