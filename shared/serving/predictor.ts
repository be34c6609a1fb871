/**
 * Products in, guesses out, by one bundle: the code that the gate judges and every edge serves.
 *
 * The answer to a product does not depend on the products beside it beyond float32 rounding.
 *
 * @module
 */
import { confidences, type Manifest, type OpenBundle } from "../bundle/mod.ts";
import {
  createEncoder,
  createTracer,
  type Encoder,
  productText,
  type ProductTexts,
} from "../features/mod.ts";
import { MAX_CELLS, planRuns, type SparseRow, sparseRow } from "./batches.ts";
import { explain, type ExplainBy, type Explanation } from "./explain.ts";
import type { Runtime, Session } from "./runtime.ts";
import { readTextWeights } from "./text_weights.ts";
import { wasmRuntime, type WasmRuntimeOptions } from "./wasm_runtime.ts";

/** Guesses given for each product (fewer where there are fewer classes). */
export const TOP = 5;
/**
 * Largest difference between a golden sample's confidence and this device's.
 *
 * Float32 sums in another order move a confidence by some 1e-6; a wrong table, text or kernel moves it by far more.
 */
export const SELF_TEST_TOLERANCE = 1e-4;

/** The part of a product that a text model reads, and whether the answer shall say why. */
export interface ProductText extends ProductTexts {
  readonly explain?: boolean | undefined;
}

/** The answer to one product; `index` counts in the bundle's classes. */
export interface Scored {
  /** Best first; of equal ones the smaller index first. */
  readonly top: readonly { readonly index: number; readonly confidence: number }[];
  /** Confidence of the first guess. */
  readonly confidence: number;
  /** `auto` where the confidence reaches the bundle's threshold. */
  readonly decision: "auto" | "review";
  /** Only where it was asked for. */
  readonly why?: Explanation;
}

/** What replaying the golden samples found. */
export interface SelfTest {
  readonly ok: boolean;
  /** Largest difference of any confidence; NaN where a score is no number. */
  readonly maxDifference: number;
  readonly samples: number;
}

/** One opened model. Dispose it when done. */
export interface Predictor extends AsyncDisposable {
  readonly digest: string;
  /** Label codes by class index. */
  readonly classes: readonly string[];
  readonly manifest: Manifest;
  /** Name of the runtime: `wasm` or another. */
  readonly runtime: string;
  /** One answer a product, in order. Calls may overlap: they queue. */
  predict(products: readonly ProductText[]): Promise<Scored[]>;
  /** Calibrated confidences of every class, [products, classes]. */
  confidencesOf(products: readonly ProductText[]): Promise<Float64Array>;
  /** Replays the golden samples on this very device. */
  selfTest(): Promise<SelfTest>;
}

/**
 * Opens `bundle` on ONNX Runtime's wasm.
 *
 * @throws {Error} what the runtime throws when it cannot load the model
 */
export async function createPredictor(
  bundle: OpenBundle,
  options: WasmRuntimeOptions,
): Promise<Predictor> {
  return await openPredictor(bundle, await wasmRuntime(options));
}

/** Opens `bundle` on any runtime; see {@linkcode createPredictor}. */
export async function openPredictor(
  bundle: OpenBundle,
  runtime: Runtime,
  options: { readonly maxCells?: number } = {},
): Promise<Predictor> {
  const session = await runtime.open(bundle.model);
  // A product without any feature scores the bias; long products need it
  const bias = await session.run(new Int32Array(0), new Float32Array(0), { rows: 1, length: 0 });
  return new TextPredictor({
    bundle,
    session,
    runtime: runtime.name,
    bias: bias.slice(),
    maxCells: options.maxCells ?? MAX_CELLS,
  });
}

interface Parts {
  readonly bundle: OpenBundle;
  readonly session: Session;
  readonly runtime: string;
  /** Scores of a product without features, one a class. */
  readonly bias: Float32Array;
  readonly maxCells: number;
}

class TextPredictor implements Predictor {
  readonly digest: string;
  readonly classes: readonly string[];
  readonly manifest: Manifest;
  readonly runtime: string;
  readonly #bundle: OpenBundle;
  readonly #session: Session;
  readonly #bias: Float32Array;
  readonly #maxCells: number;
  readonly #encoder: Encoder;
  /** Made by the first product that wants to know why. */
  #explainBy: ExplainBy | null = null;
  /** The last call: a session takes one run at a time, so each call waits for the one before. */
  #last: Promise<unknown> = Promise.resolve();

  constructor({ bundle, session, runtime, bias, maxCells }: Parts) {
    this.digest = bundle.digest;
    this.manifest = bundle.manifest;
    this.classes = bundle.manifest.classes;
    this.runtime = runtime;
    this.#bundle = bundle;
    this.#session = session;
    this.#bias = bias;
    this.#maxCells = maxCells;
    this.#encoder = createEncoder(bundle.spec);
  }

  async predict(products: readonly ProductText[]): Promise<Scored[]> {
    const classes = this.classes.length;
    const all = await this.confidencesOf(products);
    return products.map((product, r) => {
      const scored = this.#scored(all.subarray(r * classes, (r + 1) * classes));
      return product.explain === true ? { ...scored, why: this.#why(product, scored) } : scored;
    });
  }

  async confidencesOf(products: readonly ProductText[]): Promise<Float64Array> {
    const scores = await this.#queued(() => this.#scores(products));
    const classes = this.classes.length;
    const out = new Float64Array(products.length * classes);
    for (let r = 0; r < products.length; r++) {
      const row = out.subarray(r * classes, (r + 1) * classes);
      confidences(scores, this.manifest.calibration, row, r * classes);
    }
    return out;
  }

  async selfTest(): Promise<SelfTest> {
    const { golden } = this.manifest;
    const classes = this.classes.length;
    const found = await this.confidencesOf(golden);
    let maxDifference = 0;
    golden.forEach((sample, r) =>
      sample.confidences.forEach((expected, k) => {
        const difference = Math.abs(found[r * classes + k]! - expected);
        // Written so that NaN sticks
        if (!(difference <= maxDifference)) maxDifference = difference;
      })
    );
    return { ok: maxDifference <= SELF_TEST_TOLERANCE, maxDifference, samples: golden.length };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#queued(() => this.#session.release());
  }

  /** Scores [products, classes], run by run. */
  async #scores(products: readonly ProductText[]): Promise<Float32Array> {
    const classes = this.classes.length;
    const { spec, rowOfBucket } = this.#bundle;
    const out = new Float32Array(products.length * classes);
    const rows: SparseRow[] = products.map((product) =>
      sparseRow(this.#encoder.encode([productText(spec, product)]), rowOfBucket)
    );
    for (const run of planRuns(rows, classes, this.#maxCells)) {
      const scores = await this.#session.run(run.ids, run.values, run);
      // A product in pieces gets their sum; every piece brings the bias, only the first one's counts
      run.pieces.forEach(({ product, first }, i) => {
        for (let k = 0; k < classes; k++) {
          out[product * classes + k]! += scores[i * classes + k]! - (first ? 0 : this.#bias[k]!);
        }
      });
    }
    return out;
  }

  /** The first guesses of one product and what to do with them. */
  #scored(row: Float64Array): Scored {
    const top: { index: number; confidence: number }[] = [];
    for (let index = 0; index < row.length; index++) {
      const confidence = row[index]!;
      if (!(confidence >= 0)) {
        throw new RangeError(`Cannot score a product: bundle ${this.digest} gives no number`);
      }
      let at = top.length;
      while (at > 0 && top[at - 1]!.confidence < confidence) at--;
      if (at < TOP) top.splice(at, 0, { index, confidence });
      if (top.length > TOP) top.pop();
    }
    const confidence = top[0]!.confidence;
    const threshold = this.manifest.decision.confidence;
    const auto = threshold !== null && confidence >= threshold;
    return { top, confidence, decision: auto ? "auto" : "review" };
  }

  #why(product: ProductText, { top }: Scored): Explanation {
    const { spec, rowOfBucket } = this.#bundle;
    const by = this.#explainBy ??= {
      spec,
      rowOfBucket,
      tracer: createTracer(spec),
      weights: readTextWeights(this.#bundle),
    };
    return explain(by, product, top[0]!.index, top[1]?.index ?? null);
  }

  #queued<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#last.then(work);
    this.#last = result.catch(() => undefined);
    return result;
  }
}
