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
import { sharpDecoder } from "./sharp_decoder.ts";

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
  const { recipe, handmade } = setup!, { size } = recipe;
  const pictureBytes = size * size * 3;
  const pixels = new Uint8Array(pictures.length * pictureBytes); // [pictures, size, size, 3]
  const outcomes: EncodeAnswer["outcomes"][number][] = [];
  let rows = 0;
  for (const bytes of pictures) {
    try {
      pixels.set(await readPixels(bytes, recipe), rows * pictureBytes);
      outcomes.push({ row: rows++ });
    } catch (error) {
      if (!(error instanceof AppError && error.code === "picture-invalid")) throw error;
      outcomes.push({ problem: error.message });
    }
  }
  if (rows === 0) return { id, values: new Float16Array(), outcomes };
  const used = pixels.subarray(0, rows * pictureBytes);
  const input = new ort.Tensor("uint8", used, [rows, size, size, 3]);
  const { embedding } = await (await session!).run({ pixels: input }, ["embedding"]);
  const embedded = new Float16Array(embedding!.data as Float32Array);
  if (!handmade) return { id, values: embedded, outcomes };
  const own = embedded.length / rows, dims = own + HANDMADE.dims;
  const values = new Float16Array(rows * dims);
  for (let row = 0; row < rows; row++) {
    const picture = used.subarray(row * pictureBytes, (row + 1) * pictureBytes);
    values.set(embedded.subarray(row * own, (row + 1) * own), row * dims);
    values.set(handmadeFeatures(picture, size), row * dims + own);
  }
  return { id, values, outcomes };
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
