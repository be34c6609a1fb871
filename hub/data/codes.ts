/**
 * The challenge's file of codes, by index.
 *
 * @module
 */
import { AppError } from "@aisle/shared/errors";
import type { CsvTable } from "./csv.ts";
import type { BadRow } from "./products.ts";

/** Codes by index; null where the file contradicts itself. */
export interface Codes {
  readonly byId: ReadonlyMap<string, string | null>;
  /** Line of each index's first appearance. */
  readonly lines: ReadonlyMap<string, number>;
  /** Whether the index was read from the file; else it is the row's position. */
  readonly hasIndex: boolean;
  /** Records, broken ones among them. */
  readonly rows: number;
  /** Records that could not be read. */
  readonly bad: readonly BadRow[];
}

/**
 * Reads every code.
 *
 * @param productsHaveIndex whether the file of products has an index column
 * @throws {AppError} `data-invalid` when one file has an index and the other has not
 */
export async function readCodes(
  file: CsvTable,
  columns: { readonly index: number; readonly code: number },
  productsHaveIndex: boolean,
): Promise<Codes> {
  const hasIndex = columns.index >= 0;
  if (hasIndex !== productsHaveIndex) {
    const [having, lacking] = hasIndex
      ? ["codes (y)", "products (x)"]
      : ["products (x)", "codes (y)"];
    throw new AppError(
      "data-invalid",
      `Cannot join codes to products: the file of ${having} has an index column and the file of ${lacking} ` +
        "has not. Give both the same index as first column, without a name",
      { details: { finding: "misaligned" } },
    );
  }
  const byId = new Map<string, string | null>();
  const lines = new Map<string, number>();
  const bad: BadRow[] = [];
  let position = 0;
  for await (const record of file.records) {
    const at = position++;
    if (!record.ok) {
      const { line, fault, message, raw } = record;
      bad.push({ line, id: null, reason: fault, message: `in the file of codes, ${message}`, raw });
      continue;
    }
    const id = hasIndex ? record.fields[columns.index]! : String(at);
    const code = record.fields[columns.code]!;
    const known = byId.get(id);
    if (known === undefined) {
      byId.set(id, code);
      lines.set(id, record.line);
    } else if (known !== code) byId.set(id, null);
  }
  return { byId, lines, hasIndex, rows: position, bad };
}
