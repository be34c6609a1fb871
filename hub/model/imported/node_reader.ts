/**
 * One node of a graph from outside, as an import rule sees it: values by place, attributes by name, and the error
 * that names node and operator.
 *
 * @module
 */
import { AppError } from "@aisle/shared/errors";
import type { GraphNode } from "../../onnx/graph.ts";
import type { GraphBuilder } from "../graph/builder.ts";
import { type Dim, type Shape, showShape } from "../graph/dims.ts";
import type { Tensor } from "../graph/tensor.ts";

/** A value of the imported graph. */
export interface Imported {
  readonly tensor: Tensor;
  /**
   * Its elements in order, where they are few and known while building: axes, bounds, and shapes, whose dimensions
   * may be symbols.
   */
  readonly known: readonly Dim[] | null;
}

/**
 * How BatchNorm with a scale that trains is built: by the file's statistics, which stay (`frozen`); by statistics that
 * are parameters, for serving (`running`); by the batch's own, which those follow (`live`).
 */
export type Norms = "frozen" | "running" | "live";

/** Statistics of a batch, `[C]`, and the parameter that follows them. */
export interface ImportedStatistic {
  readonly parameter: Tensor;
  readonly batch: Tensor;
}

/** What a rule makes of a node: one value or one an output. */
export type Made = Tensor | Imported | readonly Tensor[];

/** See the module's note. */
export class NodeReader {
  readonly #node: GraphNode;
  readonly #values: readonly (Imported | null)[];

  constructor(
    readonly builder: GraphBuilder,
    node: GraphNode,
    values: readonly (Imported | null)[],
    /** Operator set of the graph: the meaning of some operators depends on it. */
    readonly opset: number,
    readonly norms: Norms = "frozen",
    /** Where live BatchNorm leaves its statistics. */
    readonly statistics: ImportedStatistic[] = [],
  ) {
    this.#node = node;
    this.#values = values;
  }

  get op(): string {
    return this.#node.op;
  }

  get inputCount(): number {
    return this.#values.length;
  }

  get outputCount(): number {
    return this.#node.outputs.length;
  }

  /** Whether a gradient must flow back through the node. */
  get tracked(): boolean {
    return this.#values.some((value) => value?.tensor.tracked);
  }

  /** The error for a broken `rule`. */
  error(rule: string, value?: Shape | string): AppError {
    const tail = value === undefined
      ? ""
      : `: current value is ${typeof value === "string" ? value : showShape(value)}`;
    const label = this.#node.name ?? this.#node.outputs[0] ?? "";
    return new AppError(
      "model-invalid",
      `Cannot import node ${JSON.stringify(label)} (${this.op}): ${rule}${tail}`,
    );
  }

  /** Whether input `index` is there. */
  has(index: number): boolean {
    return Boolean(this.#values[index]);
  }

  /** Input `index`. */
  input(index: number): Tensor {
    const value = this.#values[index];
    if (value) return value.tensor;
    throw this.error(`it must have ${index + 1} inputs`, `${this.inputCount}`);
  }

  optional(index: number): Tensor | null {
    return this.#values[index]?.tensor ?? null;
  }

  /** All inputs that are there. */
  inputs(): Tensor[] {
    return this.#values.flatMap((value) => value === null ? [] : [value.tensor]);
  }

  /** Elements of input `index` where they are known. */
  known(index: number): readonly Dim[] | null {
    return this.#values[index]?.known ?? null;
  }

  /** Elements of input `index`, which must be known and no symbols; undefined where it is left out. */
  numbers(index: number): readonly number[] | undefined {
    const value = this.#values[index];
    if (!value) return undefined;
    if (value.known?.every((dim) => typeof dim === "number")) return value.known as number[];
    throw this.error(`its input ${index} must be known while building`, value.tensor.shape);
  }

  int(name: string, fallback: number): number {
    const value = this.#node.attributes?.[name] ?? fallback;
    if (typeof value === "number") return value;
    throw this.error(`attribute ${name} must be an integer`);
  }

  /** A list of integers, undefined where it is left out. */
  ints(name: string): readonly number[] | undefined {
    const value = this.#node.attributes?.[name];
    if (value === undefined || Array.isArray(value)) return value as readonly number[] | undefined;
    throw this.error(`attribute ${name} must be integers`);
  }

  float(name: string, fallback: number): number {
    const value = this.#node.attributes?.[name];
    if (value === undefined) return fallback;
    if (typeof value === "object" && "float" in value) return value.float;
    throw this.error(`attribute ${name} must be a float`);
  }

  text(name: string, fallback: string): string {
    const value = this.#node.attributes?.[name] ?? fallback;
    if (typeof value === "string") return value;
    throw this.error(`attribute ${name} must be text`);
  }

  /** Numbers that older operator sets have as attribute and newer ones as input `index`. */
  list(name: string, index: number): readonly number[] | undefined {
    return this.ints(name) ?? this.numbers(index);
  }

  /** Axes counted from the front of something of `rank` axes. */
  front(axes: readonly number[], rank: number): number[] {
    const front = axes.map((axis) => axis < 0 ? axis + rank : axis);
    if (front.every((axis) => axis >= 0 && axis < rank)) return front;
    throw this.error(`its axes must lie in ${rank} axes`, axes);
  }

  /** The node as it stands, for results that no gradient reaches; refused where one must. */
  plain(shape: Shape, type: Tensor["type"] = this.input(0).type): Tensor {
    if (this.tracked) {
      throw this.error("no gradient is known for it, and one must flow through it to what trains");
    }
    const { attributes } = this.#node;
    return this.builder.node(this.op, this.inputs(), shape, {
      type,
      ...(attributes === undefined ? {} : { attributes }),
    });
  }
}
