/**
 * Tensors of few different values as palettes: a byte an element that names one of at most 256 values.
 *
 * Weights that were kept in bytes before (the default encoder's) take a quarter of their float32 size again, to the
 * last bit: a node looks the values up, and the runtime does so once, when it opens the graph. What has more values,
 * as anything freshly trained, stays as it is.
 *
 * @module
 */
import type { Graph, GraphNode, Initializer } from "./graph.ts";

/** Smaller tensors are not worth two nodes. */
const LEAST_ELEMENTS = 4_096;
const MOST_VALUES = 256;
/** `TensorProto.DataType` of int32, which Gather takes. */
const INT32 = 6;

/** The same graph, its large tensors of few values as palettes; their names are kept. */
export function withPalettes(graph: Graph): Graph {
  const initializers: Initializer[] = [], nodes: GraphNode[] = [];
  for (const tensor of graph.initializers) {
    const palette = paletteOf(tensor);
    if (palette === null) {
      initializers.push(tensor);
      continue;
    }
    const { name, shape } = tensor, { codes, values } = palette;
    initializers.push(
      { name: `${name}/codes`, type: "uint8", shape, data: codes },
      { name: `${name}/values`, type: "float32", shape: [values.length], data: values },
    );
    nodes.push(
      {
        op: "Cast",
        inputs: [`${name}/codes`],
        outputs: [`${name}/places`],
        attributes: { to: INT32 },
      },
      { op: "Gather", inputs: [`${name}/values`, `${name}/places`], outputs: [name] },
    );
  }
  return nodes.length === 0 ? graph : { ...graph, initializers, nodes: [...nodes, ...graph.nodes] };
}

/** Values in the order in which they first occur, by their bits: zeros of both signs are two. */
function paletteOf(
  { type, data }: Initializer,
): { codes: Uint8Array<ArrayBuffer>; values: Float32Array<ArrayBuffer> } | null {
  if (type !== "float32" || data.length < LEAST_ELEMENTS) return null;
  const bits = new Uint32Array(data.buffer, data.byteOffset, data.length);
  const codes = new Uint8Array(data.length), codeOf = new Map<number, number>();
  const values: number[] = [];
  for (let i = 0; i < bits.length; i++) {
    let code = codeOf.get(bits[i]!);
    if (code === undefined) {
      if (values.length === MOST_VALUES) return null;
      code = values.push(bits[i]!) - 1;
      codeOf.set(bits[i]!, code);
    }
    codes[i] = code;
  }
  return { codes, values: new Float32Array(Uint32Array.from(values).buffer) };
}
