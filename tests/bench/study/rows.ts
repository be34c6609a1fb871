/**
 * Rows of a case, as they are or as worse catalogues have them: titles alone, few rows with a long tail, typing errors,
 * HTML, wrong and missing pictures. Everything is drawn from a seed.
 *
 * @module
 */
import { productText } from "@aisle/shared/features";
import { sha256 } from "@aisle/shared/hash";
import { rng, shuffle } from "@aisle/shared/random";
import { contentGroups } from "../../../hub/data/group.ts";
import { challengePicture } from "../../../hub/data/pictures.ts";
import { readProducts } from "../../../hub/data/products.ts";
import type { ProductRow } from "../../../hub/data/row.ts";

/** What is done to the rows; nothing where a field is left out. */
export interface Changes {
  /** Descriptions are dropped. */
  readonly titles?: boolean;
  /** As many rows are kept, or all. */
  readonly rows?: number;
  /** Classes of the kept rows shrink from the largest to the smallest as in a catalogue with a long tail. */
  readonly tail?: boolean;
  /** Share of the words with a typing error. */
  readonly typos?: number;
  /** Texts come as escaped HTML. */
  readonly html?: boolean;
  /** Share of the pictures that are another product's. */
  readonly wrong?: number;
  /** Share of the products without a picture. */
  readonly missing?: number;
}

/** One product; `picture` names a file, empty for none. */
export interface StudyRow {
  readonly designation: string;
  readonly description: string;
  readonly text: string;
  readonly code: string;
  readonly group: string;
  readonly picture: string;
}

/** In a long tail the smallest class has as many times fewer rows than the largest. */
const TAIL_RATIO = 60;
/** Rows that a class of a long tail keeps at least. */
const TAIL_LEAST = 4;
const SEED = 20_240;

/**
 * Rows of `folder/train`, changed.
 *
 * @param titleRepeat as in `params.text`
 */
export async function studyRows(
  folder: string,
  changes: Changes,
  titleRepeat: number,
): Promise<StudyRow[]> {
  const products = await readTrain(folder);
  const changed = changeRows(
    changes.rows === undefined ? products : cut(products, changes),
    changes,
  );
  const groups = contentGroups(changed);
  return changed.map((row, i) => ({
    designation: row.designation,
    description: row.description,
    text: productText({ titleRepeat }, row),
    code: row.code,
    group: groups[i]!,
    picture: row.image === "" ? "" : `${folder}/train/images/${row.image}`,
  }));
}

async function readTrain(folder: string): Promise<ProductRow[]> {
  const source = {
    kind: "challenge",
    x: `${folder}/train/x.csv`,
    y: `${folder}/train/y.csv`,
    images: null,
  } as const;
  const rows: ProductRow[] = [];
  for await (const read of readProducts(source, async (key) => (await Deno.open(key)).readable)) {
    if (!read.ok) continue;
    const { imageId, productId } = read.row;
    const image = imageId === "" || productId === "" ? "" : challengePicture(imageId, productId);
    const bytes = image === "" ? null : await bytesOf(`${folder}/train/images/${image}`);
    rows.push(bytes === null ? read.row : { ...read.row, image, picture: sha256(bytes) });
  }
  return rows;
}

async function bytesOf(file: string): Promise<Uint8Array<ArrayBuffer> | null> {
  try {
    return await Deno.readFile(file);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return null;
    throw error;
  }
}

/** `changes.rows` of the rows, by chance, or class by class with a long tail. */
function cut(products: readonly ProductRow[], { rows, tail }: Changes): ProductRow[] {
  const drawn = shuffle([...products], rng(SEED));
  if (tail !== true) return drawn.slice(0, rows);
  const byClass = new Map<string, ProductRow[]>();
  for (const row of drawn) {
    const own = byClass.get(row.code);
    if (own === undefined) byClass.set(row.code, [row]);
    else own.push(row);
  }
  const classes = [...byClass.values()].sort((a, b) => b.length - a.length);
  const shares = classes.map((_, k) => TAIL_RATIO ** (-k / Math.max(1, classes.length - 1)));
  const sum = shares.reduce((a, b) => a + b, 0);
  return classes.flatMap((own, k) =>
    own.slice(0, Math.max(TAIL_LEAST, Math.round(rows! * shares[k]! / sum)))
  );
}

function changeRows(products: readonly ProductRow[], changes: Changes): ProductRow[] {
  const random = rng(SEED + 1);
  const text = (value: string) => {
    const typed = changes.typos === undefined ? value : typingErrors(value, changes.typos, random);
    return changes.html === true ? escapedHtml(typed) : typed;
  };
  const rows = products.map((row) => ({
    ...row,
    designation: text(row.designation),
    description: changes.titles === true ? "" : text(row.description),
  }));
  const wrong = rows.filter((row) => row.picture !== "" && random() < (changes.wrong ?? 0));
  const others = shuffle(wrong.map(({ image, picture }) => ({ image, picture })), random);
  wrong.forEach((row, i) => Object.assign(row, others[i]));
  return rows.map((row) =>
    random() < (changes.missing ?? 0) ? { ...row, image: "", picture: "" } : row
  );
}

/** `text` with a letter left out, doubled, exchanged or mistyped in `share` of its words. */
function typingErrors(text: string, share: number, random: () => number): string {
  return text.replace(/\S{3,}/g, (word) => {
    if (random() >= share) return word;
    const at = Math.floor(random() * (word.length - 1)), kind = Math.floor(random() * 4);
    const [before, letter, after] = [word.slice(0, at), word[at]!, word.slice(at + 1)];
    if (kind === 0) return before + after;
    if (kind === 1) return before + letter + letter + after;
    if (kind === 2) return before + after[0] + letter + after.slice(1);
    return before + String.fromCharCode(97 + Math.floor(random() * 26)) + after;
  });
}

/** As shops store it: tags around the text, escaped once more. */
function escapedHtml(text: string): string {
  if (text === "") return "";
  const escaped = text.replaceAll("&", "&amp;").replaceAll("<", "&lt;");
  return `&lt;p class=&quot;text&quot;&gt;${escaped.replaceAll(". ", ".&lt;br /&gt;")}&lt;/p&gt;`;
}
