/**
 * Graphs of operator sets 7 to 12 as the same graphs of set 13.
 *
 * Many networks on Hugging Face were exported with set 11, those of older collections with 7 to 9. What changed in
 * between, of the operators that networks for pictures and sentences use, is where arguments stand (attributes became
 * inputs) and what Softmax means; nodes are rewritten one by one, and the numbers stay the same.
 *
 * @module
 */
import {
  type Attribute,
  elementTypeOfData,
  type Graph,
  type GraphNode,
  type Initializer,
  OPSET,
} from "../../onnx/mod.ts";

/** The oldest set that is understood, and the one that is written. */
export const OLDEST_OPSET = 7, UPGRADED_OPSET = 13;

type Attributes = Readonly<Record<string, Attribute>>;

/** `graph` itself from set 13 on. */
export function upgradeOpset(graph: Graph): Graph {
  const from = graph.opset ?? OPSET;
  if (from >= UPGRADED_OPSET) return graph;
  const rewriting = new Rewriting(from);
  const nodes = graph.nodes.flatMap((node) => rewriting.node(node));
  return {
    ...graph,
    opset: UPGRADED_OPSET,
    nodes,
    initializers: [...graph.initializers, ...rewriting.constants],
  };
}

class Rewriting {
  readonly constants: Initializer[] = [];
  readonly #from: number;

  constructor(from: number) {
    this.#from = from;
  }

  node(node: GraphNode): GraphNode[] {
    switch (node.op) {
      case "Squeeze":
      case "Unsqueeze":
      case "ReduceSum":
        return [this.#moved(node, ["axes"])];
      case "Split":
        return [this.#moved(node, ["split"])];
      case "Softmax":
      case "LogSoftmax":
        return this.#softmax(node);
      case "Clip":
        return this.#from < 11 ? [this.#moved(node, ["min", "max"])] : [node];
      case "Pad":
        return this.#from < 11 ? [this.#moved(node, ["pads", "value"])] : [node];
      case "Slice":
        return this.#from < 10 ? [this.#moved(node, ["starts", "ends", "axes"])] : [node];
      case "Upsample":
      case "Resize":
        return this.#from < 11 ? [this.#resize(node)] : [node];
      case "BatchNormalization":
        return [without(node, ["spatial"])];
      case "Dropout":
        // Its ratio is of training; one output is its input
        return [{
          op: "Identity",
          inputs: node.inputs.slice(0, 1),
          outputs: node.outputs.slice(0, 1),
        }];
      default:
        return [node];
    }
  }

  /** Attributes become the inputs that follow. */
  #moved(node: GraphNode, names: readonly string[]): GraphNode {
    const attributes = node.attributes ?? {};
    const inputs = [...node.inputs];
    names.forEach((name) => {
      const value = attributes[name];
      inputs.push(value === undefined ? "" : this.#constant(`${node.outputs[0]}/${name}`, value));
    });
    while (inputs.at(-1) === "") inputs.pop();
    return { ...without(node, names), inputs };
  }

  /** Up to set 12 Softmax sees a matrix: everything before the axis by everything from it on. */
  #softmax(node: GraphNode): GraphNode[] {
    const axis = (node.attributes?.["axis"] as number | undefined) ?? 1;
    if (axis === -1) return [node];
    const [input] = node.inputs as [string], [output] = node.outputs as [string];
    return [
      { op: "Shape", inputs: [input], outputs: [`${output}/shape`] },
      { op: "Flatten", inputs: [input], outputs: [`${output}/matrix`], attributes: { axis } },
      {
        op: node.op,
        inputs: [`${output}/matrix`],
        outputs: [`${output}/soft`],
        attributes: { axis: 1 },
      },
      { op: "Reshape", inputs: [`${output}/soft`, `${output}/shape`], outputs: [output] },
    ];
  }

  /** Up to set 10 pixels are picked without looking at their middles. */
  #resize(node: GraphNode): GraphNode {
    const { scales, ...rest } = node.attributes ?? {};
    const given = scales === undefined
      ? node.inputs[1]!
      : this.#constant(`${node.outputs[0]}/scales`, scales);
    return {
      ...node,
      op: "Resize",
      inputs: [node.inputs[0]!, "", given],
      attributes: {
        ...rest,
        coordinate_transformation_mode: "asymmetric",
        nearest_mode: "floor",
      },
    };
  }

  #constant(name: string, value: Attribute): string {
    const [data, shape] = numbersOf(value);
    this.constants.push({ name, type: elementTypeOfData(data), shape, data });
    return name;
  }
}

function numbersOf(value: Attribute): [Float32Array | BigInt64Array, number[]] {
  if (Array.isArray(value)) return [BigInt64Array.from(value, BigInt), [value.length]];
  if (typeof value === "object" && "float" in value) return [Float32Array.of(value.float), []];
  if (typeof value === "object" && "floats" in value) {
    return [Float32Array.from(value.floats), [value.floats.length]];
  }
  throw new TypeError("an attribute that became an input is no list of numbers");
}

function without(node: GraphNode, names: readonly string[]): GraphNode {
  const { attributes, ...rest } = node;
  const kept: Attributes = Object.fromEntries(
    Object.entries(attributes ?? {}).filter(([name]) => !names.includes(name)),
  );
  return Object.keys(kept).length === 0 ? rest : { ...rest, attributes: kept };
}
