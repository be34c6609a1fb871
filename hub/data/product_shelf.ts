/**
 * The rows of one data version, kept so that they can be looked at and searched at once: no index beside them, a scan
 * of folded texts is quick enough (some tens of milliseconds for 85,000 products).
 *
 * @module
 */
import type { ProductRow } from "./row.ts";

/** Which rows. */
export interface ProductQuery {
  /** Words that all stand in texts or ids, in any case and with or without accents. */
  readonly text?: string | undefined;
  readonly code?: string | undefined;
  /** Position of the first row to look at. */
  readonly from?: number | undefined;
  readonly limit: number;
}

/** Rows that a query found, by id. */
export interface ProductPage {
  readonly rows: readonly ProductRow[];
  /** Where the next page begins; null at the end. */
  readonly next: number | null;
  /** Rows on all pages, from the first row on. */
  readonly total: number;
}

/** What one row became; both sides where it changed. */
export interface RowChange {
  readonly kind: ChangeKind;
  readonly before: ProductRow | null;
  readonly after: ProductRow | null;
}
/** Ways in which two versions differ in a row. */
export const CHANGE_KINDS = ["added", "removed", "changed"] as const;
/** One of {@linkcode CHANGE_KINDS}. */
export type ChangeKind = (typeof CHANGE_KINDS)[number];

/** How two versions differ. */
export interface ShelfDiff {
  readonly counts: Readonly<Record<ChangeKind, number>>;
  /** Rows of each code before and after, for codes whose number differs; the largest difference first. */
  readonly classes: readonly {
    readonly code: string;
    readonly before: number;
    readonly after: number;
  }[];
  readonly page: readonly RowChange[];
  readonly next: number | null;
}

/** Text as it is searched: compatible forms, no accents, lower case, blanks as one. */
export function fold(text: string): string {
  return text.normalize("NFKD").replace(MARKS, "").toLowerCase().replace(/\s+/g, " ");
}

/** Combining marks of Latin, Greek and Cyrillic; the whole category takes twice the time. */
const MARKS = /[\u0300-\u036f]+/g;
const encoder = new TextEncoder(), decoder = new TextDecoder();

/**
 * The same text in one piece, a byte a character where that is enough. What replacing leaves is put together at the
 * first search, which then takes ten times as long.
 */
function compact(text: string): string {
  return decoder.decode(encoder.encode(text));
}

/** Rows in the order in which they come; their ids are sorted. */
export class ProductShelf {
  /** The row as JSON: a string is a fifth of what the object takes. */
  readonly #rows: string[] = [];
  readonly #folded: string[] = [];
  readonly #ids: string[] = [];
  readonly #codes: string[] = [];
  #chars = 0;

  /** Number of rows. */
  get size(): number {
    return this.#rows.length;
  }

  /** Characters kept. */
  get chars(): number {
    return this.#chars;
  }

  /** Puts a row behind the others. */
  add(row: ProductRow): void {
    const json = compact(JSON.stringify(row));
    const folded = compact(
      fold(`${row.designation} ${row.description} ${row.id} ${row.productId}`),
    );
    this.#rows.push(json);
    this.#folded.push(folded);
    this.#ids.push(row.id);
    this.#codes.push(row.code);
    this.#chars += json.length + folded.length;
  }

  /** The row at `position`. */
  at(position: number): ProductRow {
    return JSON.parse(this.#rows[position]!) as ProductRow;
  }

  /** A page of the rows that `query` names. */
  find({ text = "", code, from = 0, limit }: ProductQuery): ProductPage {
    const words = fold(text).split(" ").filter((word) => word !== "");
    if (words.length === 0 && code === undefined) {
      const end = Math.min(this.size, from + limit);
      const rows = Array.from({ length: Math.max(0, end - from) }, (_, i) => this.at(from + i));
      return { rows, next: end < this.size ? end : null, total: this.size };
    }
    const rows: ProductRow[] = [];
    let next: number | null = null, total = 0;
    for (let i = 0; i < this.size; i++) {
      if (code !== undefined && this.#codes[i] !== code) continue;
      const folded = this.#folded[i]!;
      if (!words.every((word) => folded.includes(word))) continue;
      total++;
      if (i < from) continue;
      if (rows.length < limit) rows.push(this.at(i));
      else next ??= i;
    }
    return { rows, next, total };
  }

  /** What changed from `before` to this, by id; `from` counts the changes to leave out. */
  diff(before: ProductShelf, options: {
    readonly kind?: ChangeKind | undefined;
    readonly from?: number | undefined;
    readonly limit: number;
  }): ShelfDiff {
    const { kind: wanted, from = 0, limit } = options;
    const counts = { added: 0, removed: 0, changed: 0 }, page: RowChange[] = [];
    let seen = 0, more = false;
    const tell = (kind: ChangeKind, i: number | null, j: number | null) => {
      counts[kind]++;
      if (wanted !== undefined && kind !== wanted) return;
      if (seen++ < from) return;
      if (page.length === limit) {
        more = true;
        return;
      }
      page.push({
        kind,
        before: i === null ? null : before.at(i),
        after: j === null ? null : this.at(j),
      });
    };
    // Both are sorted by id: one walk over the two.
    for (let i = 0, j = 0; i < before.size || j < this.size;) {
      const a = before.#ids[i], b = this.#ids[j];
      if (b === undefined || (a !== undefined && a < b)) tell("removed", i++, null);
      else if (a === undefined || b < a) tell("added", null, j++);
      else {
        if (before.#rows[i] !== this.#rows[j]) tell("changed", i, j);
        i++;
        j++;
      }
    }
    const was = countOf(before.#codes), is = countOf(this.#codes);
    const classes = [...new Set([...was.keys(), ...is.keys()])]
      .map((code) => ({ code, before: was.get(code) ?? 0, after: is.get(code) ?? 0 }))
      .filter((c) => c.before !== c.after)
      .sort((x, y) =>
        Math.abs(y.after - y.before) - Math.abs(x.after - x.before) || (x.code < y.code ? -1 : 1)
      );
    return { counts, classes, page, next: more ? from + limit : null };
  }
}

function countOf(codes: readonly string[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const code of codes) counts.set(code, (counts.get(code) ?? 0) + 1);
  return counts;
}
