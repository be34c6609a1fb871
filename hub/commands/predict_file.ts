/**
 * Scores a file of products by streaming: one row out for each row in, in input order, whatever becomes of a picture.
 *
 * @module
 */
import { stringify } from "csv-stringify/sync";
import { AppError } from "@aisle/shared/errors";
import type { PictureUse, ProductContent, Scored } from "@aisle/shared/serving";
import { indexColumn } from "../data/columns.ts";
import { baseName } from "../data/picture_index.ts";
import { readProducts } from "../data/products.ts";
import type { ProductRow } from "../data/row.ts";
import type { Source } from "../data/source.ts";
import type { PictureFile, PictureFiles } from "../images/picture_files.ts";
import type { Scorer } from "../scoring/scorer.ts";
import type { Guesses } from "./score_guesses.ts";
import type { Terminal } from "./terminal.ts";
import { openRawFile } from "./upload.ts";

/** Guesses written for each product. */
const GUESSES = 3;
/** Problems of pictures that are told one by one. */
const MAX_NOTES = 20;
const COLUMNS = [
  "",
  "productid",
  "prdtypecode",
  "label",
  "confidence",
  "decision",
  "code2",
  "confidence2",
  "code3",
  "confidence3",
  "route",
  "picture",
];
/** Key under which the names of the picture files are read. */
const PICTURE_NAMES = "pictures:";

/** What came out, for `--y` and for the summary. */
export interface Outcome extends Guesses {
  readonly rows: number;
  readonly unreadable: number;
  readonly auto: number;
  /** Products by what became of their picture. */
  readonly pictures: Readonly<Record<PictureUse, number>>;
}

/** What {@linkcode scoreFile} needs. */
export interface ScoreFileInput {
  readonly source: Source;
  /** Null where no pictures are to be read. */
  readonly pictures: PictureFiles | null;
  /** File to write. */
  readonly out: string;
  readonly scorer: Scorer;
  readonly names: ReadonlyMap<string, string>;
  readonly terminal: Terminal;
  readonly signal: AbortSignal;
}

/** One input row: its index, and its product unless it cannot be read. */
interface InputRow {
  readonly id: string;
  readonly row: ProductRow | null;
}

/** Scores `source` into `out`. @throws {AppError} where a file cannot be read or scored */
export async function scoreFile(input: ScoreFileInput): Promise<Outcome> {
  const { scorer, terminal, signal } = input;
  using file = await Deno.open(input.out, { write: true, truncate: true });
  const writeLines = async (lines: readonly (readonly string[])[]) => {
    const bytes = new TextEncoder().encode(stringify(lines.map((cells) => [...cells])));
    for (let n = 0; n < bytes.length;) n += await file.write(bytes.subarray(n));
  };
  await writeLines([COLUMNS]);
  const shelf = new PictureShelf(input.pictures, terminal);
  const guesses: { id: string; code: string | null }[] = [];
  const pictures = { none: 0, skipped: 0, used: 0, invalid: 0 };
  let unreadable = 0, auto = 0;

  const write = async (inputs: readonly InputRow[], answers: readonly Scored[]) => {
    const scored = answers[Symbol.iterator]();
    await writeLines(inputs.map(({ id, row }) => {
      const answer = row === null ? null : scored.next().value as Scored;
      if (answer === null) unreadable++;
      else if (answer.decision === "auto") auto++;
      const use = row === null || answer === null ? "none" : shelf.became(row, answer);
      pictures[use]++;
      const code = answer === null ? null : scorer.classes[answer.top[0]!.index]!;
      guesses.push({ id, code });
      return outputRow({ id, row }, answer, use, input);
    }));
    terminal.progress(`${guesses.length} rows`, guesses.length % 10_000, 10_000);
  };
  /** Batches under way, in input order. */
  const pending: { inputs: readonly InputRow[]; answers: Promise<readonly Scored[]> }[] = [];
  const finish = async (most: number) => {
    while (pending.length > most) {
      const { inputs, answers } = pending.shift()!;
      await write(inputs, await answers);
    }
  };
  const begin = async (inputs: readonly InputRow[]) => {
    const products: ProductContent[] = [];
    for (const { row } of inputs) if (row !== null) products.push(await shelf.content(row));
    pending.push({ inputs, answers: scorer.score(products) });
    await finish(scorer.ahead - 1);
  };

  let batch: InputRow[] = [];
  let byIndex = input.source.kind === "table" && input.source.id !== null;
  const headers = {
    table(_file: string, { header }: { readonly header: readonly string[] }) {
      if (input.source.kind === "challenge") byIndex = indexColumn(header) >= 0;
    },
    record() {},
  };
  const source = { ...input.source, images: input.pictures === null ? null : PICTURE_NAMES };
  const open = (key: string) =>
    key === PICTURE_NAMES ? Promise.resolve(shelf.names()) : openRawFile(key);
  for await (const product of readProducts(source, open, headers)) {
    if (signal.aborted) throw new AppError("cancelled", "The prediction was cancelled");
    if (product.ok) batch.push({ id: product.row.id, row: product.row });
    else {
      terminal.note(`  line ${product.bad.line}: ${product.bad.message}`);
      batch.push({ id: product.bad.id ?? "", row: null });
    }
    if (batch.length < scorer.batch) continue;
    await begin(batch);
    batch = [];
  }
  await begin(batch);
  await finish(0);
  shelf.tellRest();
  return { rows: guesses.length, unreadable, auto, pictures, guesses, byIndex };
}

/** The picture files by name, and what went wrong with them. */
class PictureShelf {
  readonly #files = new Map<string, PictureFile>();
  /** Problems of files that could not even be read, by row id. */
  readonly #problems = new Map<string, string>();
  readonly #terminal: Terminal;
  #told = 0;

  constructor(files: PictureFiles | null, terminal: Terminal) {
    this.#terminal = terminal;
    for (const file of files ?? []) {
      const name = baseName(file.path);
      // As in a pipeline, of several files with one name the first by path counts.
      if (!this.#files.has(name)) this.#files.set(name, file);
    }
  }

  /** Their names, as a list of pictures whose contents are not known. */
  names(): ReadableStream<Uint8Array<ArrayBuffer>> {
    return new Blob([JSON.stringify([...this.#files.keys()])]).stream();
  }

  /** The product of a row, with its picture's bytes. */
  async content(row: ProductRow): Promise<ProductContent> {
    const { designation, description, image } = row;
    const file = this.#files.get(image);
    if (file === undefined) return { designation, description };
    const found = await file.read();
    if ("bytes" in found) return { designation, description, picture: found.bytes };
    this.#problems.set(row.id, found.problem);
    return { designation, description };
  }

  /** What became of the row's picture; tells the first problems. */
  became(row: ProductRow, answer: Scored): PictureUse {
    const problem = this.#problems.get(row.id) ?? answer.pictureProblem;
    if (problem === undefined) return answer.picture;
    if (this.#told++ < MAX_NOTES) {
      this.#terminal.note(`  row ${row.id}, ${row.image}: ${problem}`);
    }
    return "invalid";
  }

  tellRest(): void {
    const more = this.#told - MAX_NOTES;
    if (more > 0) this.#terminal.note(`  and ${more} more pictures that could not be read`);
  }
}

function outputRow(
  { id, row }: InputRow,
  answer: Scored | null,
  use: PictureUse,
  { scorer, names }: ScoreFileInput,
): string[] {
  const guesses = Array.from({ length: GUESSES }, (_, i) => answer?.top[i]);
  const [first, ...others] = guesses.map((guess) =>
    guess === undefined ? ["", ""] : [scorer.classes[guess.index]!, guess.confidence.toFixed(6)]
  );
  const [code, confidence] = first as [string, string];
  return [
    id,
    row?.productId ?? "",
    code,
    names.get(code) ?? code,
    confidence,
    answer?.decision ?? "review",
    ...others.flat(),
    answer?.route ?? "",
    use,
  ];
}
