/**
 * A linear text model as an ONNX graph: scores = sum over the product's features of value x table row, plus bias.
 *
 * The table keeps only buckets that have weights. As int8 each row has one scale, chosen so that its largest weight
 * is 127; the rounding is at most half a step, and `Params["export"].weights` says whether it is worth it.
 *
 * @module
 */
import { rowMapToBytes, TEXT_GRAPH } from "@aisle/shared/bundle";
import type { TextModel } from "../model/text_model.ts";
import type { Params } from "../params.ts";
import { encodeOnnx, type GraphNode, type Initializer } from "../onnx/mod.ts";

/** A model as it is shipped. */
export interface ExportedText {
  /** The ONNX file. */
  readonly onnx: Uint8Array<ArrayBuffer>;
  /** Which buckets have a row; see `row_map.ts` of `shared/bundle`. */
  readonly rowMap: Uint8Array<ArrayBuffer>;
  /** Rows of the table, with the empty one for padding. */
  readonly rows: number;
  /** Row of each bucket, 0 where it has none. */
  readonly rowOfBucket: Int32Array;
  /** The weights as the graph will see them, rounded where they were rounded, [rows x classes]. */
  readonly table: Float32Array;
}

/** ONNX element types in attributes (`TensorProto.DataType`). */
const FLOAT = 1;

/** Turns `model` into a graph with dynamic N (products) and L (features); both may be 0. */
export function exportText(
  model: Pick<TextModel, "classes" | "weights" | "bias">,
  params: Pick<Params["export"], "weights">,
): ExportedText {
  const classes = model.classes.length, buckets = model.weights.length / classes;
  const rowOfBucket = new Int32Array(buckets);
  let rows = 1;
  for (let bucket = 0; bucket < buckets; bucket++) {
    if (hasWeights(model.weights, bucket * classes, classes)) rowOfBucket[bucket] = rows++;
  }
  const table = new Float32Array(rows * classes);
  for (let bucket = 0; bucket < buckets; bucket++) {
    const row = rowOfBucket[bucket]!;
    if (row === 0) continue;
    table.set(model.weights.subarray(bucket * classes, (bucket + 1) * classes), row * classes);
  }
  const shape = [rows, classes];
  const bias: Initializer = {
    name: "bias",
    type: "float32",
    shape: [classes],
    data: Float32Array.from(model.bias),
  };
  const onnx = params.weights === "float32"
    ? encodeText([{ name: "table", type: "float32", shape, data: table }, bias], classes)
    : encodeText([...roundRows(table, rows, classes), bias], classes);
  return { onnx, rowMap: rowMapToBytes(rowOfBucket), rows, rowOfBucket, table };
}

function hasWeights(weights: Float32Array, from: number, count: number): boolean {
  for (let i = from; i < from + count; i++) if (weights[i] !== 0) return true;
  return false;
}

/** Rounds `table` in place to what int8 with one scale a row can say; returns both tensors. */
function roundRows(table: Float32Array, rows: number, classes: number): Initializer[] {
  const steps = new Int8Array(rows * classes), scales = new Float32Array(rows);
  for (let row = 0; row < rows; row++) {
    const from = row * classes;
    let largest = 0;
    for (let i = from; i < from + classes; i++) largest = Math.max(largest, Math.abs(table[i]!));
    const scale = scales[row] = largest / 127;
    if (scale === 0) {
      table.fill(0, from, from + classes); // so small that float32 has no step for it
      continue;
    }
    for (let i = from; i < from + classes; i++) {
      // Clamped: the scale was rounded to float32, so the largest weight may land a hair above 127
      const step = Math.max(-127, Math.min(127, Math.round(table[i]! / scale)));
      steps[i] = step;
      table[i] = step * scale;
    }
  }
  return [
    { name: "table", type: "int8", shape: [rows, classes], data: steps },
    { name: "scale", type: "float32", shape: [rows], data: scales },
  ];
}

function encodeText(
  initializers: readonly Initializer[],
  classes: number,
): Uint8Array<ArrayBuffer> {
  const { ids, values, scores } = TEXT_GRAPH;
  const rounded = initializers.some((tensor) => tensor.name === "scale");
  // ids, values (N,L); gathered (N,L,C); the scales go to the values, of which there are C times fewer
  const weigh: GraphNode[] = rounded
    ? [
      { op: "Gather", inputs: ["table", ids], outputs: ["steps"], attributes: { axis: 0 } },
      { op: "Cast", inputs: ["steps"], outputs: ["gathered"], attributes: { to: FLOAT } },
      { op: "Gather", inputs: ["scale", ids], outputs: ["scales"], attributes: { axis: 0 } },
      { op: "Mul", inputs: [values, "scales"], outputs: ["weighed"] },
    ]
    : [{ op: "Gather", inputs: ["table", ids], outputs: ["gathered"], attributes: { axis: 0 } }];
  return encodeOnnx({
    name: "text",
    inputs: [
      { name: ids, type: "int32", shape: ["N", "L"] },
      { name: values, type: "float32", shape: ["N", "L"] },
    ],
    outputs: [{ name: scores, type: "float32", shape: ["N", classes] }],
    initializers: [
      ...initializers,
      { name: "axis", type: "int64", shape: [1], data: new BigInt64Array([1n]) },
    ],
    nodes: [
      ...weigh,
      // (N,1,L) x (N,L,C) -> (N,1,C) -> (N,C)
      { op: "Unsqueeze", inputs: [rounded ? "weighed" : values, "axis"], outputs: ["lying"] },
      { op: "MatMul", inputs: ["lying", "gathered"], outputs: ["products"] },
      { op: "Squeeze", inputs: ["products", "axis"], outputs: ["sums"] },
      { op: "Add", inputs: ["sums", "bias"], outputs: [scores] },
    ],
  });
}
