/**
 * Entry of a model worker on native libraries.
 *
 * @module
 */
import * as native from "onnxruntime-node";
import sharp from "sharp";
import { pictureReader } from "@aisle/shared/images";
import { sharpDecoder } from "@aisle/shared/images_native";
import {
  openPredictor,
  type OrtLike,
  ortRuntime,
  readLinearTable,
  type Runtime,
} from "@aisle/shared/serving";
import { turboJpegDecoder } from "./turbo_jpeg.ts";
import { serveModel, type WorkerScope } from "../serve_model.ts";

// The package declares tensor types of its own; what is used of it is the same
const ort = ortRuntime("native", native as unknown as OrtLike);
/** A text needs no runtime: to begin a run costs more than its sums. */
const runtime: Runtime = { ...ort, openTable: readLinearTable };
// One picture at a time: threads for each of its parts, and memory of past ones, only cost
sharp.concurrency(1);
sharp.cache(false);
const vips = sharpDecoder();
// The predictor reads one picture after the other
const readPixels = pictureReader(turboJpegDecoder(vips) ?? vips);

serveModel(
  globalThis as unknown as WorkerScope,
  (bundle, { pictureCacheBytes }) =>
    openPredictor(bundle, runtime, { readPixels, pictureCacheBytes }),
);
