/**
 * What a bundle's graph runs on. One interface, so that wasm (every edge, the gate) and native code stand in for
 * each other and a test can compare them.
 *
 * @module
 */
import { FULL_GRAPH, SENTENCE_GRAPH, TEXT_GRAPH } from "../bundle/mod.ts";
import type { LinearTable } from "./linear_table.ts";
import type { Tokens } from "../tokens/mod.ts";

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

/** What the graph that reads pictures takes for `rows` of them; see `FULL_GRAPH` of `shared/bundle`. */
export interface FullInputs {
  readonly rows: number;
  /** Side of a picture in pixels. */
  readonly size: number;
  /** [rows, size, size, 3] */
  readonly pixels: Uint8Array;
  /** [rows, classes] */
  readonly scores: Float32Array;
  /** [rows, features]; null where the graph takes none. */
  readonly handmade: Float32Array | null;
}

/** Outputs of the graph that reads pictures. */
export type FullOutput = "text" | "image" | "fused" | "imageScores" | "activation";

/** The graph that reads pictures, ready to run. One call at a time. */
export interface FullSession {
  /** The wanted outputs, flat; only what they need is computed. */
  run<Wanted extends FullOutput>(
    inputs: FullInputs,
    wanted: readonly Wanted[],
  ): Promise<Record<Wanted, Float32Array>>;
  /** The fused log-probabilities of one product whose picture was scored before; absent where a graph runs whole. */
  readonly resume?: (scores: Float32Array, imageScores: Float32Array) => ResumedOutputs;
  release(): Promise<void>;
}

/** What follows from the scores of a text and of a picture. */
export type ResumedOutputs = Readonly<Record<"image" | "fused", Float32Array>>;

/** The graph that reads sentences, ready to run. One call at a time. */
export interface SentenceSession {
  /** What each row of `tokens` adds to the scores, [rows, classes]. */
  run(tokens: Tokens): Promise<Float32Array>;
  release(): Promise<void>;
}

/** Opens graphs. */
export interface Runtime {
  /** For reports: `wasm`, `native`. */
  readonly name: string;
  /** Opens `text.onnx`. */
  open(model: Uint8Array<ArrayBuffer>): Promise<Session>;
  /** Reads what `text.onnx` sums up, so that no graph need run; null where it is another graph. */
  readonly openTable?: (model: Uint8Array<ArrayBuffer>) => LinearTable | null;
  /** Opens `full.onnx`. */
  openFull(model: Uint8Array<ArrayBuffer>): Promise<FullSession>;
  /** Opens `text_encoder.onnx`. */
  openSentences(model: Uint8Array<ArrayBuffer>): Promise<SentenceSession>;
}

/** The part of ONNX Runtime's API that its web and node packages share and that is used here. */
export interface OrtLike {
  readonly InferenceSession: {
    create(model: Uint8Array, options: Record<string, unknown>): Promise<OrtSession>;
  };
  readonly Tensor: new (
    type: "int32" | "float32" | "uint8",
    data: Int32Array | Float32Array | Uint8Array,
    dims: readonly number[],
  ) => OrtTensor;
}

interface OrtTensor {
  readonly data: unknown;
}

interface OrtSession {
  // deno-lint-ignore no-explicit-any -- the two packages declare their own nominal tensor types
  run(feeds: any, fetches?: any): Promise<Readonly<Record<string, OrtTensor>>>;
  release(): Promise<void>;
}

/** A {@linkcode Runtime} over one of ONNX Runtime's packages, `threads` of them (1 unless told otherwise). */
export function ortRuntime(
  name: string,
  ort: OrtLike,
  { threads = 1 }: { readonly threads?: number } = {},
): Runtime {
  const open = (model: Uint8Array) =>
    ort.InferenceSession.create(model, {
      graphOptimizationLevel: "all",
      intraOpNumThreads: threads,
      interOpNumThreads: 1,
      // Shapes differ from call to call: a memory plan by shape would only pile up
      enableMemPattern: false,
    });
  const floats = (data: Float32Array, ...dims: number[]) => new ort.Tensor("float32", data, dims);
  return {
    name,
    async open(model) {
      const session = await open(model);
      return {
        async run(ids, values, { rows, length }) {
          const answer = await session.run({
            [TEXT_GRAPH.ids]: new ort.Tensor("int32", ids, [rows, length]),
            [TEXT_GRAPH.values]: floats(values, rows, length),
          });
          return answer[TEXT_GRAPH.scores]!.data as Float32Array;
        },
        release: () => session.release(),
      };
    },
    async openSentences(model) {
      const session = await open(model);
      return {
        async run({ rows, length, ids, mask }) {
          const answer = await session.run({
            [SENTENCE_GRAPH.ids]: new ort.Tensor("int32", ids, [rows, length]),
            [SENTENCE_GRAPH.mask]: new ort.Tensor("int32", mask, [rows, length]),
          });
          return answer[SENTENCE_GRAPH.scores]!.data as Float32Array;
        },
        release: () => session.release(),
      };
    },
    async openFull(model) {
      const session = await open(model);
      return {
        async run({ rows, size, pixels, scores, handmade }, wanted) {
          const feeds: Record<string, OrtTensor> = {
            [FULL_GRAPH.pixels]: new ort.Tensor("uint8", pixels, [rows, size, size, 3]),
            [FULL_GRAPH.scores]: floats(scores, rows, scores.length / rows),
          };
          if (handmade !== null) {
            feeds[FULL_GRAPH.handmade] = floats(handmade, rows, handmade.length / rows);
          }
          const answer = await session.run(feeds, wanted.map((output) => FULL_GRAPH[output]));
          return Object.fromEntries(
            wanted.map((output) => [output, answer[FULL_GRAPH[output]]!.data as Float32Array]),
          ) as Record<typeof wanted[number], Float32Array>;
        },
        release: () => session.release(),
      };
    },
  };
}
