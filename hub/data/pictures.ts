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
 * good. An address finds the file that bears its last part, without what follows `?` or `#`, `%20` as a space.
 * Accents are equal however they are written: macOS parts letter and accent, most tables do not. Of several files
 * with one name the first by path counts. Without an index no product has a picture.
 */
export function pictureFinder(
  index: Pick<PictureIndex, "entries"> | null,
): (wanted: string) => PictureEntry | null {
  if (index === null) return () => null;
  const byName = new Map<string, PictureEntry>(), byStem = new Map<string, PictureEntry>();
  for (const entry of index.entries) {
    const name = baseName(entry.path).normalize();
    if (!byName.has(name)) byName.set(name, entry);
    if (!byStem.has(stem(name))) byStem.set(stem(name), entry);
  }
  return (wanted) => {
    const name = baseName(wanted).normalize();
    const found = byName.get(name) ?? byStem.get(stem(name));
    if (found !== undefined) return found;
    const plain = plainName(wanted);
    return byName.get(plain) ?? byStem.get(stem(plain)) ?? null;
  };
}

/** The file name that an address means. */
function plainName(wanted: string): string {
  const address = wanted.replace(/[?#].*$/s, "");
  try {
    return baseName(decodeURIComponent(address)).normalize();
  } catch {
    return baseName(address).normalize(); // a per cent sign that escapes nothing
  }
}

function stem(name: string): string {
  const dot = name.lastIndexOf(".");
  return (dot < 0 ? name : name.slice(0, dot)).toLowerCase();
}
