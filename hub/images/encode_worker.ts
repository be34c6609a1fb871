/**
 * A Worker that turns picture files into features: decode, resize, hand-made features, one run of the encoder.
 *
 * One picture after the other, so that a Worker keeps one core busy and has one decoded picture in memory.
 *
 * @module
 */
/// <reference lib="deno.worker" />
import * as ort from "onnxruntime-node";
import { AppError, messageOf } from "@aisle/shared/errors";
import { HANDMADE, handmadeFeatures, type ImageRecipe, pictureReader } from "@aisle/shared/images";
import { sharpDecoder } from "@aisle/shared/images_native";

/** What a Worker is told first. */
export interface EncodeSetup {
  readonly model: Uint8Array<ArrayBuffer>;
  readonly recipe: ImageRecipe;
  /** Whether hand-made features stand behind the encoder's. */
  readonly handmade: boolean;
}

/** Picture files to encode. */
export interface EncodeOrder {
  readonly id: number;
  readonly pictures: readonly Uint8Array<ArrayBuffer>[];
}

/** What became of an order, picture by picture: row of `values`, or why there is none. */
export interface EncodeAnswer {
  readonly id: number;
  /** [decoded pictures, dims] */
  readonly values: Float16Array<ArrayBuffer>;
  readonly outcomes: readonly ({ readonly row: number } | { readonly problem: string })[];
}

const readPixels = pictureReader(sharpDecoder());
let session: Promise<ort.InferenceSession> | null = null;
let setup: EncodeSetup | null = null;

async function encode({ id, pictures }: EncodeOrder): Promise<EncodeAnswer> {
  const outcomes: EncodeAnswer["outcomes"][number][] = [];
  const rows: Float16Array[] = [];
  for (const bytes of pictures) {
    try {
      rows.push(await features(await readPixels(bytes, setup!.recipe)));
      outcomes.push({ row: rows.length - 1 });
    } catch (error) {
      if (!(error instanceof AppError && error.code === "picture-invalid")) throw error;
      outcomes.push({ problem: error.message });
    }
  }
  const dims = rows[0]?.length ?? 0;
  const values = new Float16Array(rows.length * dims);
  rows.forEach((row, i) => values.set(row, i * dims));
  return { id, values, outcomes };
}

/** Features of one picture's pixels. A run of several costs as much a picture, or more, and memory. */
async function features(pixels: Uint8Array<ArrayBuffer>): Promise<Float16Array> {
  const { recipe: { size }, handmade } = setup!;
  const input = new ort.Tensor("uint8", pixels, [1, size, size, 3]);
  const { embedding } = await (await session!).run({ pixels: input }, ["embedding"]);
  const encoded = embedding!.data as Float32Array;
  const row = new Float16Array(encoded.length + (handmade ? HANDMADE.dims : 0));
  row.set(encoded);
  if (handmade) row.set(handmadeFeatures(pixels, size), encoded.length);
  const bad = row.findIndex((value) => !Number.isFinite(value));
  if (bad >= 0) {
    throw new AppError(
      "data-invalid",
      "the image encoder's features must be numbers below 65,504, as half precision holds them: " +
        `current value is ${encoded[bad]}. Take another output of it (image.output)`,
    );
  }
  return row;
}

self.onmessage = async ({ data }: MessageEvent<EncodeSetup | EncodeOrder>) => {
  try {
    if ("model" in data) {
      setup = data;
      session = ort.InferenceSession.create(data.model, {
        intraOpNumThreads: 1,
        interOpNumThreads: 1,
        logSeverityLevel: 3,
      });
      await session;
      return;
    }
    const answer = await encode(data);
    self.postMessage(answer, [answer.values.buffer]);
  } catch (error) {
    self.postMessage({ error: messageOf(error) });
  }
};
