/**
 * Pictures at a real edge: multipart and base64, explained, and files that mean harm.
 */
import assert from "node:assert/strict";
import { FeedbackAnswer, Prediction } from "@aisle/shared/contract";
import { sha256 } from "@aisle/shared/hash";
import { rng } from "@aisle/shared/random";
import { goldenPicture, startFusedEdge } from "./fused_edge.ts";

const TEXT = { designation: "Le petit prince bleu", description: "" };

async function ask(url: string, bytes: Uint8Array<ArrayBuffer> | null, fields: object = TEXT) {
  const form = new FormData();
  for (const [name, value] of Object.entries(fields)) form.set(name, String(value));
  if (bytes !== null) form.set("image", new File([bytes], "picture"));
  const response = await fetch(`${url}/v1/predict`, { method: "POST", body: form });
  return { status: response.status, body: await response.json() };
}

async function predict(...args: Parameters<typeof ask>): Promise<Prediction> {
  const { status, body } = await ask(...args);
  assert.equal(status, 200, JSON.stringify(body));
  return Prediction.parse(body);
}

Deno.test("an edge reads text, picture or both, says why, and ships the picture with feedback", async () => {
  await using edge = await startFusedEdge();
  const picture = await goldenPicture("profile.jpg");
  const alone = await predict(edge.url, null);
  assert.deepEqual([alone.route, alone.picture, alone.why], ["text", "none", undefined]);
  const both = await predict(edge.url, picture, { ...TEXT, explain: true });
  assert.deepEqual([both.route, both.picture], ["fused", "used"]);
  assert.equal(both.branches?.text?.code, alone.code);
  assert.equal(both.branches?.fused?.confidence, both.confidence);
  assert.equal(both.why?.code, both.code);
  assert.equal(both.why?.texts.designation, "le petit prince bleu");
  const parts = [both.why!.bias, both.why!.rest, ...both.why!.words];
  const sum = parts.reduce((total, { contribution }) => total + contribution, 0);
  assert.ok(Math.abs(sum - both.why!.score.contribution) < 1e-6);
  for (const { word, places } of both.why!.words) {
    for (const { field, start, end } of places) {
      assert.equal(both.why!.texts[field].slice(start, end), word);
    }
  }
  const { width, height, values, fit } = both.heatmap!;
  assert.deepEqual([width * height, fit], [values.length, "stretch"]);

  const response = await fetch(`${edge.url}/v1/predict`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ image: picture.toBase64() }),
  });
  const seen = Prediction.parse(await response.json());
  assert.deepEqual([seen.route, seen.picture], ["image", "used"]);
  assert.deepEqual(seen.branches?.image, both.branches?.image);

  const told = await fetch(`${edge.url}/v1/feedback`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ requestId: seen.requestId, code: seen.code }),
  });
  assert.equal(told.status, 201);
  assert.equal(FeedbackAnswer.parse(await told.json()).joined, true);
  const digest = sha256(picture);
  assert.deepEqual([...edge.hub.pictures.keys()], [digest]);
  assert.equal([...edge.hub.feedback.values()][0]?.product?.picture, digest);
});

Deno.test("a sure text is answered without decoding its picture", async () => {
  await using edge = await startFusedEdge({ cascade: 0.2 });
  const undecodable = await goldenPicture("lossless.webp");
  undecodable.fill(0xff, 40);
  for (const picture of [await goldenPicture("rgb.png"), undecodable]) {
    const answer = await predict(edge.url, picture);
    assert.deepEqual([answer.route, answer.picture], ["text", "skipped"]);
  }
});

/** A JPEG of a few kilobytes whose header claims another size. */
async function claiming(width: number, height: number): Promise<Uint8Array<ArrayBuffer>> {
  const bytes = await goldenPicture("420.jpg");
  for (let at = 2; at < bytes.length;) {
    const marker = bytes[at + 1]!;
    if (marker >= 0xc0 && marker <= 0xc2) {
      new DataView(bytes.buffer).setUint16(at + 5, height);
      new DataView(bytes.buffer).setUint16(at + 7, width);
      return bytes;
    }
    at += 2 + new DataView(bytes.buffer).getUint16(at + 2);
  }
  throw new Error("no frame header");
}

Deno.test("hostile pictures are refused, and the next request is answered", async () => {
  await using edge = await startFusedEdge({ maxPictureBytes: 100_000 });
  const good = await goldenPicture("lossy.webp");
  const chance = rng(1);
  const random = (length: number) => Uint8Array.from({ length }, () => Math.floor(chance() * 256));
  const jpeg = await goldenPicture("progressive.jpg");
  const hostile: Record<string, [Uint8Array<ArrayBuffer>, number, string]> = {
    empty: [new Uint8Array(), 422, "picture-invalid"],
    garbage: [random(5_000), 422, "picture-invalid"],
    "another file": [new TextEncoder().encode("%PDF-1.7 and more"), 422, "picture-invalid"],
    "garbage behind a header": [
      new Uint8Array([...jpeg.subarray(0, jpeg.length >> 1), ...random(2_000)]),
      422,
      "picture-invalid",
    ],
    "a claim of 64,250 x 64,250": [await claiming(64_250, 64_250), 422, "picture-invalid"],
    huge: [random(150_000), 413, "too-large"],
  };
  for await (const { name } of Deno.readDir(new URL("../golden/pictures/", import.meta.url))) {
    if (name.startsWith("refused")) {
      hostile[name] = [await goldenPicture(name), 422, "picture-invalid"];
    }
  }
  const first = await predict(edge.url, good);
  for (const [what, [bytes, status, code]] of Object.entries(hostile)) {
    for (const fields of [TEXT, {}]) {
      const answer = await ask(edge.url, bytes, fields);
      assert.deepEqual([answer.status, answer.body.code], [status, code], what);
    }
    const { top } = await predict(edge.url, good);
    assert.deepEqual(top, first.top, `after ${what}`);
  }
  const metrics = await (await fetch(`${edge.url}/metrics`)).text();
  assert.match(metrics, /^aisle_edge_worker_restarts_total 0$/m);
  assert.match(metrics, /^aisle_edge_pictures_total\{use="invalid"\} [1-9]/m);
});
