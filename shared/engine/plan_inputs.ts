/**
 * What a plan begins with: constants, and the arithmetic that turns a picture's bytes into numbers as tables.
 *
 * @module
 */
import type { PixelSource } from "./convolution.ts";
import { numberOf, type PlainTensor, Unsupported } from "./plain_ops.ts";
import type { GraphNode, ReadGraph } from "./read_graph.ts";

/** `TensorProto.DataType`. */
const FLOAT = 1, UINT8 = 2, INT8 = 3, INT32 = 6, INT64 = 7;

/** The constants of `graph`; element types that the engine has no use for are left out. */
export function constantsOf({ initializers }: ReadGraph): Map<string, PlainTensor> {
  const constants = new Map<string, PlainTensor>();
  for (const [name, { type, shape, data }] of initializers) {
    // A copy: constants may lie at any alignment
    const { buffer } = data.slice();
    if (type === FLOAT) constants.set(name, { shape, data: new Float32Array(buffer) });
    else if (type === UINT8) constants.set(name, { shape, data: new Uint8Array(buffer) });
    else if (type === INT8) {
      constants.set(name, { shape, data: Int32Array.from(new Int8Array(buffer)) });
    } else if (type === INT32) constants.set(name, { shape, data: new Int32Array(buffer) });
    else if (type === INT64) constants.set(name, { shape, data: new BigInt64Array(buffer) });
  }
  return constants;
}

/** A picture on its way to the first convolution. */
type Pixels = PixelSource & { readonly input: string };

/**
 * Arithmetic on the bytes of a picture, by tables of their 256 levels; null where `node` is something else.
 *
 * @param pixels pictures so far, by name
 */
export function foldPixels(
  node: GraphNode,
  graph: ReadGraph,
  pixels: ReadonlyMap<string, Pixels>,
  constants: ReadonlyMap<string, PlainTensor>,
): Pixels | null {
  const [first, second] = node.inputs as [string, string | undefined];
  const given = pixels.get(first) ?? sourceOf(first, graph);
  if (given === null) return null;
  const { levels } = given;
  if (node.op === "Transpose" && String(node.attributes.get("perm")) === "0,3,1,2") return given;
  if (node.op === "Cast" && numberOf(node.attributes, "to", 0) === FLOAT) return given;
  const by = constants.get(second ?? "");
  const arithmetic = ARITHMETIC[node.op];
  if (arithmetic === undefined || !(by?.data instanceof Float32Array)) {
    throw new Unsupported(`${node.op} of pixels`);
  }
  const { data, shape } = by;
  // One number, or one a channel of [N, 3, height, width]
  const perChannel = data.length === 3 && shape.at(-3) === 3;
  if (data.length !== 1 && !perChannel) {
    throw new Unsupported("arithmetic on pixels place by place");
  }
  return {
    ...given,
    levels: levels.map((table, c) =>
      table.map((value) => arithmetic(value, data[perChannel ? c : 0]!))
    ),
  };
}

const ARITHMETIC: Readonly<Record<string, (x: number, y: number) => number>> = {
  Add: (x, y) => x + y,
  Div: (x, y) => x / y,
  Mul: (x, y) => x * y,
  Sub: (x, y) => x - y,
};

/** The graph's input `name` where it is pixels [N, size, size, 3]. */
function sourceOf(name: string, { inputs }: ReadGraph): Pixels | null {
  const input = inputs.get(name);
  if (input?.type !== UINT8) return null;
  const [, height, width, channels] = input.shape;
  if (typeof height !== "number" || height !== width || channels !== 3) return null;
  const levels = Float32Array.from({ length: 256 }, (_, level) => level);
  return { input: name, size: height, levels: [levels, levels, levels] };
}
