import assert from "node:assert/strict";
import { openReleaseKey } from "./release_key.ts";

Deno.test("openReleaseKey() makes a key for its owner alone, and gives the same one ever after", async () => {
  const folder = await Deno.makeTempDir({ prefix: "aisle-key-" });
  try {
    const file = `${folder}/release.key`;
    const first = await openReleaseKey(file), second = await openReleaseKey(file);
    assert.deepEqual(second, first);
    assert.equal((await Deno.stat(file)).mode! & 0o777, 0o600);
    const other = await openReleaseKey(`${folder}/other.key`);
    assert.notDeepEqual(other, first);
    await Deno.writeFile(file, new Uint8Array([1, 2, 3]));
    await assert.rejects(openReleaseKey(file));
    assert.equal((await Deno.readFile(file)).length, 3, "a broken key is never replaced silently");
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
