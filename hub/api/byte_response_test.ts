import assert from "node:assert/strict";
import fc from "fast-check";
import { sha256 } from "@aisle/shared/hash";
import { openTestHub, type TestHub } from "../testing/test_hub.ts";

const BYTES = Uint8Array.from({ length: 1000 }, (_, i) => i % 251);

async function put(hub: TestHub, body: BodyInit = BYTES) {
  const response = await hub.app.request("/api/v1/blobs", {
    method: "PUT",
    headers: { authorization: `Bearer ${hub.tokens.operator}` },
    body,
  });
  return { status: response.status, body: await response.json() };
}

function get(hub: TestHub, digest: string, headers: Record<string, string> = {}, method = "GET") {
  return hub.send("viewer", method, `/api/v1/blobs/${digest}`, { headers });
}

Deno.test("PUT /blobs names bytes by their digest and GET gives them back", async () => {
  await using hub = await openTestHub();
  const { status, body } = await put(hub);
  assert.equal(status, 201);
  assert.deepEqual(body, { digest: sha256(BYTES), sizeBytes: 1000 });
  const response = await get(hub, body.digest);
  assert.deepEqual(new Uint8Array(await response.arrayBuffer()), BYTES);
  assert.equal(response.headers.get("etag"), `"${body.digest}"`);
  assert.match(response.headers.get("content-disposition") ?? "", /^attachment/);
  assert.equal(response.headers.get("x-content-type-options"), "nosniff");
});

Deno.test("HEAD tells whether a blob is there, without opening it", async () => {
  let opened = 0;
  await using hub = await openTestHub({
    wrapBlobs: (blobs) => ({
      ...blobs,
      open: (...args) => {
        opened++;
        return blobs.open(...args);
      },
    }),
  });
  const { body } = await put(hub);
  const there = await get(hub, body.digest, {}, "HEAD");
  assert.equal(there.status, 200);
  assert.equal(there.headers.get("content-length"), "1000");
  assert.equal(await there.text(), "");
  assert.equal((await get(hub, "0".repeat(64), {}, "HEAD")).status, 404);
  assert.equal(opened, 0);
});

Deno.test("a body over the limit is refused, whether it says its length or not", async () => {
  await using hub = await openTestHub({ maxBlobBytes: 999 });
  assert.equal((await put(hub)).body.code, "too-large");
  const claimed = await hub.app.request("/api/v1/blobs", {
    method: "PUT",
    headers: { authorization: `Bearer ${hub.tokens.operator}`, "content-length": "5000" },
    body: "x",
  });
  assert.equal(claimed.status, 413);
  await claimed.body?.cancel();
  assert.equal((await put(hub, BYTES.slice(1))).status, 201);
});

Deno.test("ranges: any one range is exactly that part; impossible ones are 416, odd ones everything", async () => {
  await using hub = await openTestHub();
  const { body: { digest } } = await put(hub);
  await fc.assert(
    fc.asyncProperty(fc.nat(999), fc.nat(1500), async (start, length) => {
      const response = await get(hub, digest, { range: `bytes=${start}-${start + length}` });
      const end = Math.min(start + length, 999);
      assert.equal(response.status, 206);
      assert.equal(response.headers.get("content-range"), `bytes ${start}-${end}/1000`);
      assert.equal(response.headers.get("content-length"), String(end - start + 1));
      assert.deepEqual(new Uint8Array(await response.arrayBuffer()), BYTES.slice(start, end + 1));
    }),
    { numRuns: 25 },
  );
  const part = async (range: string) => {
    const response = await get(hub, digest, { range });
    const { length } = new Uint8Array(await response.arrayBuffer());
    return [
      response.status,
      response.headers.get("content-range"),
      response.status < 300 ? length : 0,
    ];
  };
  assert.deepEqual(await part("bytes=990-"), [206, "bytes 990-999/1000", 10]);
  assert.deepEqual(await part("bytes=-10"), [206, "bytes 990-999/1000", 10]);
  assert.deepEqual(await part("bytes=-5000"), [206, "bytes 0-999/1000", 1000]);
  assert.deepEqual(await part("bytes=1000-"), [416, "bytes */1000", 0]);
  assert.deepEqual(await part("bytes=-0"), [416, "bytes */1000", 0]);
  for (const odd of ["bytes=5-2", "bytes=0-1,5-6", "bytes=-", "lines=1-2", "bytes=a-b"]) {
    assert.deepEqual(await part(odd), [200, null, 1000], odd);
  }
});

Deno.test("If-None-Match gives 304, If-Range with another tag gives everything", async () => {
  await using hub = await openTestHub();
  const { body: { digest } } = await put(hub);
  for (const tag of [`"${digest}"`, `W/"${digest}"`, `"x", "${digest}"`, "*"]) {
    assert.equal((await get(hub, digest, { "if-none-match": tag })).status, 304, tag);
  }
  const range = "bytes=0-9";
  for (const [tag, status] of [[`"${digest}"`, 206], ['"other"', 200]] as const) {
    const response = await get(hub, digest, { range, "if-range": tag });
    assert.equal(response.status, status);
    await response.body?.cancel();
  }
});

Deno.test("a name that is no digest never reaches the store", async () => {
  await using hub = await openTestHub({
    wrapBlobs: (blobs) => ({ ...blobs, has: () => Promise.reject(new Error("asked")) }),
  });
  for (const name of ["..%2f..%2fetc%2fpasswd", "ABC", "0".repeat(63)]) {
    assert.equal((await get(hub, name)).status, 400, name);
  }
});
