/**
 * Scores of pictures by a bundle's `full.onnx`: decoded one after the other, run a few at a time.
 *
 * A session's memory grows with its largest run and never shrinks in wasm, so that the number of pictures in a run
 * follows from their size; and only as many as one run takes are held decoded. A picture that cannot be read is an
 * answer about that picture, never an error of the batch.
 *
 * @module
 */
import { FULL_GRAPH, type FusedSection, type OpenBundle } from "../bundle/mod.ts";
import { AppError, messageOf } from "../errors.ts";
import { HANDMADE, handmadeFeatures, type ReadPixels } from "../images/mod.ts";
import { type Heatmap, heatmapOf } from "./heatmap.ts";
import { PictureCache } from "./picture_cache.ts";
import type { FullOutput, FullSession, Runtime } from "./runtime.ts";
import { type Took, tookNothing } from "./scored.ts";

/** Pixels of one run; more pictures in a run gain nothing on a CPU. */
const RUN_PIXELS = 4 * 224 * 224;

/** Hand-made features of pixels [size, size, 3]. */
export type HandmadeFeatures = (pixels: Uint8Array, size: number) => Float32Array;

/** How to read pictures; {@linkcode openPredictor} needs it for fused bundles. */
export interface PictureOptions {
  readonly readPixels: ReadPixels;
  /** For tests; those of `shared/images` where nothing is given. */
  readonly handmade?: HandmadeFeatures | undefined;
  /** Memory for what pictures said, bytes; none unless told. */
  readonly pictureCacheBytes?: number | undefined;
}

/** One picture to score. */
export interface PictureJob {
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** Scores of the product's text, one a class. */
  readonly scores: Float32Array;
  readonly activation: boolean;
  /** SHA-256 of `bytes`, where it is known. */
  readonly digest?: string | undefined;
}

/** What a picture said, or why it could not be read. */
export type PictureFound =
  | { readonly problem: string }
  | {
    readonly problem: null;
    /** Whether the picture had been read before. */
    readonly known: boolean;
    /** Calibrated confidences, one a class: by the picture, and by both. */
    readonly image: Float64Array;
    readonly fused: Float64Array;
    /** Heat map of a class; null where none was asked for or the encoder has none. */
    readonly heatmap: ((first: number) => Heatmap) | null;
  };

/** An open picture model. One call at a time. */
export class PictureScorer {
  readonly #section: FusedSection;
  readonly #classes: number;
  readonly #session: FullSession;
  readonly #options: PictureOptions;
  readonly #cache: PictureCache;

  private constructor(bundle: OpenBundle, session: FullSession, options: PictureOptions) {
    this.#section = bundle.manifest.fused!;
    this.#classes = bundle.manifest.classes.length;
    this.#session = session;
    this.#options = options;
    this.#cache = new PictureCache(options.pictureCacheBytes ?? 0);
  }

  /**
   * Opens the picture model of `bundle`; null where it is a text bundle.
   *
   * @throws {TypeError} when the bundle reads pictures and nobody said how
   * @throws {AppError} `bundle-invalid` when it asks for hand-made features that are not known here
   */
  static async open(
    bundle: OpenBundle,
    runtime: Runtime,
    options: Partial<PictureOptions>,
  ): Promise<PictureScorer | null> {
    if (bundle.full === null) return null;
    const { readPixels, handmade = handmadeFeatures, pictureCacheBytes } = options;
    if (readPixels === undefined) {
      throw new TypeError("Cannot open a bundle that reads pictures: readPixels must be given");
    }
    const wanted = bundle.manifest.fused!.image.handmade;
    const known = wanted === null || options.handmade !== undefined ||
      (wanted.version === HANDMADE.version && wanted.dims === HANDMADE.dims);
    if (!known) {
      throw new AppError(
        "bundle-invalid",
        `Cannot open the bundle: its hand-made features must be those of version ${HANDMADE.version} (${HANDMADE.dims} numbers): current value is version ${wanted.version} (${wanted.dims} numbers)`,
      );
    }
    const session = await runtime.openFull(bundle.full);
    return new PictureScorer(bundle, session, { readPixels, handmade, pictureCacheBytes });
  }

  /** One answer a job, in order. */
  async score(jobs: readonly PictureJob[], took: Took = tookNothing()): Promise<PictureFound[]> {
    const { size } = this.#section.image.recipe;
    const room = Math.max(1, Math.floor(RUN_PIXELS / (size * size)));
    const found: PictureFound[] = [];
    for (let start = 0; start < jobs.length; start += room) {
      const startedAt = performance.now(), decodedMs = took.decodeMs;
      found.push(...await this.#run(jobs.slice(start, start + room), took));
      took.inferMs += performance.now() - startedAt - (took.decodeMs - decodedMs);
    }
    return found;
  }

  release(): Promise<void> {
    return this.#session.release();
  }

  /** What follows for a picture that was scored before; null for a new one, and where a map of it is wanted. */
  #resume({ digest, scores, activation }: PictureJob): PictureFound | null {
    const { resume } = this.#session;
    if (digest === undefined || activation || resume === undefined) return null;
    const imageScores = this.#cache.get(digest);
    if (imageScores === undefined) return null;
    const { image, fused } = resume(scores, imageScores);
    return {
      problem: null,
      known: true,
      image: probabilities(image),
      fused: probabilities(fused),
      heatmap: null,
    };
  }

  async #run(jobs: readonly PictureJob[], took: Took): Promise<PictureFound[]> {
    const { recipe, handmade, map } = this.#section.image, { size } = recipe;
    const found: (PictureFound | null)[] = [];
    const read: { readonly job: PictureJob; readonly pixels: Uint8Array }[] = [];
    for (const job of jobs) {
      const known = this.#resume(job);
      if (known !== null) {
        found.push(known);
        continue;
      }
      const startedAt = performance.now();
      try {
        read.push({ job, pixels: await this.#options.readPixels(job.bytes, recipe) });
        found.push(null);
      } catch (error) {
        found.push({ problem: pictureProblem(error) });
      } finally {
        took.decodeMs += performance.now() - startedAt;
      }
    }
    if (read.length === 0) return found as PictureFound[];
    const rows = read.length, classes = this.#classes, picture = size * size * 3;
    const pixels = new Uint8Array(rows * picture), scores = new Float32Array(rows * classes);
    const features = handmade === null ? null : new Float32Array(rows * handmade.dims);
    read.forEach(({ job, pixels: own }, r) => {
      pixels.set(own, r * picture);
      scores.set(job.scores, r * classes);
      features?.set(this.#options.handmade!(own, size), r * handmade!.dims);
    });
    const wanted: FullOutput[] = ["image", "fused"];
    const keeps = this.#session.resume !== undefined && read.some(({ job }) => job.digest);
    if (keeps) wanted.push("imageScores");
    if (map !== null && jobs.some((job) => job.activation)) {
      wanted.push("activation", ...keeps ? [] : ["imageScores" as const]);
    }
    const out: Partial<Record<FullOutput, Float32Array>> = await this.#session.run(
      { rows, size, pixels, scores, handmade: features },
      wanted,
    );
    const part = (output: FullOutput, r: number) => {
      const all = out[output];
      if (all === undefined) throw new TypeError(`the model gave no ${FULL_GRAPH[output]}`);
      return all.subarray(r * all.length / rows, (r + 1) * all.length / rows);
    };
    let at = 0;
    return found.map((answer) => {
      if (answer !== null) return answer;
      const r = at++, { digest } = read[r]!.job;
      if (keeps && digest !== undefined) this.#cache.put(digest, part("imageScores", r));
      return {
        problem: null,
        known: false,
        image: probabilities(part("image", r)),
        fused: probabilities(part("fused", r)),
        heatmap: map === null || !read[r]!.job.activation
          ? null
          : (first) =>
            heatmapOf(part("activation", r), { ...map, classes }, {
              first,
              score: part("imageScores", r)[first]!,
            }),
      };
    });
  }
}

/** Probabilities from log-probabilities, added up to 1 in double precision. */
function probabilities(logs: Float32Array): Float64Array {
  const out = Float64Array.from(logs, Math.exp);
  const sum = out.reduce((total, p) => total + p, 0);
  return out.map((p) => p / sum);
}

/** What a user may read about a picture; what the decoder's inside says of itself stays inside. */
function pictureProblem(error: unknown): string {
  return error instanceof AppError ? messageOf(error) : "Cannot use the picture: it is damaged";
}
