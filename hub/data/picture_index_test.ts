import assert from "node:assert/strict";
import { sha256 } from "@aisle/shared/hash";
import type { AppError } from "@aisle/shared/errors";
import { writeJsonLines } from "./json_lines.ts";
import { baseName, endsPack, readPictureIndex } from "./picture_index.ts";
import { streamOf } from "./testing/files.ts";

Deno.test("readPictureIndex() takes a bare list of names, as older sources have it", async () => {
  const index = await readPictureIndex(streamOf('["a.jpg","é.png"]'));
  assert.deepEqual(index.entries.map(({ path, digest }) => [path, digest]), [
    ["a.jpg", ""],
    ["é.png", ""],
  ]);
});

Deno.test("readPictureIndex() refuses what is no index", async () => {
  const digest = sha256("x"), head = { version: 1, packs: [digest] };
  const entry = { path: "a.jpg", sizeBytes: 1, digest, pack: 0, offset: 0 };
  const wrong: unknown[][] = [
    [head, { ...entry, pack: 1 }],
    [head, { ...entry, digest: "../../etc/passwd" }],
    [head, { ...entry, offset: -1 }],
    [head, { ...entry, path: 1 }],
    [{ version: 2, packs: [] }],
    [{ version: 1, packs: ["no digest"] }],
  ];
  const refused = (error: AppError) => error.code === "data-invalid";
  for (const lines of wrong) {
    await assert.rejects(readPictureIndex(writeJsonLines(lines)), refused, JSON.stringify(lines));
  }
  await assert.rejects(readPictureIndex(streamOf("[1]")), refused);
  await assert.rejects(readPictureIndex(streamOf("[")), refused);
  await assert.rejects(readPictureIndex(streamOf("neither")), refused);
});

Deno.test("endsPack() ends packs after some megabytes, whatever the size of the pictures", () => {
  for (const sizeBytes of [20_000, 200_000, 8_000_000]) {
    let packs = 0, bytes = 0;
    const n = 4000;
    for (let i = 0; i < n; i++) {
      bytes += sizeBytes;
      if (!endsPack(sha256(String(i)), sizeBytes, bytes)) continue;
      assert.ok(bytes < (16 << 20) + sizeBytes);
      [packs, bytes] = [packs + 1, 0];
    }
    const mean = n * sizeBytes / packs;
    assert.ok(mean > (2 << 20) && mean < (9 << 20), `${sizeBytes}: ${mean}`);
  }
});

Deno.test("baseName() drops folders of any system", () => {
  assert.deepEqual(
    ["a.jpg", "x/a.jpg", "C:\\x\\a.jpg", "/a.jpg"].map(baseName),
    Array(4).fill("a.jpg"),
  );
});
