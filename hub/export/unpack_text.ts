/**
 * The weights of a packed model, for the next training to start from.
 *
 * @module
 */
import { guardOnnx, type OpenBundle, TEXT_LIMITS } from "@aisle/shared/bundle";
import { AppError } from "@aisle/shared/errors";
import type { WarmStart } from "../model/text_model.ts";

/**
 * Classes, feature space, weights and bias of `bundle`; weights are as rounded as it keeps them.
 *
 * @throws {AppError} `bundle-invalid` when its graph lacks one of Aisle's tensors
 */
export function unpackText(bundle: OpenBundle): WarmStart {
  const { initializers } = guardOnnx(bundle.model, TEXT_LIMITS);
  const { classes } = bundle.manifest, { rows, weights: kind } = bundle.manifest.model;
  const bytes = (name: string, sizeBytes: number): ArrayBuffer => {
    const data = initializers.get(name)?.data;
    if (data?.length !== sizeBytes) {
      throw new AppError(
        "bundle-invalid",
        `Cannot read the weights: tensor ${name} must have ${sizeBytes} bytes: current value is ${
          data?.length ?? "none"
        }`,
      );
    }
    return data.slice().buffer;
  };
  const cells = rows * classes.length;
  const steps = kind === "int8" ? new Int8Array(bytes("table", cells)) : null;
  const table = steps === null
    ? new Float32Array(bytes("table", cells * 4))
    : new Float32Array(steps);
  if (steps !== null) {
    const scale = new Float32Array(bytes("scale", rows * 4));
    for (let i = 0; i < cells; i++) table[i]! *= scale[Math.floor(i / classes.length)]!;
  }
  const weights = new Float32Array(bundle.rowOfBucket.length * classes.length);
  bundle.rowOfBucket.forEach((row, bucket) => {
    if (row === 0) return;
    const from = row * classes.length;
    weights.set(table.subarray(from, from + classes.length), bucket * classes.length);
  });
  const bias = new Float32Array(bytes("bias", classes.length * 4));
  return { classes, spec: bundle.spec, weights, bias };
}
