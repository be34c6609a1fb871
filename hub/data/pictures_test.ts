import assert from "node:assert/strict";
import { challengePicture, pictureFinder } from "./pictures.ts";

/** A finder over files without contents; paths of what it finds. */
function finder(...paths: string[]): (wanted: string) => string | undefined {
  const find = pictureFinder({
    entries: paths.map((path) => ({ path, sizeBytes: 0, digest: "" })),
  });
  return (wanted) => find(wanted)?.path;
}

Deno.test("pictureFinder() finds a picture by name, without its folder, or under another extension", () => {
  const find = finder(challengePicture("900", "100"), "Pot.webp", "in/b.PNG", "noextension");
  assert.equal(find("image_900_product_100.jpg"), "image_900_product_100.jpg");
  assert.equal(find("photos/2024/Pot.webp"), "Pot.webp");
  assert.equal(find("photos\\Pot.jpg"), "Pot.webp");
  assert.equal(find("b.png"), "in/b.PNG");
  assert.equal(find("noextension"), "noextension");
  assert.equal(find("other.jpg"), undefined);
});

Deno.test("pictureFinder() prefers the very name over another extension, and the first path of one name", () => {
  const find = finder("a.jpg", "a.png", "x/c.jpg", "y/c.jpg");
  assert.deepEqual([find("a.jpg"), find("a.png"), find("c.jpg")], ["a.jpg", "a.png", "x/c.jpg"]);
});

Deno.test("pictureFinder() finds the file that an address means", () => {
  const find = finder("photo rouge.jpg", "100%.jpg", "what?.png", "b.webp");
  assert.equal(find("https://cdn.example/p/photo%20rouge.jpg?w=300#x"), "photo rouge.jpg");
  assert.equal(find("https://cdn.example/b.jpg?from=/a/c.jpg"), "b.webp");
  assert.equal(find("100%.jpg"), "100%.jpg");
  assert.equal(find("x/100%.jpg?v=1"), "100%.jpg");
  assert.equal(find("what?.png"), "what?.png");
});

Deno.test("pictureFinder() takes accents as equal, composed or not", () => {
  const composed = "cafe\u0301.jpg".normalize("NFC"), parted = "cafe\u0301.jpg";
  assert.equal(finder(parted)(composed), parted);
  assert.equal(finder(composed)(parted), composed);
});

Deno.test("pictureFinder() without an index finds nothing", () => {
  assert.equal(pictureFinder(null)("a.jpg"), null);
});
