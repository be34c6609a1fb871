/**
 * Opens a bundle: everything that can be checked without a runtime is checked here, before one is started.
 *
 * @module
 */
import { AppError } from "../errors.ts";
import { type FeatureSpec, specFromBytes } from "../features/mod.ts";
import { bundleDigest, unpack } from "./container.ts";
import type { Manifest } from "./manifest.ts";
import { guardOnnx, type OnnxSummary, TEXT_LIMITS } from "./onnx_guard.ts";
import { rowMapFromBytes } from "./row_map.ts";

/** Names of the files inside a text bundle. */
export const BUNDLE_FILES = {
  features: "features.bin",
  model: "text.onnx",
  rows: "rows.bin",
} as const;

/** Names and types of the graph's inputs and outputs (`TensorProto.DataType` 1 is float, 6 is int32). */
export const TEXT_GRAPH = { ids: "ids", values: "values", scores: "scores" } as const;

/** A bundle that passed every check. */
export interface OpenBundle {
  readonly digest: string;
  readonly sizeBytes: number;
  readonly manifest: Manifest;
  readonly spec: FeatureSpec;
  /** The ONNX model; a view into the bundle's bytes. */
  readonly model: Uint8Array<ArrayBuffer>;
  /** Row of the weight table by bucket; 0 stands for "no weights". */
  readonly rowOfBucket: Int32Array;
}

/**
 * Checks every region of a bundle and opens it.
 *
 * @param expectedDigest the digest that the release document names; null only where the bytes name themselves
 *
 * @throws {AppError} `bundle-invalid`, saying what is wrong
 */
export function verify(bytes: Uint8Array<ArrayBuffer>, expectedDigest: string | null): OpenBundle {
  const digest = bundleDigest(bytes);
  if (expectedDigest !== null && digest !== expectedDigest) {
    throw new AppError(
      "bundle-invalid",
      `Cannot open the bundle: its digest must be ${expectedDigest}: current value is ${digest}`,
    );
  }
  const { manifest, files } = unpack(bytes);
  const file = (name: string): Uint8Array<ArrayBuffer> => {
    const region = files.get(name);
    if (region === undefined) {
      throw new AppError("bundle-invalid", `Cannot open the bundle: it has no file ${name}`);
    }
    return region;
  };
  const known: readonly string[] = Object.values(BUNDLE_FILES);
  for (const name of files.keys()) {
    if (!known.includes(name)) {
      throw new AppError(
        "bundle-invalid",
        `Cannot open the bundle: it has the unknown file ${name}`,
      );
    }
  }
  const { buckets } = manifest.features, { rows } = manifest.model;
  const spec = specFromBytes(file(BUNDLE_FILES.features));
  if (spec.idf.length !== buckets) {
    throw new AppError(
      "bundle-invalid",
      `Cannot open the bundle: its feature space must have ${buckets} buckets: current value is ${spec.idf.length}`,
    );
  }
  const rowOfBucket = rowMapFromBytes(file(BUNDLE_FILES.rows), buckets, rows);
  const model = file(BUNDLE_FILES.model);
  requireTextGraph(guardOnnx(model, TEXT_LIMITS), rows, manifest.classes.length);
  return { digest, sizeBytes: bytes.length, manifest, spec, model, rowOfBucket };
}

/** The graph must take ids and values and give one score a class, from a table that has every row of the map. */
function requireTextGraph(summary: OnnxSummary, rows: number, classes: number): void {
  const refuse = (why: string) =>
    new AppError("bundle-invalid", `Cannot use the ONNX model: ${why}`);
  const { inputs, outputs, initializers } = summary;
  const ids = inputs.get(TEXT_GRAPH.ids), values = inputs.get(TEXT_GRAPH.values);
  const scores = outputs.get(TEXT_GRAPH.scores), table = initializers.get("table");
  if (
    inputs.size !== 2 || ids?.type !== 6 || ids.shape.length !== 2 || values?.type !== 1 ||
    values.shape.length !== 2
  ) throw refuse("its inputs must be ids (int32) and values (float), each [N,L]");
  if (outputs.size !== 1 || scores?.type !== 1 || scores.shape[1] !== classes) {
    throw refuse(`its output must be scores (float) [N,${classes}]`);
  }
  if (table?.shape[0] !== rows || table.shape[1] !== classes) {
    throw refuse(
      `its table must be [${rows},${classes}]: current value is [${table?.shape ?? ""}]`,
    );
  }
}
