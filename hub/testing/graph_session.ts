/**
 * Runs a built graph in the native runtime, on the CPU and one thread, so that results are the same everywhere.
 *
 * @module
 */
import * as native from "onnxruntime-node";
import { encodeOnnx } from "../onnx/mod.ts";
import type { GraphDescription } from "../model/graph/description.ts";

/** Numbers with their shape. */
export interface Fed {
  readonly data: Float32Array | Uint8Array | Int32Array | BigInt64Array;
  readonly shape: readonly number[];
}
/** What a run takes and gives, by name. */
export type Values = Readonly<Record<string, Fed>>;

/** A graph that can be run; release it after use. */
export interface GraphSession extends AsyncDisposable {
  run(values: Values): Promise<Record<string, { data: Float32Array; shape: readonly number[] }>>;
}

/** Opens `graph` on the CPU with one thread. */
export async function openGraph(graph: GraphDescription): Promise<GraphSession> {
  const options = { intraOpNumThreads: 1, interOpNumThreads: 1 } as const;
  const session = await native.InferenceSession.create(encodeOnnx(graph), options);
  return {
    async run(values) {
      const feeds = Object.fromEntries(
        Object.entries(values).map(([name, { data, shape }]) => [name, tensorOf(data, shape)]),
      );
      const results = Object.entries(await session.run(feeds));
      return Object.fromEntries(
        results.map((
          [name, { data, dims }],
        ) => [name, { data: data as Float32Array, shape: dims }]),
      );
    },
    [Symbol.asyncDispose]: () => session.release(),
  };
}

function tensorOf(data: Fed["data"], shape: readonly number[]): native.Tensor {
  if (data instanceof Float32Array) return new native.Tensor("float32", data, shape);
  if (data instanceof Uint8Array) return new native.Tensor("uint8", data, shape);
  if (data instanceof Int32Array) return new native.Tensor("int32", data, shape);
  return new native.Tensor("int64", data, shape);
}
