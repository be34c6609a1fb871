/**
 * Which picture file belongs to a product; names only, no picture is opened here.
 *
 * @module
 */
import { AppError } from "@aisle/shared/errors";

/** File name of a product's picture in the challenge's layout. */
export function challengePicture(imageId: string, productId: string): string {
  return `image_${imageId}_product_${productId}.jpg`;
}

/**
 * Reads a JSON list of picture file names.
 *
 * @throws {AppError} `data-invalid` where it is none
 */
export async function readPictureNames(stream: ReadableStream<Uint8Array>): Promise<string[]> {
  const value: unknown = await new Response(stream as ReadableStream<Uint8Array<ArrayBuffer>>)
    .json()
    .catch((cause) => {
      throw new AppError("data-invalid", "Cannot read the list of pictures: it is not JSON", {
        cause,
      });
    });
  if (Array.isArray(value) && value.every((name) => typeof name === "string")) return value;
  throw new AppError(
    "data-invalid",
    "Cannot read the list of pictures: it must be a list of file names",
  );
}

/**
 * A function from the name a product asks for to the file that is there; `""` where there is none.
 *
 * Folders in the asked name count for nothing, and another extension (.jpeg, .png, .webp) is as good. Without
 * a list no product has a picture.
 */
export function pictureFinder(names: readonly string[] | null): (wanted: string) => string {
  if (names === null) return () => "";
  const byName = new Set(names);
  const byStem = new Map(names.map((name) => [stem(name), name]));
  return (wanted) => {
    const name = wanted.slice(Math.max(wanted.lastIndexOf("/"), wanted.lastIndexOf("\\")) + 1);
    return byName.has(name) ? name : byStem.get(stem(name)) ?? "";
  };
}

function stem(name: string): string {
  const dot = name.lastIndexOf(".");
  return (dot < 0 ? name : name.slice(0, dot)).toLowerCase();
}
