/**
 * `preprocessor_config.json`: how a Hugging Face model's pictures were prepared when it was trained.
 *
 * Size, scale, mean and deviation are taken from it; the resizing is Aisle's own road (`shared/images`), the same in
 * hub and edge, so that a filter or a crop that the file names is not repeated.
 *
 * @module
 */
import { AppError } from "@aisle/shared/errors";
import { z } from "zod";

const side = z.int().min(8).max(1024);
const channels = z.array(z.number()).length(3);
const Size = z.union([
  side,
  z.object({ height: side, width: side }),
  z.object({ shortest_edge: side }),
]);

/** What is read of the file; the rest may be anything. */
const File = z.object({
  size: Size.optional(),
  crop_size: Size.optional(),
  do_center_crop: z.boolean().optional(),
  do_rescale: z.boolean().optional(),
  rescale_factor: z.number().positive().optional(),
  do_normalize: z.boolean().optional(),
  image_mean: channels.optional(),
  image_std: channels.refine((std) => std.every((s) => s > 0), "must be above 0").optional(),
});

/** What the network's pictures are. */
export interface Preprocessor {
  /** Side of the input; null where the file does not say. */
  readonly size: number | null;
  /** What a byte is multiplied by before mean and deviation. */
  readonly rescale: number;
  readonly mean: readonly number[];
  readonly std: readonly number[];
}

/**
 * Reads the file's text.
 *
 * @throws {AppError} `model-invalid`, naming what does not fit
 */
export function readPreprocessor(text: string, file = "preprocessor_config.json"): Preprocessor {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (cause) {
    throw new AppError("model-invalid", `Cannot read ${file}: it must be JSON`, { cause });
  }
  const read = File.safeParse(json);
  if (!read.success) {
    const problems = read.error.issues.map((issue) => `${issue.path.join(".")}: ${issue.message}`);
    throw new AppError("model-invalid", `Cannot read ${file}: ${problems.join("; ")}`);
  }
  const { data } = read;
  const cropped = data.do_center_crop ?? data.crop_size !== undefined;
  const size = (cropped ? data.crop_size : undefined) ?? data.size;
  const normalised = data.do_normalize ?? data.image_mean !== undefined;
  return {
    size: size === undefined ? null : sideOf(size, file),
    rescale: data.do_rescale === false ? 1 : data.rescale_factor ?? 1 / 255,
    mean: normalised ? data.image_mean ?? [0.5, 0.5, 0.5] : [0, 0, 0],
    std: normalised ? data.image_std ?? [0.5, 0.5, 0.5] : [1, 1, 1],
  };
}

function sideOf(size: z.infer<typeof Size>, file: string): number {
  if (typeof size === "number") return size;
  if ("shortest_edge" in size) return size.shortest_edge;
  if (size.height === size.width) return size.height;
  throw new AppError(
    "model-invalid",
    `Cannot read ${file}: its size must be a square: current value is ${size.height}x${size.width}`,
  );
}
