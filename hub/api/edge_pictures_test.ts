import assert from "node:assert/strict";
import { goldenPictureFile } from "@aisle/shared/bundle";
import { EDGE_PATHS, MAX_PICTURE_BYTES } from "@aisle/shared/contract";
import { sha256 } from "@aisle/shared/hash";
import { openTestHub, type TestHub } from "../testing/test_hub.ts";

const PICTURE = goldenPictureFile({ seed: 1, width: 20, height: 10 });

async function put(hub: TestHub, digest: string, body: Uint8Array<ArrayBuffer>) {
  return await hub.app.request(`${EDGE_PATHS.pictures}/${digest}`, {
    method: "PUT",
    headers: {
      authorization: `Bearer ${hub.tokens.edge}`,
      "content-type": "application/octet-stream",
    },
    body,
  });
}

Deno.test("an edge sends a picture once by its digest, and can ask whether it is there", async () => {
  await using hub = await openTestHub();
  const digest = sha256(PICTURE), path = `${EDGE_PATHS.pictures}/${digest}`;
  assert.equal((await hub.send("edge", "HEAD", path)).status, 404);
  for (let i = 0; i < 2; i++) {
    const response = await put(hub, digest, PICTURE);
    assert.equal(response.status, 201);
    assert.deepEqual(await response.json(), { digest, sizeBytes: PICTURE.length });
  }
  assert.equal((await hub.send("edge", "HEAD", path)).status, 200);
  assert.deepEqual(await hub.blobs.bytes(digest), PICTURE);
  const read = await hub.send("edge", "GET", path);
  assert.deepEqual(await read.json(), { digest }, "what customers sent does not go out again");
});

Deno.test("a picture under another digest, what is no picture and what is too large are refused", async () => {
  await using hub = await openTestHub();
  const garbage = new TextEncoder().encode("no picture");
  const large = new Uint8Array(MAX_PICTURE_BYTES + 1);
  const answers = [
    [await put(hub, sha256("another"), PICTURE), "data-invalid", 422],
    [await put(hub, sha256(garbage), garbage), "picture-invalid", 422],
    [await put(hub, sha256(large), large), "too-large", 413],
    [await put(hub, "x", PICTURE), "input-invalid", 400],
  ] as const;
  for (const [response, code, status] of answers) {
    assert.deepEqual([(await response.json()).code, response.status], [code, status]);
  }
  assert.equal(await hub.blobs.has(sha256(garbage)), false);
});
