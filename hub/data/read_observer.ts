/**
 * A look over the reader's shoulder: every header and record as it passes, for the check.
 *
 * @module
 */
import type { CsvRecord, CsvTable } from "./csv.ts";
import type { SourceFile } from "./source.ts";

/** Looks on while a source is read; for the check. */
export interface ReadObserver {
  table(file: SourceFile, table: Pick<CsvTable, "header" | "delimiter">): void;
  record(file: SourceFile, record: CsvRecord): void;
}
