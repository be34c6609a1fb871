/**
 * ONNX files: graphs as plain values, written and read.
 *
 * Not a runtime and no judge of operators: what a bundle may hold is `shared/bundle`'s to say, what can be
 * differentiated `hub/model`'s.
 *
 * @module
 */
export { encodeOnnx } from "./encode_onnx.ts";
export * from "./graph.ts";
export { withPalettes } from "./palettes.ts";
export { type ReadLimits, readOnnx } from "./read_onnx.ts";
