import assert from "node:assert/strict";
import { AppError } from "../errors.ts";
import { bundleDigest, pack, unpack } from "./container.ts";
import type { ManifestContent } from "./manifest.ts";
import { verify } from "./open_bundle.ts";

const read = async (weights: string) =>
  unpack(
    await Deno.readFile(new URL(`../../tests/golden/tiny_${weights}.bundle`, import.meta.url)),
  );
const golden = await read("int8");
const { files: _files, ...content } = golden.manifest;
const files = Object.fromEntries(golden.files);

/** The golden bundle, honestly packed with changes. */
function repacked(
  changes: Partial<ManifestContent>,
  changedFiles: Record<string, Uint8Array> = {},
): Uint8Array<ArrayBuffer> {
  return pack({ ...content, ...changes }, { ...files, ...changedFiles });
}

function refused(bytes: Uint8Array<ArrayBuffer>, why: RegExp): void {
  assert.throws(() => verify(bytes, bundleDigest(bytes)), (error: unknown) => {
    assert.ok(error instanceof AppError && error.code === "bundle-invalid", String(error));
    assert.match(error.message, why);
    return true;
  });
}

Deno.test("verify() opens both golden bundles: files written today must open tomorrow", async () => {
  for (const weights of ["int8", "float32"]) {
    const { manifest, files } = await read(weights);
    const { files: _list, ...rest } = manifest;
    const bytes = pack(rest, Object.fromEntries(files));
    const open = verify(bytes, null);
    assert.equal(open.digest, bundleDigest(bytes));
    assert.equal(open.manifest.model.weights, weights);
    assert.deepEqual(open.manifest.classes, ["0060", "10", "Jeux, d'occasion", "Été"]);
    assert.equal(open.rowOfBucket.length, open.spec.idf.length);
    assert.equal(Math.max(...open.rowOfBucket), open.manifest.model.rows - 1);
  }
});

Deno.test("verify() takes bytes that start anywhere in their buffer", () => {
  const bytes = repacked({});
  const shifted = new Uint8Array(bytes.length + 3);
  shifted.set(bytes, 3);
  assert.equal(verify(shifted.subarray(3), null).digest, verify(bytes, null).digest);
});

Deno.test("verify() refuses a manifest that does not fit its files, though every hash fits", () => {
  const buckets = content.features.buckets, rows = content.model.rows;
  refused(repacked({ features: { ...content.features, buckets: buckets * 2 } }), /feature space/);
  refused(repacked({ model: { ...content.model, rows: rows + 1 } }), /row map must name/);
  const classes = [...content.classes, "new"];
  const prior = [...content.reference.prior, 0];
  const golden = content.golden.map((g) => ({ ...g, confidences: [...g.confidences, 0] }));
  const more = { classes, golden, reference: { ...content.reference, prior } };
  refused(repacked(more), /scores \(float\) \[N,5\]/);
});

Deno.test("verify() refuses files that are missing, unknown or of another kind", () => {
  const { "rows.bin": _rows, ...fewer } = files;
  refused(pack(content, fewer), /no file rows\.bin/);
  refused(repacked({}, { "extra.bin": new Uint8Array(4) }), /unknown file extra\.bin/);
  refused(repacked({}, { "text.onnx": new Uint8Array(40) }), /ONNX model/);
  refused(repacked({}, { "features.bin": new Uint8Array(40) }), /feature spec/);
  refused(repacked({}, { "rows.bin": new Uint8Array(4) }), /row map/);
});

Deno.test("verify() refuses a graph whose table has fewer rows than the map names", () => {
  // A map that names one bucket more needs a manifest that says so; only the table betrays it
  const bits = files["rows.bin"]!.slice();
  const free = bits.findIndex((byte) => byte !== 255);
  const bit = [0, 1, 2, 3, 4, 5, 6, 7].find((b) => (bits[free]! & 1 << b) === 0)!;
  bits[free]! |= 1 << bit;
  const rows = content.model.rows + 1;
  refused(
    repacked({ model: { ...content.model, rows } }, { "rows.bin": bits }),
    /its table must be/,
  );
});

Deno.test("verify() refuses a fused section without its graph, and a graph without its section", () => {
  const full = files["text.onnx"]!;
  refused(repacked({}, { "full.onnx": full }), /unknown file full\.onnx/);
  const fused = {
    image: {
      recipe: { version: 1 as const, size: 16, fit: "stretch" as const },
      encoder: { name: "tiny", id: "a".repeat(64), dims: 8 },
      handmade: null,
      map: null,
      autoConfidence: null,
    },
    fusion: { method: "late" as const, textWeight: 1, imageWeight: 1 },
    cascade: { confidence: null, skipped: 0, maxLoss: 0 },
  };
  refused(repacked({ kind: "fused", fused }), /no file full\.onnx/);
  refused(repacked({ kind: "fused", fused }, { "full.onnx": full }), /operator|inputs, pixels/);
  assert.throws(() => repacked({ fused }), /fused: must be there exactly/);
  assert.throws(() => repacked({ kind: "fused" }), /fused: must be there exactly/);
});
