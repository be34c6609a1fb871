/**
 * What a fused model says of products, in plain double precision: the twin of `full.onnx`, for tests and for studies
 * that have features but no pictures at hand.
 *
 * @module
 */
import { confidences } from "@aisle/shared/bundle";
import { encode } from "@aisle/shared/features";
import type { FusedModel } from "../model/fused_model.ts";
import { rootFeatures } from "../model/root_features.ts";
import { fuse } from "../model/fusion.ts";
import type { TextModel } from "../model/text_model.ts";

/** Calibrated confidences by each branch, one a class. */
export interface FusedScores {
  readonly text: Float64Array;
  readonly image: Float64Array;
  readonly fused: Float64Array;
}

/**
 * Confidences of one product.
 *
 * @param text     as `productText` makes it
 * @param features embedding and hand-made features of its picture
 */
export function scoreFused(
  model: TextModel,
  fused: FusedModel,
  { text, features }: { readonly text: string; readonly features: ArrayLike<number> },
): FusedScores {
  const classes = model.classes.length, scores = Float64Array.from(model.bias);
  const { indices, weights } = encode(model.spec, [text]);
  indices.forEach((bucket, i) => {
    for (let k = 0; k < classes; k++) {
      scores[k]! += weights[i]! * model.weights[bucket * classes + k]!;
    }
  });
  const { image } = fused, values = Float32Array.from(features);
  if (fused.roots) rootFeatures(values, image.dims, fused.encoder.dims);
  const sums = Float64Array.from(image.bias);
  for (let d = 0; d < image.dims; d++) {
    for (let k = 0; k < classes; k++) sums[k]! += values[d]! * image.weights[d * classes + k]!;
  }
  const byText = new Float64Array(classes), byImage = new Float64Array(classes);
  confidences(scores, model.calibration, byText);
  confidences(sums, fused.imageCalibration, byImage);
  const logs = new Float64Array(classes), both = new Float64Array(classes);
  const log = (p: Float64Array) => Float32Array.from(p, (x) => Math.max(Math.log(x), -1e30));
  const rows = { classes, text: log(byText), image: log(byImage), labels: new Int32Array(1) };
  fuse(fused.fusion, rows, 0, logs);
  confidences(logs, fused.fusionCalibration, both);
  return { text: byText, image: byImage, fused: both };
}
