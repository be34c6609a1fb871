/**
 * A linear text model as sums over rows of its table, without a runtime: what `text.onnx` computes, read off its
 * constants. A run costs less than a runtime takes to begin one.
 *
 * @module
 */
import { TEXT_GRAPH, TEXT_LIMITS } from "../bundle/mod.ts";
import { readGraph } from "../engine/mod.ts";
import type { Encoded } from "../features/mod.ts";

/** The graphs that the hub's exporter writes, as their operators and what these read (`hub/export/text_graph.ts`). */
const INT8_GRAPH =
  "Gather table ids; Cast steps; Gather scale ids; Mul values scales; Unsqueeze weighed axis; " +
  "MatMul lying gathered; Squeeze products axis; Add sums bias";
const FLOAT_GRAPH =
  "Gather table ids; Unsqueeze values axis; MatMul lying gathered; Squeeze products axis; Add sums bias";
/** ONNX element types (`TensorProto.DataType`). */
const FLOAT = 1, INT8 = 3;

/** Rows of weights; see the module's note. */
export interface LinearTable {
  readonly classes: number;
  /**
   * Writes the scores of product `r` of `encoded` to `out`, from `at` on.
   *
   * @param rowOfBucket row of the table by bucket, 0 where it has none
   */
  scores(
    encoded: Encoded,
    r: number,
    rowOfBucket: Int32Array,
    out: Float32Array,
    at: number,
  ): void;
}

/** The table of `model`; null where its graph is another than the exporter's. */
export function readLinearTable(model: Uint8Array): LinearTable | null {
  const { nodes, initializers } = readGraph(model, TEXT_LIMITS);
  const written = nodes.map(({ op, inputs }) => [op, ...inputs].join(" ")).join("; ");
  const table = initializers.get("table"), bias = initializers.get("bias");
  const scale = initializers.get("scale");
  if (nodes.at(-1)?.outputs[0] !== TEXT_GRAPH.scores || table === undefined) return null;
  const [rows, classes] = table.shape as [number, number];
  if (bias?.type !== FLOAT || bias.data.length !== classes * 4) return null;
  if (written === INT8_GRAPH && table.type === INT8 && scale?.type === FLOAT) {
    if (scale.data.length !== rows * 4) return null;
    const steps = new Int8Array(table.data.buffer, table.data.byteOffset, table.data.length);
    return sums(steps, floatsOf(scale.data), floatsOf(bias.data));
  }
  if (written === FLOAT_GRAPH && table.type === FLOAT) {
    return sums(floatsOf(table.data), null, floatsOf(bias.data));
  }
  return null;
}

/** A copy: constants may lie at any alignment. */
function floatsOf(data: Uint8Array): Float32Array {
  return new Float32Array(data.slice().buffer);
}

function sums(
  table: Int8Array | Float32Array,
  scale: Float32Array | null,
  bias: Float32Array,
): LinearTable {
  const classes = bias.length, own = new Float64Array(classes);
  return {
    classes,
    scores({ offsets, indices, weights }, r, rowOfBucket, out, at) {
      own.fill(0);
      const end = offsets[r + 1]!;
      for (let i = offsets[r]!; i < end; i++) {
        const row = rowOfBucket[indices[i]!]!;
        if (row === 0) continue;
        // The graph rounds the weighed value to float32 before it multiplies
        const value = scale === null ? weights[i]! : Math.fround(weights[i]! * scale[row]!);
        const from = row * classes;
        for (let k = 0; k < classes; k++) own[k]! += value * table[from + k]!;
      }
      for (let k = 0; k < classes; k++) out[at + k] = own[k]! + bias[k]!;
    },
  };
}
