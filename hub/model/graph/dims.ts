/**
 * Arithmetic of dimensions that may be symbols: `12*N` is twelve times the batch.
 *
 * Not a solver: two dimensions are equal when they are written alike in the normal form (number first, symbols
 * in order), which is enough because symbols only ever meet in products.
 *
 * @module
 */

/** A size, or a product with symbols such as `N` or `12*N`. */
export type Dim = number | string;
/** Dimensions, outermost first; `[]` is a scalar. */
export type Shape = readonly Dim[];

interface Parts {
  readonly factor: number;
  readonly symbols: readonly string[];
}

function parts(dim: Dim): Parts {
  if (typeof dim === "number") return { factor: dim, symbols: [] };
  const words = dim.split("*");
  const factor = Number(words[0]);
  return Number.isNaN(factor) ? { factor: 1, symbols: words } : { factor, symbols: words.slice(1) };
}

function join(factor: number, symbols: readonly string[]): Dim {
  if (symbols.length === 0 || factor === 0) return factor;
  const sorted = symbols.toSorted().join("*");
  return factor === 1 ? sorted : `${factor}*${sorted}`;
}

/** The number of elements of `shape`. */
export function product(shape: Shape): Dim {
  let factor = 1;
  const symbols: string[] = [];
  for (const dim of shape) {
    const part = parts(dim);
    factor *= part.factor;
    symbols.push(...part.symbols);
  }
  return join(factor, symbols);
}

/** `whole / part` when it divides without rest whatever the symbols are, else null. */
export function quotient(whole: Dim, part: Dim): Dim | null {
  const a = parts(whole), b = parts(part);
  const symbols = [...a.symbols];
  for (const symbol of b.symbols) {
    const at = symbols.indexOf(symbol);
    if (at < 0) return null;
    symbols.splice(at, 1);
  }
  if (b.factor === 0 || a.factor % b.factor !== 0) return null;
  return join(a.factor / b.factor, symbols);
}

/** Whether two shapes are the same, symbols included. */
export function sameShape(a: Shape, b: Shape): boolean {
  return a.length === b.length && a.every((dim, i) => dim === b[i]);
}

/** Whether no dimension is a symbol. */
export function isStatic(shape: Shape): shape is readonly number[] {
  return shape.every((dim) => typeof dim === "number");
}

/** `shape` as it stands in errors. */
export function showShape(shape: Shape): string {
  return `[${shape.join(",")}]`;
}

/** The shape two operands broadcast to by ONNX's (numpy's) rule; null when they do not. */
export function broadcastShapes(a: Shape, b: Shape): Shape | null {
  const rank = Math.max(a.length, b.length);
  const out: Dim[] = [];
  for (let i = 0; i < rank; i++) {
    const x = a[i - rank + a.length] ?? 1, y = b[i - rank + b.length] ?? 1;
    if (x !== y && x !== 1 && y !== 1) return null;
    out.push(x === 1 ? y : x);
  }
  return out;
}
