/**
 * Builds one ONNX graph: inputs, parameters, constants, operators, outputs.
 *
 * Operators are functions beside this class, one file a family; each emits its nodes through `node` and says
 * through `operator` how a gradient comes back. The builder keeps the tape and knows no operator.
 * Not a runtime: no number is computed here, and the same calls give the same description.
 *
 * @module
 */
import { elementTypeOfData } from "../../onnx/graph.ts";
import type {
  Attributes,
  ConstantData,
  ConstantDescription,
  ElementType,
  GraphDescription,
  NodeDescription,
  TensorType,
} from "./description.ts";
import { product, type Shape, showShape } from "./dims.ts";
import { prune } from "./prune.ts";
import { type GradientRule, type TapeRecord, Tensor } from "./tensor.ts";

/** Particulars of a node. */
export interface NodeOptions {
  readonly attributes?: Attributes;
  /** Type of the output; that of the first input by default. */
  readonly type?: TensorType;
}

/** What {@linkcode GraphBuilder.build} makes of the parameters. */
export interface BuildOptions {
  readonly name?: string;
  /** Values by parameter name: written into the graph, which then serves; without them parameters are inputs. */
  readonly weights?: Readonly<Record<string, Float32Array>>;
}

/** One graph under construction. */
export class GraphBuilder {
  readonly #inputs: Tensor[] = [];
  readonly #parameters: Tensor[] = [];
  readonly #constants: ConstantDescription[] = [];
  readonly #constantsByValue = new Map<string, Tensor>();
  readonly #nodes: NodeDescription[] = [];
  readonly #outputs: { readonly name: string; readonly tensor: Tensor }[] = [];
  readonly #tape: TapeRecord[] = [];
  readonly #names = new Set<string>();
  readonly #layers: string[] = [];
  #recording = true;

  /** Parameters in the order of their declaration. */
  get parameters(): readonly Tensor[] {
    return this.#parameters;
  }

  /** Operators through which gradients flow, in the order of building. */
  get tape(): readonly TapeRecord[] {
    return this.#tape;
  }

  /** Name of the layer being built: the enclosing `layer` calls joined by `/`. */
  get layerName(): string {
    return this.#layers.join("/");
  }

  /** Builds inside layer `name`, which stands in value names, parameter names and errors. */
  layer<T>(name: string, build: () => T): T {
    this.#layers.push(name);
    try {
      return build();
    } finally {
      this.#layers.pop();
    }
  }

  /** The error for a broken `rule` of operator `op`, naming the layer. */
  error(op: string, rule: string, value: Shape | string): RangeError {
    const shown = typeof value === "string" ? value : showShape(value);
    return new RangeError(
      `Cannot build ${this.layerName || "the graph"}: ${op}: ${rule}: current value is ${shown}`,
    );
  }

  /** A value fed at every run; strings are dynamic dimensions. Its name is taken as it is. */
  input(name: string, shape: Shape, type: ElementType = "float32"): Tensor {
    const tensor = new Tensor(this, this.#claim(name), type, this.#checked(name, shape), false);
    this.#inputs.push(tensor);
    return tensor;
  }

  /** Numbers to learn, float32; the layer's name comes before `name`. */
  parameter(name: string, shape: readonly number[]): Tensor {
    const full = this.#claim(this.#scoped(name));
    const tensor = new Tensor(this, full, "float32", this.#checked(full, shape), true);
    this.#parameters.push(tensor);
    return tensor;
  }

  /** `tensor` as something to differentiate by, like a parameter: a fed value, or rows that were looked up. */
  variable(tensor: Tensor): Tensor {
    return new Tensor(this, tensor.name, tensor.type, tensor.shape, true);
  }

  /** A constant; equal ones are written once. */
  constant(data: ConstantData, shape: readonly number[] = [data.length]): Tensor {
    if (product(shape) !== data.length) {
      throw this.error("constant", `its data must fill ${showShape(shape)}`, `${data.length}`);
    }
    const type = elementTypeOfData(data);
    // Large constants are not compared: making the key would cost more than a second copy.
    const key = data.length <= 64 ? `${type}|${shape}|${Array.from(data, keyOf).join()}` : null;
    const known = key === null ? undefined : this.#constantsByValue.get(key);
    if (known !== undefined) return known;
    const name = this.#claim(`constant_${this.#names.size}`);
    this.#constants.push({ name, type, shape, data });
    const tensor = new Tensor(this, name, type, shape, false);
    if (key !== null) this.#constantsByValue.set(key, tensor);
    return tensor;
  }

  /** The float32 scalar `value`. */
  scalar(value: number): Tensor {
    return this.constant(Float32Array.of(value), []);
  }

  /** A list of int64, as ONNX takes axes and shapes. */
  ints(values: readonly number[]): Tensor {
    return this.constant(BigInt64Array.from(values, BigInt));
  }

  /** Emits one node; no gradient flows through it. `shape` is the operator's to know. */
  node(op: string, inputs: readonly Tensor[], shape: Shape, options: NodeOptions = {}): Tensor {
    for (const input of inputs) {
      if (input.builder !== this) {
        throw this.error(op, "its inputs must be of this graph", input.name);
      }
    }
    const { attributes } = options;
    const name = this.#claim(this.#scoped(`${op}_${this.#names.size}`));
    const node = { op, inputs: inputs.map((input) => input.name), outputs: [name] };
    this.#nodes.push(attributes === undefined ? node : { ...node, attributes });
    return new Tensor(this, name, options.type ?? inputs[0]?.type ?? "float32", shape, false);
  }

  /**
   * An operator with its gradient: `forward` emits nodes, `rules` (one an input) turn the gradient of its
   * result into that of the input. Operators used inside `forward` and the rules are not recorded themselves.
   */
  operator(
    op: string,
    inputs: readonly Tensor[],
    forward: () => Tensor,
    rules: readonly GradientRule[],
  ): Tensor {
    const result = this.unrecorded(forward);
    if (!this.#recording || !inputs.some((input) => input.tracked)) return result;
    const output = new Tensor(this, result.name, result.type, result.shape, true);
    this.#tape.push({ op, layer: this.layerName, inputs, output, rules });
    return output;
  }

  /** Builds without recording: what comes out is a constant to {@linkcode gradients}. */
  unrecorded<T>(build: () => T): T {
    const before = this.#recording;
    this.#recording = false;
    try {
      return build();
    } finally {
      this.#recording = before;
    }
  }

  /** Names `tensor` as an output of the graph. */
  output(name: string, tensor: Tensor): void {
    if (tensor.builder !== this) {
      throw this.error("output", "it must be of this graph", tensor.name);
    }
    if (tensor.type === "bool") throw this.error("output", "it may not be bool", name);
    this.#outputs.push({ name: this.#claim(name), tensor });
  }

  /**
   * The graph so far as plain values; nodes that no output needs are left out, inputs never are.
   * @throws RangeError where a parameter's weights are missing or of the wrong length
   */
  build(options: BuildOptions = {}): GraphDescription {
    const { weights, name = "graph" } = options;
    const fed = weights === undefined ? [...this.#inputs, ...this.#parameters] : this.#inputs;
    const written = weights === undefined ? [] : this.#parameters.map((p) => {
      const data = weights[p.name];
      if (data?.length !== product(p.shape)) {
        const rule = `weights of ${p.name} must fill ${showShape(p.shape)}`;
        throw this.error("build", rule, `${data?.length ?? "none"}`);
      }
      return { name: p.name, type: "float32" as const, shape: p.shape as number[], data };
    });
    return {
      name,
      inputs: fed.map(valueOf),
      ...prune({
        nodes: this.#nodes,
        constants: [...this.#constants, ...written],
        outputs: this.#outputs.map(({ name, tensor }) => ({
          from: tensor.name,
          value: { ...valueOf(tensor), name },
        })),
      }),
    };
  }

  #scoped(name: string): string {
    return this.#layers.length === 0 ? name : `${this.layerName}/${name}`;
  }

  #claim(name: string): string {
    if (name === "" || this.#names.has(name)) {
      throw this.error("name", "names must be unique and not empty", JSON.stringify(name));
    }
    this.#names.add(name);
    return name;
  }

  #checked(name: string, shape: Shape): Shape {
    for (const dim of shape) {
      const good = typeof dim === "number" ? Number.isSafeInteger(dim) && dim >= 0 : dim !== "";
      if (!good) throw this.error(name, "dimensions must be counts or names", shape);
    }
    return shape;
  }
}

/** Tells 0 from -0, which `String` does not. */
function keyOf(value: number | bigint): string {
  return Object.is(value, -0) ? "-0" : String(value);
}

function valueOf({ name, type, shape }: Tensor) {
  if (type === "bool") throw new RangeError(`Cannot write ${name}: it may not be bool`);
  return { name, type, shape };
}
