/**
 * A made-up catalogue of the Rakuten challenge's size and shape: 84,916 products, 27 classes of unequal size,
 * titles of about 70 characters, descriptions of about 500 for 60 % of them, a part in HTML.
 *
 * Words are made of French-like syllables, no product is real. For times and memory only: its quality means nothing.
 * Run it to write `x.csv` and `y.csv`: `deno run -P=test tests/bench/large_catalogue.ts FOLDER [ROWS]`
 *
 * @module
 */
import { rng } from "@aisle/shared/random";

/** Products of the challenge's training part. */
export const LARGE_ROWS = 84_916;
const CLASSES = 27, WORDS = 40_000, OWN_WORDS = 500;
const TITLE_CHARS = 70, DESCRIPTION_CHARS = 500, DESCRIBED = 0.6, IN_HTML = 0.4;
/** Ids of the first product and of its picture. */
export const PRODUCT_ID = 1_000_000, IMAGE_ID = 5_000_000;
/** Share of a text's words that come from its class's own; sellers write much that tells nothing. */
const TELLING = 0.1;

const ONSETS = "b c ch d f fl g gr j l m n p pl qu r s t tr v bl cr pr st".split(" ");
const VOWELS = "a e i o u é è ê ou ai eau oi an on in eu".split(" ");
const ENDINGS = "e es er ette age ment tion eur euse ique able ier al oir it ine et".split(" ");
const UNITS = "cm mm kg ml L W V pièces pcs".split(" ");

/** One made-up product. */
export interface LargeProduct {
  readonly designation: string;
  readonly description: string;
  readonly code: string;
}

/** `rows` products, the same for the same seed. */
export function* largeCatalogue(rows = LARGE_ROWS, seed = 1): Generator<LargeProduct> {
  const random = rng(seed);
  const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)]!;
  // Zipf's law: a word's frequency falls with its rank
  const common = <T>(list: readonly T[]): T => list[Math.floor(list.length ** random()) - 1]!;
  const newWord = () => {
    const syllables = 1 + Math.floor(random() * 3);
    const stem = Array.from({ length: syllables }, () => pick(ONSETS) + pick(VOWELS)).join("");
    return random() < 0.7 ? stem + pick(ONSETS) + pick(ENDINGS) : stem;
  };
  const words = Array.from({ length: WORDS }, newWord);
  const own = Array.from({ length: CLASSES }, () => Array.from({ length: OWN_WORDS }, newWord));
  const number = () => `${1 + Math.floor(400 * random() ** 2)}`;
  const text = (k: number, chars: number, between = () => " ") => {
    let made = "";
    while (made.length < chars) {
      const chance = random();
      const word = chance < 0.05
        ? `${number()} ${pick(UNITS)}`
        : chance < 0.07
        ? `${number()}x${number()}`
        : random() < TELLING
        ? common(own[k]!)
        : common(words);
      made += (made === "" ? "" : between()) + (random() < 0.2 ? capital(word) : word);
    }
    return made;
  };
  for (let i = 0; i < rows; i++) {
    const k = Math.floor(CLASSES * random() ** 1.5);
    const designation = text(k, TITLE_CHARS - 6 + 12 * random());
    let description = "";
    if (random() < DESCRIBED) {
      const chars = DESCRIPTION_CHARS * (0.2 + 1.6 * random());
      const html = random() < IN_HTML;
      description = text(k, chars, () => random() < 0.1 ? (html ? ".<br />" : ". ") : " ");
      if (html) description = `<p>${description.replaceAll("é", "&eacute;")}</p>`;
    }
    yield { designation, description, code: String(10 * (k + 1)) };
  }
}

/** Writes x.csv and y.csv in the challenge's layout into `folder`. */
export async function writeLargeCatalogue(folder: string, rows = LARGE_ROWS): Promise<void> {
  await Deno.mkdir(folder, { recursive: true });
  let x = ",designation,description,productid,imageid\n", y = ",prdtypecode\n", i = 0;
  for (const { designation, description, code } of largeCatalogue(rows)) {
    x += `${i},"${designation}","${description}",${PRODUCT_ID + i},${IMAGE_ID + i}\n`;
    y += `${i},${code}\n`;
    i++;
  }
  await Deno.writeTextFile(`${folder}/x.csv`, x);
  await Deno.writeTextFile(`${folder}/y.csv`, y);
}

function capital(word: string): string {
  return word[0]!.toUpperCase() + word.slice(1);
}

if (import.meta.main) {
  const [folder, rows] = Deno.args;
  if (folder === undefined) throw new Error("Say where to write: large_catalogue.ts FOLDER [ROWS]");
  await writeLargeCatalogue(folder, rows === undefined ? LARGE_ROWS : Number(rows));
}
