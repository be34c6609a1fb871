import assert from "node:assert/strict";
import { droppedFiles } from "./raw_folder.ts";

/** A folder with empty files, gone after the test. */
async function folderOf(files: readonly string[]): Promise<AsyncDisposable & { path: string }> {
  const path = await Deno.makeTempDir({ prefix: "aisle-raw-" });
  for (const file of files) {
    await Deno.mkdir(`${path}/${file}`.replace(/\/[^/]*$/, ""), { recursive: true });
    await Deno.writeTextFile(`${path}/${file}`, "");
  }
  return { path, [Symbol.asyncDispose]: () => Deno.remove(path, { recursive: true }) };
}

Deno.test("droppedFiles() takes the challenge's download as it is: the products to predict are not trained on", async () => {
  await using folder = await folderOf([
    "rakuten/X_test_update.csv",
    "rakuten/X_train_update.csv",
    "rakuten/Y_train_CVw08PX.csv",
    "rakuten/images.zip",
  ]);
  const { name, files } = await droppedFiles(folder.path);
  const at = (file: string) => `${folder.path}/rakuten/${file}`;
  assert.equal(name, "rakuten");
  assert.equal(files.files.x, at("X_train_update.csv"));
  assert.equal(files.files.y, at("Y_train_CVw08PX.csv"));
  assert.equal(files.images, at("images.zip"));
});

Deno.test("droppedFiles() guesses nothing: none, two files of a kind, two folders", async () => {
  const refused: [files: string[], why: RegExp][] = [
    [["notes.txt"], /holds no x\.csv and y\.csv/],
    [["x.csv", "x_new.csv", "y.csv"], /x\.csv or x_new\.csv/],
    [["a/x.csv", "a/y.csv", "b/x.csv", "b/y.csv"], /holds a, b/],
  ];
  for (const [files, why] of refused) {
    await using folder = await folderOf(files);
    await assert.rejects(droppedFiles(folder.path), why);
  }
});
