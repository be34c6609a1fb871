/**
 * The challenge's codes file, ready to be joined to products.
 *
 * @module
 */
import { AppError } from "@aisle/shared/errors";
import type { BadRow } from "./bad_rows.ts";
import { indexColumn, requireColumns } from "./columns.ts";
import { openCsv } from "./csv.ts";
import type { ReadObserver } from "./read_observer.ts";
import { FILE_NAMES } from "./source.ts";

/** What a product's code was found to be. `value` null: there is none; `required`: there should be one. */
export interface FoundCode {
  readonly value: string | null;
  readonly required: boolean;
  readonly conflict?: readonly string[];
}

/** The codes of a challenge's y, by index or, where it has none, by position. */
export interface Codes {
  readonly byIndex: boolean;
  /** Records read, whatever became of them. */
  readonly size: number;
  readonly bad: readonly BadRow[];
  /** The code of `id`; from now on it counts as used. */
  take(id: string): FoundCode;
  /** Codes that were never taken. */
  left(): Iterable<{ readonly id: string; readonly line: number; readonly code: string }>;
}

/**
 * Reads every code.
 *
 * @throws {AppError} `csv-invalid` where the file is no UTF-8 CSV or lacks its column; `data-invalid` where places are all it has and cannot be counted
 */
export async function readCodes(
  stream: ReadableStream<Uint8Array>,
  observer: ReadObserver | null,
): Promise<Codes> {
  const table = await openCsv(stream, FILE_NAMES.y);
  const [column] = requireColumns(table.header, ["prdtypecode"], FILE_NAMES.y);
  const index = indexColumn(table.header);
  observer?.table("y", table);
  const codes = new Map<
    string,
    { code: string; line: number; taken: boolean; others?: string[] }
  >();
  const bad: BadRow[] = [];
  let size = 0;
  for await (const record of table.records) {
    observer?.record("y", record);
    const position = String(size++);
    if (!record.ok) {
      if (index < 0) throw cannotCount(FILE_NAMES.y, record.line);
      const { line, fault, message, raw, first } = record;
      bad.push({ file: "y", line, id: first, reason: fault, message, raw });
      continue;
    }
    const id = index < 0 ? position : record.fields[index]!;
    const code = record.fields[column!]!;
    const known = codes.get(id);
    if (known === undefined) codes.set(id, { code, line: record.line, taken: false });
    else if (known.code !== code) (known.others ??= []).push(code);
  }
  return {
    byIndex: index >= 0,
    size,
    bad,
    take: (id) => {
      const found = codes.get(id);
      if (found === undefined) return { value: null, required: true };
      found.taken = true;
      return found.others === undefined
        ? { value: found.code, required: true }
        : { value: null, required: true, conflict: [found.code, ...found.others] };
    },
    *left() {
      for (const [id, { code, line, taken }] of codes) if (!taken) yield { id, code, line };
    },
  };
}

/** The refusal of a malformed line where rows join by place: counting on would shift every code below it. */
export function cannotCount(name: string, line: number): AppError {
  return new AppError(
    "data-invalid",
    `Cannot join codes to products: neither file has an index column, and line ${line} of ${name} is malformed, so that places cannot be counted. ` +
      "Mend the line, or give both files the same index as their first column, without a name",
  );
}
