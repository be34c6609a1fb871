/**
 * Looks at raw files before anything is built on them, and says what is wrong, how often, where, and how to mend it.
 *
 * It changes nothing and decides one thing: whether anything can be learned at all (`fatal`).
 *
 * @module
 */
import { AppError } from "@aisle/shared/errors";
import type { Params } from "../params.ts";
import { contentGroup } from "./group.ts";
import { type Finding, FindingBook } from "./findings.ts";
import { findColumn } from "./columns.ts";
import type { CsvRecord } from "./csv.ts";
import { type LengthStats, lengthStats } from "./length_stats.ts";
import { checkPictureFiles, PictureUse, type ReadContents } from "./check_pictures.ts";
import { type PictureIndex, readPictureIndex } from "./picture_index.ts";
import { challengePicture } from "./pictures.ts";
import { type ReadProduct, readProducts } from "./products.ts";
import type { ProductRow } from "./row.ts";
import { FILE_NAMES, type Open, type Source, type SourceFile } from "./source.ts";
import { textFaults } from "./text_faults.ts";

/** What a check found. */
export interface CheckReport {
  /** Data rows seen, the bad ones among them. */
  readonly rows: number;
  readonly usable: number;
  readonly setAside: number;
  /** Whether nothing can be learned from these files; some finding of severity `error` says why. */
  readonly fatal: boolean;
  /** Errors first, then warnings, then notes; within each, the most frequent first. */
  readonly findings: readonly Finding[];
  /** Rows by code, the most frequent first; empty where the source names no codes. */
  readonly classes: readonly { readonly code: string; readonly rows: number }[];
  readonly lengths: readonly LengthStats[];
  /** Picture files given; null where none were. */
  readonly pictures: number | null;
}

/** Columns of the challenge's products; all but the first may be absent. */
const LAYOUT = ["designation", "description", "productid", "imageid"] as const;
const ROWS_PER_TICK = 2_000;

/** What {@linkcode checkSource} is given beside the source. */
export interface CheckSourceOptions {
  /** How the contents of pictures are read; without it only their names are checked. */
  readonly readContents?: ReadContents | undefined;
  /** Is given rows done and 0 (how many there are is known only at the end), then pictures done and all of them. */
  readonly onProgress?: ((done: number, total: number) => void) | undefined;
}

/** Checks every row and picture of `source`. A file that cannot be read is a finding, not an error thrown. */
export async function checkSource(
  source: Source,
  open: Open,
  params: Params["check"],
  { readContents, onProgress = () => {} }: CheckSourceOptions = {},
): Promise<CheckReport> {
  const checker = new Checker(source, params);
  try {
    const pictures = source.images === null
      ? null
      : await readPictureIndex(await open(source.images));
    for await (
      const product of readProducts(source, open, {
        table: (file, { header, delimiter }) => checker.header(file, header, delimiter),
        record: (file, record) => checker.record(file, record),
      })
    ) {
      checker.row(product);
      if (checker.rows % ROWS_PER_TICK === 0) onProgress(checker.rows, 0);
    }
    checker.end(pictures);
    if (pictures !== null) {
      await checkPictureFiles(pictures, readContents ?? null, checker.book, onProgress);
    }
    return checker.report(pictures?.entries.length ?? null);
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    checker.unreadable(error);
    return checker.report(null);
  }
}

/** Counts as rows go by; keeps hashes and counts, no texts. */
class Checker {
  rows = 0;
  readonly book: FindingBook;
  readonly #source: Source;
  readonly #params: Params["check"];
  #usable = 0;
  #fatal = false;
  readonly #classes = new Map<string, number>();
  /** Group to its first row's id and code. */
  readonly #groups = new Map<string, { readonly id: string; readonly code: string }>();
  readonly #pictureUse = new PictureUse();
  /** Columns of the products file that tell something, and where they stand. */
  #watched: [name: string, at: number][] = [];
  #imageColumn = -1;
  /** What the current record of a table names as its picture. */
  #picture = "";
  /** First value of each column, until a second one is seen. */
  readonly #values = new Map<string, { readonly first: string; one: boolean }>();
  readonly #lengths = new Map<string, number[]>();

  constructor(source: Source, params: Params["check"]) {
    this.#source = source;
    this.#params = params;
    this.book = new FindingBook(params.examples);
  }

  header(file: SourceFile, header: readonly string[], delimiter: string): void {
    const names = header.map((name) => name.trim());
    for (const [i, name] of names.entries()) {
      if (name !== "" && names.indexOf(name) < i) {
        this.book.add("duplicate-column", `${name}, in ${FILE_NAMES[file]}`);
      }
    }
    if (delimiter !== ",") {
      const shown = delimiter === "\t" ? "tab" : delimiter;
      this.book.add("delimiter", `${shown} in ${FILE_NAMES[file]}`);
    }
    if (file === "y") return;
    const source = this.#source;
    if (source.kind === "table") {
      if (source.image !== null) this.#imageColumn = findColumn(header, source.image);
      this.#watched = [...source.text].map((name) => [name, findColumn(header, name)]);
      return;
    }
    for (const name of LAYOUT) {
      const at = findColumn(header, name);
      if (at < 0) this.book.add("missing-column-optional", `${name}, in ${FILE_NAMES[file]}`);
      else this.#watched.push([name, at]);
    }
  }

  record(file: SourceFile, record: CsvRecord): void {
    if (!record.ok) return;
    const { fields, line, mended } = record;
    if (mended) this.book.add("stray-quote", `line ${line} of ${FILE_NAMES[file]}`);
    if (file === "y") return;
    this.#picture = fields[this.#imageColumn] ?? "";
    for (const [name, at] of this.#watched) {
      const known = this.#values.get(name);
      if (known === undefined) this.#values.set(name, { first: fields[at]!, one: true });
      else if (known.one && known.first !== fields[at]!) known.one = false;
    }
  }

  unreadable(error: AppError): void {
    const details = (error.details ?? {}) as { missing?: unknown; encoding?: unknown };
    const id = details.missing !== undefined
      ? "missing-column"
      : details.encoding !== undefined
      ? "encoding"
      : error.code === "data-invalid"
      ? "misaligned"
      : "unreadable";
    this.book.addOnce(id, error.message);
    this.#fatal = true;
  }

  row(product: ReadProduct): void {
    if (!product.ok) {
      const { file, reason, line, id, message } = product.bad;
      if (file !== "y") this.rows++;
      const where = `line ${line} of ${FILE_NAMES[file]}${id === null ? "" : ` (id ${id})`}`;
      this.book.add(reason, `${where}: ${message}`);
      return;
    }
    this.rows++;
    this.#usable++;
    const { row, line } = product;
    this.#texts(row, line);
    const group = contentGroup(row);
    this.#group(row, group, line);
    if (row.code !== "") this.#classes.set(row.code, (this.#classes.get(row.code) ?? 0) + 1);
    this.#pictureUse.add(row, group);
    if (row.image === "" && this.#source.images !== null) {
      const wanted = this.#source.kind === "table"
        ? this.#picture
        : row.imageId === "" || row.productId === ""
        ? ""
        : challengePicture(row.imageId, row.productId);
      if (wanted !== "") this.book.add("missing-picture", `${wanted} (id ${row.id})`);
    }
  }

  #texts(row: ProductRow, line: number): void {
    const where = `line ${line} (id ${row.id})`;
    const titleEmpty = row.designation.trim() === "", textEmpty = row.description.trim() === "";
    if (titleEmpty && textEmpty) this.book.add("empty-text", where);
    else if (titleEmpty) this.book.add("missing-designation", where);
    if (textEmpty) this.book.add("missing-description", where);
    if (this.#source.kind === "challenge") {
      if (row.productId.trim() === "") this.book.add("missing-productid", where);
      if (row.imageId.trim() === "") this.book.add("missing-imageid", where);
    } else if (this.#source.image !== null && this.#picture.trim() === "") {
      this.book.add("missing-image-name", where);
    }
    for (const column of ["designation", "description"] as const) {
      const text = row[column];
      for (const [id, excerpt] of textFaults(text)) {
        this.book.add(id, `${where}, ${column}: ${excerpt}`);
      }
      let lengths = this.#lengths.get(column);
      if (lengths === undefined) this.#lengths.set(column, lengths = []);
      lengths.push(text.length);
    }
    if (row.code !== row.code.trim()) {
      this.book.add("padded-code", `${where}: ${JSON.stringify(row.code)}`);
    }
  }

  #group(row: ProductRow, group: string, line: number): void {
    const first = this.#groups.get(group);
    if (first === undefined) {
      this.#groups.set(group, { id: row.id, code: row.code });
      return;
    }
    this.book.add("duplicate-text", `line ${line} (id ${row.id}): same text as id ${first.id}`);
    if (first.code !== row.code) {
      this.book.add(
        "conflicting-labels",
        `id ${row.id} is ${row.code}, id ${first.id} with the same text is ${first.code}`,
      );
    }
  }

  /** What can be said only when every row was seen. */
  end(pictures: PictureIndex | null): void {
    const labelled = this.#source.kind === "challenge"
      ? this.#source.y !== null
      : this.#source.label !== null;
    if (this.rows === 0) this.book.add("no-rows", "only a header");
    const setAside = this.rows - this.#usable;
    if (this.#usable === 0 || setAside > this.#params.maxBadRowShare * this.rows) {
      this.#fatal = true;
      if (this.rows > 0) {
        this.book.add("too-many-bad-rows", `${setAside} of ${this.rows} rows must be set aside`);
      }
    }
    if (this.#usable > 1) {
      for (const [column, { first, one }] of this.#values) {
        // A column that is all empty has a finding of its own.
        if (one && first !== "") {
          this.book.add("one-value", `${column}: ${JSON.stringify(first.slice(0, 60))}`);
        }
      }
    }
    if (labelled && this.#usable > 0) this.#balance();
    if (pictures !== null) this.#pictureUse.tell(pictures, this.book);
  }

  #balance(): void {
    const classes = this.#sortedClasses();
    if (classes.length === 1) {
      this.book.add("one-class", `every row is ${classes[0]!.code}`);
      this.#fatal = true;
      return;
    }
    for (const alike of Map.groupBy(classes, ({ code }) => code.trim().toLowerCase()).values()) {
      if (alike.length > 1) {
        this.book.add(
          "similar-codes",
          alike.map(({ code }) => JSON.stringify(code)).join(" and "),
        );
      }
    }
    const { minClassRows, imbalanceRatio } = this.#params;
    for (const { code, rows } of [...classes].reverse()) {
      if (rows < minClassRows) {
        this.book.add("small-class", `${code}: ${rows} row${rows === 1 ? "" : "s"}`);
      }
    }
    const most = classes[0]!, least = classes.at(-1)!;
    if (most.rows >= imbalanceRatio * least.rows) {
      this.book.add(
        "imbalance",
        `${most.code} has ${most.rows} rows, ${least.code} has ${least.rows}: ` +
          `${Math.round(most.rows / least.rows)} to 1`,
      );
    }
  }

  #sortedClasses(): { code: string; rows: number }[] {
    return [...this.#classes].map(([code, rows]) => ({ code, rows }))
      .sort((a, b) => b.rows - a.rows || (a.code < b.code ? -1 : 1));
  }

  report(pictures: number | null): CheckReport {
    return {
      rows: this.rows,
      usable: this.#usable,
      setAside: this.rows - this.#usable,
      fatal: this.#fatal,
      findings: this.book.findings(this.rows),
      classes: this.#sortedClasses(),
      lengths: [...this.#lengths].map(([column, lengths]) => lengthStats(column, lengths)),
      pictures,
    };
  }
}
