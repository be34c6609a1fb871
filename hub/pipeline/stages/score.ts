/**
 * Stage: a file of products given back with the bundle's guesses, a line for a line.
 *
 * @module
 */
import type { ProductContent, Scored } from "@aisle/shared/serving";
import { openCsv } from "../../data/csv.ts";
import { type ReadProduct, readProducts } from "../../data/products.ts";
import {
  guessCells,
  guessColumns,
  OTHER_GUESSES,
  type RowGuess,
  spreadsheetLines,
} from "../../data/scored_csv.ts";
import { FILE_NAMES } from "../../data/source.ts";
import { openPictureReader, type PictureReader } from "../../images/picture_reader.ts";
import { openScorer, type Scorer } from "../../scoring/scorer.ts";
import type { StageContext } from "../stage_context.ts";
import type { ScoreInput, ScoreOutput } from "../stage_values.ts";

/** Rows between two signs of life. */
const ROWS_PER_TICK = 500;

/** One line of the file, and the product in it where there is one. */
interface Line {
  readonly cells: readonly string[];
  readonly product: ReadProduct;
}

/** Scores every row; one that cannot be read comes back for a person, with the reason. */
export async function score(input: ScoreInput, context: StageContext): Promise<ScoreOutput> {
  const { blobs, emit, signal } = context;
  const { source, bundle, labelMerges: merges } = input;
  const pictures = source.images === null ? null : await openPictureReader(blobs, source.images);
  await using scorer = await openScorer(await blobs.bytes(bundle), bundle, {
    merges,
    pictures: pictures !== null,
  });
  const counts = { rows: 0, auto: 0, review: 0, unreadable: 0 };
  const open = (key: string) => blobs.open(key);
  const table = await openCsv(
    await open(source.kind === "challenge" ? source.x : source.csv),
    FILE_NAMES[source.kind === "challenge" ? "x" : "table"],
  );
  const width = table.header.length;
  const products = readProducts(
    { ...source, images: scorer.readsPictures ? source.images : null },
    open,
  );

  async function* lines(): AsyncGenerator<Line> {
    for await (const record of table.records) {
      const next = await products.next();
      if (next.done) return;
      const cells = record.ok ? record.fields : [record.first ?? ""];
      yield {
        cells: Array.from({ length: width }, (_, i) => cells[i] ?? ""),
        product: next.value,
      };
    }
  }
  async function* output(): AsyncGenerator<string> {
    yield spreadsheetLines([[...table.header, ...guessColumns(table.header)]], table.delimiter);
    for await (const batch of batches(lines(), scorer.batch)) {
      signal.throwIfAborted();
      const told = await scored(batch, scorer, scorer.readsPictures ? pictures : null);
      yield spreadsheetLines(
        batch.map(({ cells, product }, i) => {
          const answer = told[i]!;
          counts.rows++;
          if (answer === null) counts.unreadable++;
          else counts[answer.decision]++;
          const guess = answer === null ? null : guessOf(answer, scorer, input.names);
          const problem = product.ok ? answer?.pictureProblem ?? "" : product.bad.message;
          return [...cells, ...guessCells(guess, problem)];
        }),
        table.delimiter,
      );
      if (counts.rows % ROWS_PER_TICK < batch.length) {
        emit({ type: "progress", done: counts.rows, total: 0, what: `${counts.rows} rows scored` });
      }
    }
  }
  const text = ReadableStream.from(output()).pipeThrough(new TextEncoderStream());
  const { digest } = await blobs.put(text as ReadableStream<Uint8Array<ArrayBuffer>>);
  return { blob: digest, bundle, ...counts };
}

/** One answer a line; null where it holds no product. */
async function scored(
  batch: readonly Line[],
  scorer: Scorer,
  pictures: PictureReader | null,
): Promise<(Scored | null)[]> {
  const contents: ProductContent[] = [];
  for (const { product } of batch) {
    if (!product.ok) continue;
    const { designation, description, picture } = product.row;
    const bytes = pictures === null || picture === "" ? null : await pictures.read(picture);
    contents.push({
      designation,
      description,
      ...(bytes === null ? {} : { picture: bytes }),
    });
  }
  const answers = (contents.length === 0 ? [] : await scorer.score(contents)).values();
  return batch.map(({ product }) => product.ok ? answers.next().value! : null);
}

function guessOf(
  { top, confidence, decision }: Scored,
  { classes }: Scorer,
  names: Readonly<Record<string, string>>,
): RowGuess {
  const [first, ...others] = top.map((guess) => ({
    code: classes[guess.index]!,
    confidence: guess.confidence,
  }));
  const { code } = first!;
  const label = names[code] ?? code;
  return { code, label, confidence, decision, others: others.slice(0, OTHER_GUESSES) };
}

async function* batches<Item>(items: AsyncIterable<Item>, size: number): AsyncGenerator<Item[]> {
  let batch: Item[] = [];
  for await (const item of items) {
    batch.push(item);
    if (batch.length < size) continue;
    yield batch;
    batch = [];
  }
  if (batch.length > 0) yield batch;
}
