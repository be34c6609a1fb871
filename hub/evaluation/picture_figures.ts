/**
 * What reading pictures is worth, on gold: each branch, what is served, what the cascade saves and costs.
 *
 * A large gold set with pictures takes minutes in wasm. All of it is scored by the native runtime and decoder, and a
 * sample once more by those of an edge; the gate asks that both agree.
 *
 * @module
 */
import {
  type PictureUse,
  type Predictor,
  type ProductContent,
  skipsPicture,
} from "@aisle/shared/serving";
import type { ProductRow } from "../data/row.ts";
import type { Params } from "../params.ts";
import { pairedBootstrap, type PairedRow } from "./compare.ts";
import type { GoldPrediction, PictureFigures } from "./evaluation.ts";
import { measureLatency } from "./latency.ts";
import { countAll, intern, type Scores, scoresOf } from "./metrics.ts";

/** Where picture files come from, and the edge's way of reading them. */
export interface GoldPictures {
  /** The file's bytes; null where the row has none or they are nowhere. */
  readonly read: (row: ProductRow) => Promise<Uint8Array<ArrayBuffer> | null>;
  /** The same bundle as an edge opens it; null leaves the comparison out. */
  readonly edge: Predictor | null;
  /** Rows with a picture that are scored as an edge does too. */
  readonly sample: number;
}

/** One gold row: the guess as it would be served, and each branch's. */
export interface JudgedRow {
  readonly prediction: GoldPrediction;
  readonly use: PictureUse;
  readonly text: string | null;
  readonly image: string | null;
  readonly fused: string | null;
}

/** Products whose picture is read, for the latency. */
const LATENCY_SAMPLES = 20;

/** `rows` as products; their pictures are read only for bundles that read them. */
export async function withPictures(
  rows: readonly ProductRow[],
  predictor: Pick<Predictor, "manifest">,
  pictures: GoldPictures | undefined,
): Promise<ProductContent[]> {
  const reads = predictor.manifest.fused !== undefined && pictures !== undefined;
  const products: ProductContent[] = [];
  for (const row of rows) {
    const { designation, description } = row;
    products.push({ designation, description, picture: reads ? await pictures.read(row) : null });
  }
  return products;
}

/** Figures of `judged`, whose products are `rows`. */
export async function pictureFigures(
  predictor: Predictor,
  { judged, rows }: { readonly judged: readonly JudgedRow[]; readonly rows: readonly ProductRow[] },
  options: {
    readonly params: Params["evaluate"];
    readonly clock: () => number;
    readonly pictures: GoldPictures;
  },
): Promise<PictureFigures> {
  const use = { none: 0, skipped: 0, used: 0, invalid: 0 };
  for (const row of judged) use[row.use]++;
  const both = judged.filter((row) => row.text !== null && row.fused !== null);
  const truth = both.map(({ prediction }) => prediction.code);
  const scored = (guess: (row: JudgedRow) => string): Scores =>
    scoresOf(countAll(intern(truth, both.map(guess))));
  const { cascade } = predictor.manifest.fused!;
  const pairs: PairedRow[] = both.map(({ prediction, fused }) => ({
    code: prediction.code,
    candidate: prediction.predicted,
    champion: fused!,
  }));
  const { bootstraps: replicates, seed } = options.params;
  const gains = pairedBootstrap(pairs, { replicates, seed, significance: 0.05, margin: 0 });
  const gain = ({ value, low, high }: typeof gains.accuracy) =>
    pairs.length === 0 ? { value: 0, low: 0, high: 0 } : { value, low, high };
  const skipped = both.filter((row) => row.use === "skipped").length;
  return {
    use,
    rows: both.length,
    branches: {
      text: scored((row) => row.text!),
      image: scored((row) => row.image!),
      fused: scored((row) => row.fused!),
      served: scored((row) => row.prediction.predicted),
    },
    skipped: both.length === 0 ? 0 : skipped / both.length,
    cascade: {
      confidence: cascade.confidence,
      maxLoss: cascade.maxLoss,
      accuracy: gain(gains.accuracy),
      weightedF1: gain(gains.weightedF1),
    },
    ...await throughEdge(predictor, rows, options),
  };
}

/** The sample once more, read and run as on an edge. */
async function throughEdge(
  predictor: Predictor,
  rows: readonly ProductRow[],
  { pictures, clock }: { readonly pictures: GoldPictures; readonly clock: () => number },
): Promise<Pick<PictureFigures, "agreement" | "latency">> {
  const edge = pictures.edge;
  const none = { samples: 0, p50Ms: 0, p95Ms: 0 };
  if (edge === null) return { agreement: null, latency: none };
  // Spread over the ids, which say nothing of the content
  const withOne = rows.filter((row) => row.picture !== "").toSorted((a, b) => a.id < b.id ? -1 : 1);
  const every = Math.max(1, Math.floor(withOne.length / Math.max(1, pictures.sample)));
  const sample = withOne.filter((_, i) => i % every === 0).slice(0, pictures.sample);
  let maxDifference = 0, otherGuesses = 0;
  const doubtful: ProductContent[] = [];
  const threshold = predictor.manifest.fused!.cascade.confidence;
  for (const row of sample) {
    const [product] = await withPictures([row], predictor, pictures);
    const [ours] = await predictor.assess([product!], { cascade: false });
    const [theirs] = await edge.assess([product!], { cascade: false });
    // A picture that one of both cannot read is as different as can be
    if (ours!.picture !== theirs!.picture) maxDifference = 1;
    ours!.confidences.forEach((p, k) =>
      maxDifference = Math.max(maxDifference, Math.abs(p - theirs!.confidences[k]!))
    );
    if (bestOf(ours!.confidences) !== bestOf(theirs!.confidences)) otherGuesses++;
    const read = theirs!.route !== "text" && !(theirs!.text !== null &&
      skipsPicture(Math.max(...theirs!.text), threshold));
    if (read && doubtful.length < LATENCY_SAMPLES) doubtful.push(product!);
  }
  const [latency] = await measureLatency([edge], doubtful, {
    samples: doubtful.length,
    clock,
    warmUp: 2,
    tries: 1,
  });
  return {
    agreement: { runtime: edge.runtime, rows: sample.length, maxDifference, otherGuesses },
    latency: latency!,
  };
}

function bestOf(confidences: Float64Array): number {
  return confidences.indexOf(Math.max(...confidences));
}
