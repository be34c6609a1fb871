/**
 * The queue before the models: requests cut into slices that fit one run, waiting slices put together into one run.
 *
 * Pure bookkeeping: it knows neither workers nor time.
 *
 * @module
 */
import type { ProductText } from "./model_port.ts";

/** Rows of one run; they share its cost, but the longest text sets its width. */
export const MAX_RUN_PRODUCTS = 32;
/** Characters of one run, unless a single product has more. */
export const MAX_RUN_CHARS = 16_000;

/** Some products of one request, as they wait and travel. */
export interface Slice<Answer> {
  readonly products: readonly ProductText[];
  readonly chars: number;
  readonly resolve: (answers: Answer[]) => void;
  readonly reject: (error: unknown) => void;
  /** Workers it has brought down; from the first on it travels alone. */
  failures: number;
}

/** Slices in the order in which they came. */
export class SliceQueue<Answer> {
  #slices: Slice<Answer>[] = [];

  get empty(): boolean {
    return this.#slices.length === 0;
  }

  /** Waits for the answers to `products`, which fit one run. */
  add(products: readonly ProductText[]): Promise<Answer[]> {
    const chars = products.reduce((sum, product) => sum + charsOf(product), 0);
    return new Promise((resolve, reject) => {
      this.#slices.push({ products, chars, resolve, reject, failures: 0 });
    });
  }

  /** Puts slices back in front, in their order. */
  putBack(slices: readonly Slice<Answer>[]): void {
    this.#slices.unshift(...slices);
  }

  /** Takes the first slice and those behind it that fit into the same run; nothing from an empty queue. */
  take(): Slice<Answer>[] {
    let count = 0, products = 0, chars = 0;
    for (const slice of this.#slices) {
      products += slice.products.length;
      chars += slice.chars;
      const fits = slice.failures === 0 && products <= MAX_RUN_PRODUCTS && chars <= MAX_RUN_CHARS;
      if (count > 0 && !fits) break;
      count++;
      if (slice.failures > 0) break;
    }
    return this.#slices.splice(0, count);
  }

  /** Gives up all that waits. */
  rejectAll(error: Error): void {
    for (const slice of this.#slices.splice(0)) slice.reject(error);
  }
}

/** Pieces of `products`, in order, that fit one run each. */
export function* slicesOf(products: readonly ProductText[]): Generator<readonly ProductText[]> {
  let start = 0, chars = 0;
  for (const [i, product] of products.entries()) {
    const more = charsOf(product);
    if (i > start && (i - start >= MAX_RUN_PRODUCTS || chars + more > MAX_RUN_CHARS)) {
      yield products.slice(start, i);
      [start, chars] = [i, 0];
    }
    chars += more;
  }
  if (start < products.length) yield start === 0 ? products : products.slice(start);
}

function charsOf(product: ProductText): number {
  return product.designation.length + product.description.length;
}
