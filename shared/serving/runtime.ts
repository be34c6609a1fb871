/**
 * What a bundle's graph runs on. One interface, so that wasm (every edge, the gate) and native code stand in for
 * each other and a test can compare them.
 *
 * @module
 */
import { TEXT_GRAPH } from "../bundle/mod.ts";

/** A graph that is ready to run. One call at a time. */
export interface Session {
  /**
   * Scores of `rows` products: ids and values [rows, length], padded with id 0; the answer is [rows, classes].
   */
  run(
    ids: Int32Array,
    values: Float32Array,
    shape: { readonly rows: number; readonly length: number },
  ): Promise<Float32Array>;
  /** Gives its memory back (a wasm heap never shrinks: replace the Worker for that). */
  release(): Promise<void>;
}

/** Opens graphs. */
export interface Runtime {
  /** For reports: `wasm`, `native`. */
  readonly name: string;
  open(model: Uint8Array<ArrayBuffer>): Promise<Session>;
}

/** The part of ONNX Runtime's API that its web and node packages share and that is used here. */
export interface OrtLike {
  readonly InferenceSession: {
    create(model: Uint8Array, options: Record<string, unknown>): Promise<OrtSession>;
  };
  readonly Tensor: new (
    type: "int32" | "float32",
    data: Int32Array | Float32Array,
    dims: readonly number[],
  ) => OrtTensor;
}

interface OrtTensor {
  readonly data: unknown;
}

interface OrtSession {
  // deno-lint-ignore no-explicit-any -- the two packages declare their own nominal tensor types
  run(feeds: any): Promise<Readonly<Record<string, OrtTensor>>>;
  release(): Promise<void>;
}

/** A {@linkcode Runtime} over one of ONNX Runtime's packages, one thread. */
export function ortRuntime(name: string, ort: OrtLike): Runtime {
  return {
    name,
    async open(model) {
      const session = await ort.InferenceSession.create(model, {
        graphOptimizationLevel: "all",
        intraOpNumThreads: 1,
        interOpNumThreads: 1,
        // Shapes differ from call to call: a memory plan by shape would only pile up
        enableMemPattern: false,
      });
      return {
        async run(ids, values, { rows, length }) {
          const dims = [rows, length];
          const answer = await session.run({
            [TEXT_GRAPH.ids]: new ort.Tensor("int32", ids, dims),
            [TEXT_GRAPH.values]: new ort.Tensor("float32", values, dims),
          });
          return answer[TEXT_GRAPH.scores]!.data as Float32Array;
        },
        release: () => session.release(),
      };
    },
  };
}
