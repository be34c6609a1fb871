/**
 * The queue before the models: requests cut into slices that fit one run, waiting slices put together into one run.
 *
 * Pure bookkeeping: it knows neither workers nor time.
 *
 * @module
 */
import type { ProductContent } from "./model_port.ts";

/** Rows of one run; they share its cost, but the longest text sets its width. */
export const MAX_RUN_PRODUCTS = 32;
/** Characters of one run, unless a single product has more. */
export const MAX_RUN_CHARS = 16_000;
/** Pictures of one run: they share no cost, and other requests get in between runs. */
export const MAX_RUN_PICTURES = 4;

/** Some products of one request, as they wait and travel. */
export interface Slice<Answer> {
  readonly products: readonly ProductContent[];
  readonly chars: number;
  readonly pictures: number;
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
  add(products: readonly ProductContent[]): Promise<Answer[]> {
    const chars = products.reduce((sum, product) => sum + charsOf(product), 0);
    const pictures = products.filter(hasPicture).length;
    return new Promise((resolve, reject) => {
      this.#slices.push({ products, chars, pictures, resolve, reject, failures: 0 });
    });
  }

  /** Puts slices back in front, in their order. */
  putBack(slices: readonly Slice<Answer>[]): void {
    this.#slices.unshift(...slices);
  }

  /** Takes the first slice and those behind it that fit into the same run; nothing from an empty queue. */
  take(): Slice<Answer>[] {
    let count = 0, products = 0, chars = 0, pictures = 0;
    for (const slice of this.#slices) {
      products += slice.products.length;
      chars += slice.chars;
      pictures += slice.pictures;
      const fits = slice.failures === 0 && products <= MAX_RUN_PRODUCTS &&
        chars <= MAX_RUN_CHARS && pictures <= MAX_RUN_PICTURES;
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
export function* slicesOf(
  products: readonly ProductContent[],
): Generator<readonly ProductContent[]> {
  let start = 0, chars = 0, pictures = 0;
  for (const [i, product] of products.entries()) {
    const more = charsOf(product), picture = hasPicture(product) ? 1 : 0;
    const full = i - start >= MAX_RUN_PRODUCTS || chars + more > MAX_RUN_CHARS ||
      pictures + picture > MAX_RUN_PICTURES;
    if (i > start && full) {
      yield products.slice(start, i);
      [start, chars, pictures] = [i, 0, 0];
    }
    chars += more;
    pictures += picture;
  }
  if (start < products.length) yield start === 0 ? products : products.slice(start);
}

function charsOf(product: ProductContent): number {
  return product.designation.length + product.description.length;
}

function hasPicture({ picture }: ProductContent): boolean {
  return picture !== undefined && picture !== null;
}
