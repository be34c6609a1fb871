/**
 * Features of pictures by the default encoder and by hand, kept in a folder under the encoder's id.
 *
 * @module
 */
import * as ort from "onnxruntime-node";
import { AppError } from "@aisle/shared/errors";
import { sha256 } from "@aisle/shared/hash";
import { HANDMADE, handmadeFeatures, pictureReader } from "@aisle/shared/images";
import { type ImageEncoder, loadImageEncoder } from "../../../hub/encoders/mod.ts";
import { sharpDecoder } from "@aisle/shared/images_native";
import { encodeOnnx } from "../../../hub/onnx/mod.ts";
import type { Params } from "../../../hub/params.ts";
import type { TrainPictures } from "../../../hub/training/train_pictures.ts";

const BATCH = 8;

/** Features by picture file; files that cannot be decoded are not there. */
export interface StudyFeatures {
  readonly encoder: { readonly name: string; readonly id: string; readonly dims: number };
  readonly dims: number;
  readonly rowOf: ReadonlyMap<string, number>;
  readonly values: Float16Array;
}

/**
 * Features of `files`.
 *
 * @param folder where features are kept
 */
export async function studyFeatures(
  files: readonly string[],
  params: Params["image"],
  folder: string,
): Promise<StudyFeatures> {
  const size = params.size === "auto" ? {} : { size: params.size };
  const encoder = await loadImageEncoder(params.encoder, { ...size, fit: params.fit });
  const { name, id } = encoder, dims = encoder.dims + HANDMADE.dims;
  const key = sha256(JSON.stringify([id, HANDMADE.version, files]));
  const kept = `${folder}/${key}.f16`;
  const values = await read(kept) ?? await encode(files, encoder, dims);
  await Deno.mkdir(folder, { recursive: true });
  await Deno.writeFile(kept, new Uint8Array(values.buffer, values.byteOffset, values.byteLength));
  const rowOf = new Map<string, number>();
  files.forEach((file, i) => Number.isNaN(values[i * dims]!) || rowOf.set(file, i));
  return { encoder: { name, id, dims: encoder.dims }, dims, rowOf, values };
}

/** Features of the pictures of `pictures`, by row, as training takes them. */
export function trainPictures(
  features: StudyFeatures,
  pictures: readonly string[],
): TrainPictures {
  const { encoder, dims, rowOf, values } = features;
  return {
    encoder,
    handmade: { version: HANDMADE.version, dims: HANDMADE.dims },
    dims,
    values,
    pictureOf: Int32Array.from(pictures, (file) => rowOf.get(file) ?? -1),
    learned: null,
  };
}

async function read(file: string): Promise<Float16Array | null> {
  try {
    return new Float16Array((await Deno.readFile(file)).buffer);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return null;
    throw error;
  }
}

/** [files x dims]; the first number of a picture that cannot be decoded is not one. */
async function encode(
  files: readonly string[],
  encoder: ImageEncoder,
  dims: number,
): Promise<Float16Array<ArrayBuffer>> {
  const session = await ort.InferenceSession.create(encodeOnnx(encoder.graph), {
    intraOpNumThreads: 1,
    logSeverityLevel: 3,
  });
  const readPixels = pictureReader(sharpDecoder()), { size } = encoder.recipe;
  const values = new Float16Array(files.length * dims);
  for (let from = 0; from < files.length; from += BATCH) {
    const rows: number[] = [], pixels: Uint8Array[] = [];
    for (let i = from; i < Math.min(files.length, from + BATCH); i++) {
      try {
        pixels.push(await readPixels(await Deno.readFile(files[i]!), encoder.recipe));
        rows.push(i);
      } catch (error) {
        if (!(error instanceof AppError && error.code === "picture-invalid")) throw error;
        values[i * dims] = NaN;
      }
    }
    if (rows.length === 0) continue;
    const input = new Uint8Array(rows.length * size * size * 3);
    pixels.forEach((own, i) => input.set(own, i * size * size * 3));
    const tensor = new ort.Tensor("uint8", input, [rows.length, size, size, 3]);
    const { embedding } = await session.run({ pixels: tensor }, ["embedding"]);
    const all = embedding!.data as Float32Array;
    rows.forEach((row, i) => {
      values.set(all.subarray(i * encoder.dims, (i + 1) * encoder.dims), row * dims);
      values.set(handmadeFeatures(pixels[i]!, size), row * dims + encoder.dims);
    });
  }
  return values;
}
