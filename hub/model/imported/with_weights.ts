/**
 * Puts learned numbers into a graph.
 *
 * @module
 */
import { AppError } from "@aisle/shared/errors";
import type { Graph } from "../../onnx/graph.ts";

/**
 * `graph` with the constants of these names replaced; all else is the same, so what was frozen computes the same.
 *
 * @throws {AppError} `model-invalid` where a name or a length does not fit
 */
export function withWeights(
  graph: Graph,
  weights: Readonly<Record<string, Float32Array>>,
): Graph {
  const left = new Set(Object.keys(weights));
  const initializers = graph.initializers.map((constant) => {
    const data = weights[constant.name];
    if (data === undefined) return constant;
    left.delete(constant.name);
    if (constant.type === "float32" && data.length === constant.data.length) {
      return { ...constant, data };
    }
    throw misfit(
      `${constant.name} must be float32 with ${constant.data.length} numbers`,
      data.length,
    );
  });
  for (const name of left) throw misfit(`it must have a constant ${name}`, "none");
  return { ...graph, initializers };
}

function misfit(rule: string, value: number | string): AppError {
  return new AppError(
    "model-invalid",
    `Cannot put weights into the graph: ${rule}: current value is ${value}`,
  );
}
