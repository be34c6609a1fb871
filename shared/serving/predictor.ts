/**
 * Products in, guesses out, by one bundle: the code that the gate judges and every edge serves.
 *
 * Text first: a sure text is answered without its picture. A product without a picture is answered by its text, one
 * without a text by its picture. The answer to a product does not depend on the products beside it beyond float32
 * rounding, nor on whether it was asked to explain.
 *
 * @module
 */
import { confidences, goldenPictureFile, type Manifest, type OpenBundle } from "../bundle/mod.ts";
import { createTracer } from "../features/mod.ts";
import { explain, type ExplainBy, type Explanation } from "./explain.ts";
import type { Heatmap } from "./heatmap.ts";
import {
  type PictureFound,
  type PictureJob,
  type PictureOptions,
  PictureScorer,
} from "./pictures.ts";
import { engineRuntime } from "./engine_runtime.ts";
import type { Runtime } from "./runtime.ts";
import {
  type Assessed,
  hasText,
  type ProductContent,
  type Route,
  type Scored,
  skipsPicture,
  type Took,
  tookNothing,
  TOP,
  topGuesses,
} from "./scored.ts";
import { TextScorer } from "./text_scorer.ts";
import { readTextWeights } from "./text_weights.ts";
import { wasmRuntime, type WasmRuntimeOptions } from "./wasm_runtime.ts";

/**
 * Largest difference between a golden sample's confidence and this device's, by text alone.
 *
 * Float32 sums in another order move a confidence by some 1e-6; a wrong table, text or kernel moves it by far more.
 */
export const SELF_TEST_TOLERANCE = 1e-4;
/** The same of a sample with a picture: dozens of layers round one after the other. */
export const PICTURE_TOLERANCE = 2e-3;

/** What replaying the golden samples found. */
export interface SelfTest {
  readonly ok: boolean;
  /** Largest difference of any confidence; NaN where a score is no number. */
  readonly maxDifference: number;
  readonly samples: number;
}

/** How to ask. */
export interface AssessOptions {
  /** Whether sure texts leave their pictures unread; default true, as served. */
  readonly cascade?: boolean;
}

/** One opened model. Dispose it when done. */
export interface Predictor extends AsyncDisposable {
  readonly digest: string;
  /** Label codes by class index. */
  readonly classes: readonly string[];
  readonly manifest: Manifest;
  /** Name of the runtime: `wasm` or another. */
  readonly runtime: string;
  /** One answer a product, in order; `took` takes what it took. Calls may overlap: they queue. */
  predict(products: readonly ProductContent[], took?: Took): Promise<Scored[]>;
  /** Calibrated confidences of every class, [products, classes], of each product's route. */
  confidencesOf(products: readonly ProductContent[]): Promise<Float64Array>;
  /** Confidences of every class by every branch, one entry a product. */
  assess(products: readonly ProductContent[], options?: AssessOptions): Promise<Assessed[]>;
  /** Replays the golden samples on this very device. */
  selfTest(): Promise<SelfTest>;
}

/** Options of {@linkcode openPredictor}; what reads pictures is needed by fused bundles alone. */
export interface PredictorOptions extends Partial<PictureOptions> {
  readonly maxCells?: number;
}

/**
 * Opens `bundle` as edges serve it: by the engine, and on ONNX Runtime's wasm where a graph needs that.
 *
 * @throws {Error} what the runtime throws when it cannot load the model
 */
export async function createPredictor(
  bundle: OpenBundle,
  options: WasmRuntimeOptions & PredictorOptions,
): Promise<Predictor> {
  const runtime = engineRuntime("wasm", () => wasmRuntime(options));
  return await openPredictor(bundle, runtime, options);
}

/** Opens `bundle` on any runtime; see {@linkcode createPredictor}. */
export async function openPredictor(
  bundle: OpenBundle,
  runtime: Runtime,
  options: PredictorOptions = {},
): Promise<Predictor> {
  const texts = await TextScorer.open(bundle, runtime, options.maxCells);
  const pictures = await PictureScorer.open(bundle, runtime, options);
  return new BundlePredictor(bundle, { texts, pictures, runtime: runtime.name });
}

interface Parts {
  readonly texts: TextScorer;
  /** Null where the bundle reads no pictures. */
  readonly pictures: PictureScorer | null;
  readonly runtime: string;
}

/** One product's confidences, and how to draw the map of a class. */
interface Found extends Assessed {
  readonly heatmap: ((first: number) => Heatmap) | null;
  /** What a sentence encoder adds to the scores; only for those who ask why. */
  readonly sentences: Float32Array | null;
  /** Whether the picture had been read before. */
  readonly known: boolean;
  readonly unseen: number | undefined;
}

class BundlePredictor implements Predictor {
  readonly digest: string;
  readonly classes: readonly string[];
  readonly manifest: Manifest;
  readonly runtime: string;
  readonly #bundle: OpenBundle;
  readonly #texts: TextScorer;
  readonly #pictures: PictureScorer | null;
  /** Made by the first product that wants to know why. */
  #explainBy: ExplainBy | null = null;
  /** The last call: a session takes one run at a time, so each call waits for the one before. */
  #last: Promise<unknown> = Promise.resolve();

  constructor(bundle: OpenBundle, { texts, pictures, runtime }: Parts) {
    this.digest = bundle.digest;
    this.manifest = bundle.manifest;
    this.classes = bundle.manifest.classes;
    this.runtime = runtime;
    this.#bundle = bundle;
    this.#texts = texts;
    this.#pictures = pictures;
  }

  async predict(products: readonly ProductContent[], took?: Took): Promise<Scored[]> {
    const found = await this.#queued(() => this.#find(products, true, took));
    return products.map((product, r) => this.#scored(product, found[r]!));
  }

  async confidencesOf(products: readonly ProductContent[]): Promise<Float64Array> {
    const found = await this.#queued(() => this.#find(products, true));
    const out = new Float64Array(products.length * this.classes.length);
    found.forEach((each, r) => out.set(each.confidences, r * this.classes.length));
    return out;
  }

  async assess(
    products: readonly ProductContent[],
    { cascade = true }: AssessOptions = {},
  ): Promise<Assessed[]> {
    const found = await this.#queued(() => this.#find(products, cascade));
    return found.map((
      { heatmap: _heatmap, sentences: _sentences, unseen: _unseen, known: _known, ...assessed },
    ) => assessed);
  }

  async selfTest(): Promise<SelfTest> {
    const { golden } = this.manifest;
    let ok = true, maxDifference = 0;
    // One by one: a sample's picture need not stay in memory
    for (const { designation, description, picture, confidences: expected } of golden) {
      const file = picture === undefined ? null : goldenPictureFile(picture);
      const product = { designation, description, picture: file };
      const [found] = await this.assess([product], { cascade: false });
      if (picture !== undefined && found!.picture !== "used") {
        return { ok: false, maxDifference: NaN, samples: golden.length };
      }
      const tolerance = picture === undefined ? SELF_TEST_TOLERANCE : PICTURE_TOLERANCE;
      expected.forEach((p, k) => {
        const difference = Math.abs(found!.confidences[k]! - p);
        // Both written so that NaN sticks
        if (!(difference <= maxDifference)) maxDifference = difference;
        if (!(difference <= tolerance)) ok = false;
      });
    }
    return { ok, maxDifference, samples: golden.length };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#queued(async () => {
      await this.#texts.release();
      await this.#pictures?.release();
    });
  }

  /** Texts first, all of them; then the pictures that these leave in doubt. */
  async #find(
    products: readonly ProductContent[],
    cascade: boolean,
    took: Took = tookNothing(),
  ): Promise<Found[]> {
    const classes = this.classes.length;
    const unseen: (number | undefined)[] = [];
    const scores = await this.#texts.scores(products, unseen, took);
    const sentences = await this.#sentences(products);
    const threshold = cascade ? this.manifest.fused?.cascade.confidence ?? null : null;
    const jobs: (PictureJob & { readonly product: number })[] = [];
    const found: Found[] = products.map((product, r) => {
      const text = new Float64Array(classes);
      confidences(scores, this.manifest.calibration, text, r * classes);
      const bytes = product.picture ?? null;
      const alone: Found = {
        route: "text",
        picture: bytes === null ? "none" : "skipped",
        pictureProblem: null,
        confidences: text,
        text,
        image: null,
        fused: null,
        heatmap: null,
        sentences: sentences.get(r) ?? null,
        known: false,
        unseen: unseen[r],
      };
      if (bytes === null || this.#pictures === null) return alone;
      const sure = hasText(product) && skipsPicture(Math.max(...text), threshold);
      const activation = product.explain === true;
      if (!sure || activation) {
        const own = scores.subarray(r * classes, (r + 1) * classes);
        const { pictureDigest: digest } = product;
        jobs.push({ bytes, scores: own, activation, digest, product: r });
      }
      return sure ? alone : { ...alone, picture: "used" };
    });
    if (jobs.length === 0) return found;
    const answers = await this.#pictures!.score(jobs, took);
    jobs.forEach(({ product }, j) => {
      found[product] = withPicture(found[product]!, answers[j]!, hasText(products[product]!));
    });
    return found;
  }

  #scored(product: ProductContent, found: Found): Scored {
    const { route, picture, pictureProblem, heatmap } = found;
    const top = topGuesses(found.confidences, TOP, this.digest);
    const first = (branch: Float64Array | null) =>
      branch === null ? null : topGuesses(branch, 1, this.digest)[0]!;
    const confidence = top[0]!.confidence;
    const threshold = this.#threshold(product, route);
    return {
      top,
      confidence,
      decision: threshold !== null && confidence >= threshold ? "auto" : "review",
      route,
      picture,
      ...(pictureProblem === null ? {} : { pictureProblem }),
      ...(found.known ? { pictureKnown: true as const } : {}),
      branches: { text: first(found.text), image: first(found.image), fused: first(found.fused) },
      ...(product.everyClass === true ? { confidences: Float32Array.from(found.confidences) } : {}),
      ...(found.unseen === undefined ? {} : { unseen: found.unseen }),
      ...(product.explain === true
        ? { why: this.#why(product, found.sentences, top[0]!.index, top[1]?.index) }
        : {}),
      ...(product.explain === true && heatmap !== null ? { heatmap: heatmap(top[0]!.index) } : {}),
    };
  }

  /** From which confidence on an answer by `route` stands without review. */
  #threshold(product: ProductContent, route: Route): number | null {
    const { decision, fused } = this.manifest;
    if (fused === undefined) return decision.confidence;
    if (route === "image") return fused.image.autoConfidence;
    // Nothing was read of such a product: neither a text nor a picture
    if (route === "text" && !hasText(product)) return null;
    return decision.confidence;
  }

  /** Scores by the sentence encoder of the products that ask why, by their place. */
  async #sentences(products: readonly ProductContent[]): Promise<Map<number, Float32Array>> {
    const asking = Array.from(products.keys()).filter((r) => products[r]!.explain === true);
    const scores = asking.length === 0
      ? null
      : await this.#texts.sentenceScores(asking.map((r) => products[r]!));
    if (scores === null) return new Map();
    const classes = this.classes.length;
    return new Map(asking.map((r, i) => [r, scores.subarray(i * classes, (i + 1) * classes)]));
  }

  #why(
    product: ProductContent,
    sentences: Float32Array | null,
    first: number,
    second: number | undefined,
  ): Explanation {
    const { spec, rowOfBucket } = this.#bundle;
    const by = this.#explainBy ??= {
      spec,
      rowOfBucket,
      tracer: createTracer(spec),
      weights: readTextWeights(this.#bundle),
    };
    return explain({ ...by, sentences }, product, first, second ?? null);
  }

  #queued<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#last.then(work);
    this.#last = result.catch(() => undefined);
    return result;
  }
}

/** What a picture's answer makes of what the text found. */
function withPicture(found: Found, answer: PictureFound, hasOwnText: boolean): Found {
  const skipped = found.picture === "skipped";
  if (answer.problem !== null) {
    // Only an explanation would have read it: the answer is whole without
    return skipped ? found : { ...found, picture: "invalid", pictureProblem: answer.problem };
  }
  const { image, fused, heatmap, known } = answer;
  if (skipped) return { ...found, image, fused, heatmap };
  const read = { ...found, image, heatmap, known };
  return hasOwnText
    ? { ...read, route: "fused", confidences: fused, fused }
    : { ...read, route: "image", confidences: image, text: null, fused: null };
}
