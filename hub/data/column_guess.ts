/**
 * What the columns of a strange table probably are, by their names and by what stands in the first rows. A guess: people
 * see it before anything is read by it.
 *
 * @module
 */

/** Columns by what they are for; null where none looks like it. */
export interface ColumnGuess {
  /** The title first. */
  readonly text: readonly string[];
  readonly label: string | null;
  readonly id: string | null;
  readonly image: string | null;
}

const NAMES = {
  label:
    /^(prdtypecode|label|class|category|categorie|catégorie|rayon|famille|aisle|department|code|type|target|y)$/i,
  looseLabel: /(categor|catégor|rayon|famille|class|label|étiquette|typecode|_code$)/i,
  id: /^(id|index|sku|ref|reference|référence|uid|uuid|productid|product_id|)$/i,
  image: /(image|picture|photo|img|file)/i,
  title: /(designation|désignation|title|titre|name|nom|libell)/i,
  text: /(description|desc|text|texte|body|details|détails|brand|marque)/i,
} as const;
const PICTURE_NAME = /\.(jpe?g|png|webp)$/i;
/** Texts of this many characters on average are texts, whatever the column is called. */
const LONG_TEXT = 24;

/** Guesses from the header and some rows. */
export function guessColumns(
  header: readonly string[],
  rows: readonly (readonly string[])[],
): ColumnGuess {
  const values = (at: number) => rows.map((row) => row[at] ?? "").filter((cell) => cell !== "");
  const columns = header.map((name, at) => {
    const cells = values(at);
    return {
      name,
      trimmed: name.trim(),
      isPicture: cells.length > 0 && cells.every((cell) => PICTURE_NAME.test(cell)),
      isUnique: cells.length > 1 && new Set(cells).size === cells.length,
      isNumber: cells.length > 0 && cells.every((cell) => /^-?[\d.,]+$/.test(cell)),
      length: cells.reduce((sum, cell) => sum + cell.length, 0) / Math.max(1, cells.length),
    };
  });
  const first = (test: (column: typeof columns[number]) => boolean, taken: readonly string[]) =>
    columns.find((column) => !taken.includes(column.name) && test(column))?.name ?? null;
  const image = first((c) => c.isPicture, []) ??
    first((c) => NAMES.image.test(c.trimmed) && !c.isNumber, []);
  const notImage = image === null ? [] : [image];
  const label = first((c) => NAMES.label.test(c.trimmed), notImage) ??
    first((c) => NAMES.looseLabel.test(c.trimmed) && c.length < LONG_TEXT, notImage);
  const taken = [...notImage, ...(label === null ? [] : [label])];
  const id = first((c) => NAMES.id.test(c.trimmed) && c.isUnique, taken);
  const free = [...taken, ...(id === null ? [] : [id])];
  const title = first((c) => NAMES.title.test(c.trimmed) && !c.isNumber, free);
  const rest = columns.filter((c) =>
    !free.includes(c.name) && c.name !== title && !c.isNumber &&
    (NAMES.text.test(c.trimmed) || c.length >= LONG_TEXT)
  ).map((c) => c.name);
  const text = [...(title === null ? [] : [title]), ...rest];
  if (text.length > 0) return { text, label, id, image };
  // Nothing looks like a text: the longest column that is nothing else.
  const longest = columns.filter((c) => !free.includes(c.name))
    .toSorted((a, b) => b.length - a.length)[0];
  return { text: longest === undefined ? [] : [longest.name], label, id, image };
}
