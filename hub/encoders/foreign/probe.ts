/**
 * Runs a graph once and tells the shapes of what comes out: a foreign network's declared shapes are names or lies.
 *
 * @module
 */
import * as native from "onnxruntime-node";
import { AppError, messageOf } from "@aisle/shared/errors";
import { encodeOnnx, type Graph } from "../../onnx/mod.ts";

/** An input for the run. */
export interface ProbeFeed {
  readonly type: "uint8" | "int32";
  readonly data: Uint8Array | Int32Array;
  readonly shape: readonly number[];
}

/**
 * Shapes of the graph's outputs for `feeds`.
 *
 * @throws {AppError} `model-invalid` with the runtime's own words if it cannot run the graph
 */
export async function probe(
  graph: Graph,
  feeds: Readonly<Record<string, ProbeFeed>>,
): Promise<ReadonlyMap<string, readonly number[]>> {
  const options = { intraOpNumThreads: 1, interOpNumThreads: 1, logSeverityLevel: 4 } as const;
  try {
    const session = await native.InferenceSession.create(encodeOnnx(graph), options);
    try {
      const tensors = Object.fromEntries(
        Object.entries(feeds).map(([name, { type, data, shape }]) => [
          name,
          new native.Tensor(type, data as never, shape),
        ]),
      );
      const results = await session.run(tensors);
      return new Map(Object.entries(results).map(([name, { dims }]) => [name, dims]));
    } finally {
      await session.release();
    }
  } catch (cause) {
    throw new AppError(
      "model-invalid",
      `Cannot run the ONNX model: ${messageOf(cause)}`,
      { cause },
    );
  }
}
