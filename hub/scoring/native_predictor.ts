/**
 * Bundles on this machine's native code: as fast as it goes; the golden samples prove that it says what wasm says.
 *
 * @module
 */
import { verify } from "@aisle/shared/bundle";
import { AppError } from "@aisle/shared/errors";
import { pictureReader } from "@aisle/shared/images";
import { openPredictor, ortRuntime, type Predictor } from "@aisle/shared/serving";
import { withMergedLabels } from "../evaluation/merged_labels.ts";
import { sharpDecoder } from "@aisle/shared/images_native";

/**
 * Opens a bundle natively and proves it on its golden samples.
 *
 * @throws {AppError} `bundle-invalid`
 */
export async function openNative(
  bytes: Uint8Array<ArrayBuffer>,
  digest: string,
  merges: Readonly<Record<string, string>>,
): Promise<Predictor> {
  const runtime = ortRuntime("native", await import("onnxruntime-node"));
  const readPixels = pictureReader(sharpDecoder());
  const predictor = await openPredictor(verify(bytes, digest), runtime, { readPixels });
  const test = await predictor.selfTest();
  if (!test.ok) {
    await predictor[Symbol.asyncDispose]();
    throw new AppError(
      "bundle-invalid",
      `Cannot use bundle ${digest}: its golden samples differ by ${test.maxDifference}`,
    );
  }
  return withMergedLabels(predictor, merges);
}
