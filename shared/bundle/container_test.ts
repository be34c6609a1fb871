import assert from "node:assert/strict";
import fc from "fast-check";
import { AppError } from "../errors.ts";
import { rng } from "../random.ts";
import { bundleDigest, pack, unpack } from "./container.ts";
import type { ManifestContent } from "./manifest.ts";
import { verify } from "./open_bundle.ts";

const golden = await Deno.readFile(new URL("../../tests/golden/tiny_int8.bundle", import.meta.url));
const { files: _files, ...content } = unpack(golden).manifest;

const invalid = (error: unknown) => error instanceof AppError && error.code === "bundle-invalid";
const refused = (bytes: Uint8Array<ArrayBuffer>, why: RegExp) =>
  assert.throws(
    () => unpack(bytes),
    (error: unknown) => invalid(error) && why.test((error as AppError).message),
  );

Deno.test("unpack(pack(x)) gives x back, whatever the files hold", () => {
  const name = fc.stringMatching(/^[a-z0-9_]{1,12}\.[a-z]{1,4}$/);
  const files = fc.dictionary(name, fc.uint8Array({ maxLength: 200 }), {
    minKeys: 1,
    noNullPrototype: true,
  });
  fc.assert(fc.property(files, (given) => {
    const { manifest, files } = unpack(pack(content, given));
    assert.deepEqual(Object.fromEntries(files), given);
    const { files: _list, ...rest } = manifest;
    assert.deepEqual(rest, content);
  }));
});

Deno.test("pack() gives the same bytes for the same parts, in whatever order they are named", () => {
  const a = pack(content, { "a.bin": new Uint8Array([1]), "b.bin": new Uint8Array([2]) });
  const backwards = Object.fromEntries(Object.entries(content).reverse()) as ManifestContent;
  const b = pack(backwards, { "b.bin": new Uint8Array([2]), "a.bin": new Uint8Array([1]) });
  assert.deepEqual(a, b);
});

Deno.test("pack() lays every file at a multiple of 64, so that typed arrays can lie over it", () => {
  const bytes = pack(content, { "a.bin": new Uint8Array(1), "b.bin": new Uint8Array(65) });
  for (const view of unpack(bytes).files.values()) assert.equal(view.byteOffset % 64, 0);
});

Deno.test("pack() refuses a manifest that does not fit its schema", () => {
  const twice = { ...content, classes: ["10", "10", "20", "30"] };
  assert.throws(() => pack(twice, { "a.bin": new Uint8Array(1) }), invalid);
  assert.throws(() => pack(content, { "../a.bin": new Uint8Array(1) }), invalid);
  assert.throws(() => pack(content, {}), invalid);
  const run = { ...content, runId: "r1" } as ManifestContent;
  assert.throws(() => pack(run, { "a.bin": new Uint8Array(1) }), /runId/);
});

Deno.test("unpack() finds any flipped bit anywhere, without knowing the digest", () => {
  const bytes = golden.slice();
  const bit = rng(1);
  for (let at = 0; at < bytes.length; at++) {
    const mask = 1 << Math.floor(bit() * 8);
    bytes[at]! ^= mask;
    assert.throws(() => unpack(bytes), invalid, `byte ${at}`);
    bytes[at]! ^= mask;
  }
  unpack(bytes);
});

Deno.test("unpack() refuses a file cut anywhere, and one with bytes behind its end", () => {
  for (let size = 0; size < golden.length; size += 61) {
    assert.throws(() => unpack(golden.slice(0, size)), invalid, `${size} bytes`);
  }
  const longer = new Uint8Array(golden.length + 64);
  longer.set(golden);
  refused(longer, /must end at byte/);
});

Deno.test("unpack() says what is wrong", () => {
  refused(new TextEncoder().encode("<html>404</html>".repeat(9)), /does not start as a bundle/);
  refused(changed(8, 2), /format version must be 1: current value is 2/);
  refused(changed(64 + 300, 0), /manifest do not match the header/);
  refused(changed(golden.length - 100, 255), /do not match the manifest|must be zero/);
});

/** The golden bundle with one byte set. */
function changed(at: number, value: number): Uint8Array<ArrayBuffer> {
  const bytes = golden.slice();
  bytes[at] = value;
  return bytes;
}

Deno.test("unpack() refuses a manifest that lies, though its hash fits", () => {
  const files = Object.fromEntries(unpack(golden).files);
  const lie = (change: (text: string) => string): Uint8Array<ArrayBuffer> => {
    const honest = pack(content, files);
    const length = new DataView(honest.buffer).getUint32(12, true);
    const text = change(new TextDecoder().decode(honest.subarray(64, 64 + length)));
    return relay(text, honest.subarray(64 + Math.ceil(length / 64) * 64));
  };
  refused(lie((text) => text.replace(/"offset":\d+/, '"offset":64')), /must start at 0/);
  refused(lie((text) => text.replace(/"sizeBytes":\d+/, '"sizeBytes":9000000')), /cut off inside/);
  refused(lie((text) => text.replace(/"a":3/, '"a":3.0')), /canonical/);
  refused(lie((text) => text.replace(/"a":3/, '"a":1e999')), /calibration/);
  refused(lie((text) => text.replace("aisle-bundle/1", "aisle-bundle/9")), /format must be/);
  refused(lie((text) => text.slice(0, -1)), /not JSON/);
  refused(lie((text) => text.replace("{", '{"__proto__":{},')), /manifest/);
});

/** A container with the given manifest text and data, its header made to fit. */
function relay(manifest: string, data: Uint8Array): Uint8Array<ArrayBuffer> {
  const text = new TextEncoder().encode(manifest);
  const start = 64 + Math.ceil(text.length / 64) * 64;
  const bytes = new Uint8Array(start + data.length);
  bytes.set(golden.subarray(0, 12));
  new DataView(bytes.buffer).setUint32(12, text.length, true);
  bytes.set(bundleDigest(text).match(/../g)!.map((pair) => parseInt(pair, 16)), 16);
  bytes.set(text, 64);
  bytes.set(data, start);
  return bytes;
}

Deno.test("verify() refuses bytes of another digest, and takes those of the right one", () => {
  const digest = bundleDigest(golden);
  assert.equal(verify(golden, digest).digest, digest);
  assert.throws(() => verify(golden, "0".repeat(64)), /its digest must be 0000/);
});
