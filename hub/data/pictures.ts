/**
 * Which picture belongs to a product; names only, no picture is opened here.
 *
 * @module
 */
import { baseName, type PictureEntry, type PictureIndex } from "./picture_index.ts";

/** File name of a product's picture in the challenge's layout. */
export function challengePicture(imageId: string, productId: string): string {
  return `image_${imageId}_product_${productId}.jpg`;
}

/**
 * A function from the name a product asks for to the file that is there; null where there is none.
 *
 * Folders count for nothing, in the asked name and in the index, and another extension (.jpeg, .png, .webp) is as
 * good. Of several files with one name the first by path counts. Without an index no product has a picture.
 */
export function pictureFinder(
  index: Pick<PictureIndex, "entries"> | null,
): (wanted: string) => PictureEntry | null {
  if (index === null) return () => null;
  const byName = new Map<string, PictureEntry>(), byStem = new Map<string, PictureEntry>();
  for (const entry of index.entries) {
    const name = baseName(entry.path);
    if (!byName.has(name)) byName.set(name, entry);
    if (!byStem.has(stem(name))) byStem.set(stem(name), entry);
  }
  return (wanted) => {
    const name = baseName(wanted);
    return byName.get(name) ?? byStem.get(stem(name)) ?? null;
  };
}

function stem(name: string): string {
  const dot = name.lastIndexOf(".");
  return (dot < 0 ? name : name.slice(0, dot)).toLowerCase();
}
