/**
 * The engine: convolutional networks by kernels of our own; see `engine.ts`.
 *
 * @module
 */
export { type Engine, type EngineOptions, openEngine } from "./engine.ts";
export type { PlainTensor } from "./plain_ops.ts";
export { type GraphNode, type ReadGraph, readGraph } from "./read_graph.ts";
