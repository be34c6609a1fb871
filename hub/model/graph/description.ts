/**
 * A finished graph as plain values: what the builder gives is what an ONNX writer takes (`hub/onnx`).
 *
 * @module
 */
import type * as onnx from "../../onnx/graph.ts";

/** Element types inside a graph. */
export type TensorType = onnx.ElementType;
/** Element types of what goes into and comes out of a built graph; `bool` never crosses its border. */
export type ElementType = Exclude<TensorType, "bool">;

/** Attributes of a node. */
export type Attributes = Readonly<Record<string, onnx.Attribute>>;

/** An input or output; a string is the name of a dimension known only when the graph runs. */
export type ValueDescription = onnx.ValueInfo;

/** Elements of a constant. */
export type ConstantData = onnx.TensorData;

/** A constant tensor. */
export type ConstantDescription = onnx.Initializer;

/** One ONNX operator of the default domain. */
export type NodeDescription = onnx.GraphNode;

/** A whole graph, its nodes in an order in which they can run. */
export type GraphDescription = onnx.Graph;
