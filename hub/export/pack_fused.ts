/**
 * A text model and what pictures add to it become one bundle.
 *
 * Pure but for the runtime that is handed in to find what the golden pictures score: the same models, encoder,
 * provenance, params and runtime give the same bytes.
 *
 * @module
 */
import {
  BUNDLE_FILES,
  drawGoldenPicture,
  type GoldenPicture,
  type GoldenSample,
  MAX_GOLDEN,
  pack,
} from "@aisle/shared/bundle";
import { AppError } from "@aisle/shared/errors";
import { type Raster, toPixels } from "@aisle/shared/images";
import type { FusedModel } from "../model/fused_model.ts";
import type { TextModel } from "../model/text_model.ts";
import { encodeOnnx, withPalettes } from "../onnx/mod.ts";
import { type EncoderGraph, fullGraph, mapOf } from "./full_graph.ts";
import { goldenSamples, textScores } from "./golden_samples.ts";
import { type PackTextInput, type TextParts, textParts } from "./pack_text.ts";

/** Log-probabilities by picture and by both, of one picture [size, size, 3]. */
export type RunFull = (inputs: {
  readonly size: number;
  readonly pixels: Uint8Array;
  readonly scores: Float32Array;
  readonly handmade: Float32Array | null;
}) => Promise<{ readonly image: Float32Array; readonly fused: Float32Array }>;

/** What a fused bundle is made from, beside the models. */
export interface PackFusedInput extends PackTextInput {
  readonly encoder: EncoderGraph;
  readonly handmade: ((pixels: Uint8Array, size: number) => Float32Array) | null;
  /** Opens a graph to run it here. */
  readonly open: (onnx: Uint8Array<ArrayBuffer>) => Promise<RunFull>;
}

/** Golden samples with a picture; each costs an edge one run of the encoder before it serves. */
const PICTURE_SAMPLES = 4;
/** Decimals of a golden confidence: far below the tolerance of the self-test. */
const DECIMALS = 1e6;

/**
 * The bundle of `text` and `fused`.
 *
 * @throws {AppError} `training-failed` when a model holds a value that is no finite number
 */
export async function packFused(
  text: TextModel,
  fused: FusedModel,
  input: PackFusedInput,
): Promise<Uint8Array<ArrayBuffer>> {
  requireFinite(fused);
  const { encoder } = input;
  const parts = textParts({ ...text, thresholds: fused.thresholds, oof: fused.oof }, input);
  const full = encodeOnnx(withPalettes(fullGraph(fused, encoder, text.calibration)));
  const count = input.params.export.goldenSamples;
  const texts = goldenSamples(parts.scoring, count);
  const pictures = await pictureSamples(texts, parts, { ...input, run: await input.open(full) });
  const { cascade, fusion } = fused;
  return pack({
    ...parts.content,
    kind: "fused",
    golden: [...texts.slice(0, MAX_GOLDEN - pictures.length), ...pictures],
    fused: {
      image: {
        recipe: encoder.recipe,
        encoder: { name: encoder.name, id: encoder.id, dims: encoder.dims },
        handmade: fused.handmade,
        map: mapOf(encoder),
        autoConfidence: fused.autoConfidence,
      },
      fusion: {
        method: fusion.head === null ? "late" : fusion.margins ? "stack" : "head",
        textWeight: fusion.textWeight,
        imageWeight: fusion.imageWeight,
      },
      cascade: {
        confidence: cascade.confidence,
        skipped: cascade.skipped,
        maxLoss: cascade.maxLoss,
      },
    },
  }, { ...parts.files, [BUNDLE_FILES.full]: full });
}

/** Some of the `texts` with a picture beside each, and the last picture alone. */
async function pictureSamples(
  texts: readonly GoldenSample[],
  { scoring }: TextParts,
  { encoder, handmade, run }: PackFusedInput & { readonly run: RunFull },
): Promise<GoldenSample[]> {
  const samples: GoldenSample[] = [];
  for (let i = 0; i < PICTURE_SAMPLES; i++) {
    const alone = i === PICTURE_SAMPLES - 1;
    const { designation, description } = alone
      ? { designation: "", description: "" }
      : texts[i % texts.length]!;
    const picture: GoldenPicture = { seed: 0x601d + i, width: 96 + 24 * i, height: 120 - 16 * i };
    const pixels = toPixels(rasterOf(picture), encoder.recipe);
    const { size } = encoder.recipe;
    const scores = Float32Array.from(textScores(scoring, { designation, description }));
    const features = handmade?.(pixels, size) ?? null;
    const { image, fused } = await run({ size, pixels, scores, handmade: features });
    const logs = alone ? image : fused;
    samples.push({
      designation,
      description,
      picture,
      confidences: Array.from(logs, (log) => Math.round(Math.exp(log) * DECIMALS) / DECIMALS),
    });
  }
  return samples;
}

/** The golden picture as a decoder would give it. */
function rasterOf(picture: GoldenPicture): Raster {
  const { width, height } = picture;
  return { width, height, channels: 3, data: drawGoldenPicture(picture) };
}

function requireFinite(model: FusedModel): void {
  const { image, fusion, imageCalibration, fusionCalibration } = model;
  const numbers = [
    ...[imageCalibration, fusionCalibration].flatMap(({ a, b }) => [a, b]),
    fusion.textWeight,
    fusion.imageWeight,
  ];
  const arrays = [image.weights, image.bias, ...Object.values(fusion.head ?? {})];
  if (numbers.every(Number.isFinite) && arrays.every((array) => array.every(Number.isFinite))) {
    return;
  }
  throw new AppError(
    "training-failed",
    "Cannot pack the fused model: one of its weights is no finite number. Train again from a cold start",
  );
}
