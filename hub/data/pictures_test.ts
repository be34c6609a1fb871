import assert from "node:assert/strict";
import { challengePicture, pictureFinder, readPictureNames } from "./pictures.ts";
import { streamOf } from "./testing/files.ts";

Deno.test("pictureFinder() finds a picture by name, without its folder, or under another extension", () => {
  const find = pictureFinder([challengePicture("900", "100"), "Pot.webp", "b.PNG", "noextension"]);
  assert.equal(find("image_900_product_100.jpg"), "image_900_product_100.jpg");
  assert.equal(find("photos/2024/Pot.webp"), "Pot.webp");
  assert.equal(find("photos\\Pot.jpg"), "Pot.webp");
  assert.equal(find("b.png"), "b.PNG");
  assert.equal(find("noextension"), "noextension");
  assert.equal(find("other.jpg"), "");
});

Deno.test("pictureFinder() prefers the very name over another extension", () => {
  const find = pictureFinder(["a.jpg", "a.png"]);
  assert.deepEqual([find("a.jpg"), find("a.png")], ["a.jpg", "a.png"]);
});

Deno.test("pictureFinder() without a list finds nothing", () => {
  assert.equal(pictureFinder(null)("a.jpg"), "");
});

Deno.test("readPictureNames() reads a list of names", async () => {
  assert.deepEqual(await readPictureNames(streamOf('["a.jpg","é.png"]')), ["a.jpg", "é.png"]);
});
