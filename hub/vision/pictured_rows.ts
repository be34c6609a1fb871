/**
 * The train rows that have a picture, numbered without gaps, and where their pictures' values lie.
 *
 * @module
 */
/** What is known of a train row. */
export interface TextRow {
  readonly code: string;
  /** Content group: pictures link rows too, but placeholders do not. */
  readonly group: string;
}

/** Values of pictures, as the stage that computes them keeps them. */
export interface PictureValues {
  /** Row of `values` by picture. */
  readonly rowOf: ReadonlyMap<string, number>;
  /** [pictures, dims]; the first `embedding` of each are those of the encoder. */
  readonly values: Float16Array;
  readonly dims: number;
  readonly embedding: number;
}

/** See the module's note. */
export class PicturedRows {
  /** Codes of the rows, sorted. */
  readonly classes: readonly string[];
  readonly classCount: number;
  readonly labels: Int32Array;
  readonly groups: readonly string[];
  readonly #numbers: readonly number[];
  readonly #places: readonly number[];
  readonly #values: PictureValues;

  constructor(rows: readonly TextRow[], pictures: readonly string[], values: PictureValues) {
    const { rowOf } = values;
    this.#values = values;
    this.#numbers = pictures.flatMap((picture, row) => rowOf.has(picture) ? [row] : []);
    this.#places = this.#numbers.map((row) => rowOf.get(pictures[row]!)!);
    const codes = this.#numbers.map((row) => rows[row]!.code);
    this.classes = [...new Set(codes)].sort();
    this.classCount = this.classes.length;
    const numberOf = new Map(this.classes.map((code, k) => [code, k]));
    this.labels = Int32Array.from(codes, (code) => numberOf.get(code)!);
    this.groups = this.#numbers.map((row) => rows[row]!.group);
  }

  get count(): number {
    return this.#numbers.length;
  }

  /** Numbers of the train rows behind `rows`. */
  numbersOf(rows: Int32Array): Int32Array {
    return rows.map((row) => this.#numbers[row]!);
  }

  /** Values of the picture of `row`. */
  valuesOf(row: number): Float16Array {
    const { dims, embedding, values } = this.#values, at = this.#places[row]! * dims;
    return values.subarray(at, at + embedding);
  }
}
