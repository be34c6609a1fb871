/**
 * A graph library with reverse-mode differentiation over ONNX operators.
 *
 * Operators are functions over symbolic tensors; each checks shapes when it is called and lies beside its gradient.
 * `gradients` adds the backward pass to the same graph; `build` gives it as plain values for an ONNX writer.
 * Numbers are computed by ONNX Runtime, on the CPU or a GPU, never here.
 *
 * ```ts ignore
 * const g = new GraphBuilder();
 * const x = g.input("x", ["N", 4]), labels = g.input("labels", ["N"], "int64");
 * const logits = g.layer("head", () => dense(x, g.parameter("w", [4, 3]), g.parameter("b", [3])));
 * const loss = softmaxCrossEntropy(logits, labels);
 * g.output("loss", loss);
 * gradients(loss, g.parameters).forEach((d, i) => g.output(`d:${g.parameters[i]!.name}`, d));
 * const training = g.build(); // parameters are inputs
 * ```
 *
 * @module
 */
export * from "./activation.ts";
export * from "./builder.ts";
export * from "./conv.ts";
export type * from "./description.ts";
export * from "./dims.ts";
export * from "./elementwise.ts";
export * from "./embedding.ts";
export * from "./gradients.ts";
export * from "./loss.ts";
export { dense, matmul } from "./matmul.ts";
export * from "./norm.ts";
export * from "./pool.ts";
export { reduceMax, reduceMean, type ReduceOptions, reduceSum } from "./reduce.ts";
export * from "./shape.ts";
export * from "./tensor.ts";
export type { WindowOptions } from "./windows.ts";
