/**
 * The weights of a text bundle, read where they lie in its ONNX model: nothing is copied but the scales.
 *
 * For explanations. Predictions come from the session; a test holds both against each other.
 *
 * @module
 */
import { guardOnnx, type OpenBundle, TEXT_LIMITS } from "../bundle/mod.ts";
import { AppError } from "../errors.ts";

/** ONNX element types (`TensorProto.DataType`). */
const FLOAT = 1, INT8 = 3;

/** A linear model's numbers. */
export interface TextWeights {
  readonly bias: Float32Array;
  /** What a feature of the table's `row` with `value` adds to the score of class `index`. */
  contribution(row: number, value: number, index: number): number;
}

/**
 * The weights in `bundle`.
 *
 * @throws {AppError} `bundle-invalid` when its graph has other constants than the hub's exporter writes
 */
export function readTextWeights(bundle: OpenBundle): TextWeights {
  const classes = bundle.manifest.classes.length, { rows } = bundle.manifest.model;
  const { initializers } = guardOnnx(bundle.model, TEXT_LIMITS);
  const floats = (name: string, length: number): Float32Array => {
    const tensor = initializers.get(name);
    if (tensor?.type !== FLOAT || tensor.shape.length !== 1 || tensor.shape[0] !== length) {
      throw refused(`it has no ${name} of ${length} floats`);
    }
    return Float32Array.from({ length }, floatsIn(tensor.data));
  };
  const table = initializers.get("table");
  const bias = floats("bias", classes);
  if (table?.type === FLOAT) {
    const at = floatsIn(table.data);
    return {
      bias,
      contribution: (row, value, index) => value * at(undefined, row * classes + index),
    };
  }
  if (table?.type !== INT8) throw refused("its table is neither float nor int8");
  const scales = floats("scale", rows);
  const steps = new Int8Array(table.data.buffer, table.data.byteOffset, table.data.byteLength);
  return {
    bias,
    // The graph rounds the weighed value to float32 before it multiplies
    contribution: (row, value, index) =>
      Math.fround(value * scales[row]!) * steps[row * classes + index]!,
  };
}

/** Reads float i of `data`, whose bytes may lie at any alignment. */
function floatsIn(data: Uint8Array): (_: unknown, i: number) => number {
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  return (_, i) => view.getFloat32(i * 4, true);
}

function refused(why: string): AppError {
  return new AppError("bundle-invalid", `Cannot explain by the bundle's model: ${why}`);
}
