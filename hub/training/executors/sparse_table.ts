/**
 * A large table of embeddings on the CPU, of which a step reads and moves only the rows that its batch names.
 *
 * @module
 */
import type { BagKernels, BatchValue, FixedMemory, Slots, SparseBag } from "../network/mod.ts";

/** Moves rows of a table by their gradients. */
export type MoveRows = (
  table: Slots<Float32Array>,
  gradients: Float32Array,
  rows: { readonly ids: Int32Array; readonly width: number },
) => void;

/** See the module's note. */
export class SparseTable {
  readonly weights: Float32Array;
  readonly state: readonly Float32Array[];
  readonly #bag: Omit<SparseBag, "tensor">;
  readonly #kernels: BagKernels;
  /** Ids of the batch without pads, row after row. */
  readonly #ids: Int32Array;
  /** For each of them, where its gradient is summed up. */
  readonly #places: Int32Array;
  /** By id: that place, or -1. */
  readonly #placeOf: Int32Array;
  /** By place: the id. */
  readonly #touched: Int32Array;
  readonly #sums: Float32Array;
  readonly #bags: Float32Array;
  readonly #gradients: Float32Array;
  /** Where each row's ids begin; one more than rows. */
  #starts: number[] = [];
  #count = 0;

  /** Numbers of floats and integers it takes of a memory. */
  static lengths(
    { vocabulary, width, rows, ids }: Omit<SparseBag, "tensor">,
    slots: number,
  ): number[] {
    const most = rows * ids, table = vocabulary * width;
    const places = [most, most, vocabulary, Math.min(most, vocabulary)];
    const rowsOf = [Math.min(most, vocabulary) * width, rows * width, rows * width];
    return [...Array<number>(1 + slots).fill(table), ...places, ...rowsOf];
  }

  constructor(
    bag: Omit<SparseBag, "tensor">,
    slots: number,
    memory: FixedMemory,
    kernels: BagKernels,
  ) {
    const { vocabulary, width, rows, ids } = bag, most = rows * ids;
    const table = () => memory.floats(vocabulary * width);
    this.#bag = bag;
    this.#kernels = kernels;
    this.weights = table();
    this.state = Array.from({ length: slots }, table);
    this.#ids = memory.integers(most);
    this.#places = memory.integers(most);
    this.#placeOf = memory.integers(vocabulary).fill(-1);
    this.#touched = memory.integers(Math.min(most, vocabulary));
    this.#sums = memory.floats(Math.min(most, vocabulary) * width);
    this.#bags = memory.floats(rows * width);
    this.#gradients = memory.floats(rows * width);
  }

  /** The batch's bags `[N,width]`, and where their gradient is to be put. */
  gather(value: BatchValue | undefined): { bags: Float32Array; gradients: Float32Array } {
    const n = this.#read(value), { width } = this.#bag;
    for (let r = 0; r < n; r++) {
      const out = this.#bags.subarray(r * width, (r + 1) * width);
      this.#kernels.gather(this.weights, this.#ids, this.#part(r), out);
    }
    return {
      bags: this.#bags.subarray(0, n * width),
      gradients: this.#gradients.subarray(0, n * width),
    };
  }

  /** Moves the rows that the last batch named, each once, by the gradients put there. */
  scatter(move: MoveRows): void {
    const { width } = this.#bag, rows = this.#starts.length - 1;
    this.#sums.fill(0, 0, this.#count * width);
    for (let r = 0; r < rows; r++) {
      const gradient = this.#gradients.subarray(r * width, (r + 1) * width);
      this.#kernels.spread(this.#sums, this.#places, this.#part(r), gradient);
    }
    const ids = this.#touched.subarray(0, this.#count);
    move({ weights: this.weights, state: this.state }, this.#sums, { ids, width });
    for (const id of ids) this.#placeOf[id] = -1;
    this.#count = 0;
  }

  /** Takes in the ids; gives the number of rows. */
  #read(value: BatchValue | undefined): number {
    const { name, vocabulary, rows, ids } = this.#bag;
    const [n = 0, length = 0] = value?.shape ?? [];
    const data = value?.data;
    if (!(data instanceof Int32Array) || n > rows || length > ids) {
      throw new RangeError(
        `Cannot gather ${name}: its ids must be int32 and at most [${rows},${ids}]: current value is ` +
          `${data?.constructor.name ?? "none"} [${value?.shape ?? ""}]`,
      );
    }
    this.#starts = [0];
    // A step that failed between gather and scatter left its rows marked
    for (const id of this.#touched.subarray(0, this.#count)) this.#placeOf[id] = -1;
    this.#count = 0;
    let at = 0;
    for (let r = 0; r < n; r++) {
      for (let i = r * length; i < (r + 1) * length; i++) {
        const id = data[i]!;
        if (id < 0) continue;
        if (id >= vocabulary) {
          throw new RangeError(
            `Cannot gather ${name}: its ids must be under ${vocabulary}: current value is ${id}`,
          );
        }
        let place = this.#placeOf[id]!;
        if (place < 0) {
          place = this.#placeOf[id] = this.#count++;
          this.#touched[place] = id;
        }
        this.#ids[at] = id;
        this.#places[at++] = place;
      }
      this.#starts.push(at);
    }
    return n;
  }

  #part(row: number) {
    const from = this.#starts[row]!, to = this.#starts[row + 1]!;
    return { from, to, share: to > from ? 1 / (to - from) : 0 };
  }
}
