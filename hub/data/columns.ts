/**
 * Finds the columns that a source needs in the header of a table, or says which are missing.
 *
 * @module
 */
import { AppError } from "@aisle/shared/errors";

/** Headers that spreadsheets and pandas give the column that only numbers the rows. */
const INDEX_NAMES = ["", "unnamed: 0", "index", "id"];

/** Position of the column that names the rows (the challenge's has no name); -1 where there is none. */
export function indexColumn(header: readonly string[]): number {
  const names = header.map((name) => name.trim().toLowerCase());
  return INDEX_NAMES.map((name) => names.indexOf(name)).find((at) => at >= 0) ?? -1;
}

/** Position of `column` in `header`, by its exact name, else without regard to case and spaces around it; -1 where there is none. */
export function findColumn(header: readonly string[], column: string): number {
  const exact = header.indexOf(column);
  if (exact >= 0) return exact;
  const plain = (name: string) => name.trim().toLowerCase();
  return header.findIndex((name) => plain(name) === plain(column));
}

/**
 * Positions of `columns`, all of which must be there.
 *
 * @throws {AppError} `csv-invalid`, naming every missing column and those that are there, or one that is there twice
 */
export function requireColumns(
  header: readonly string[],
  columns: readonly string[],
  name: string,
): number[] {
  const twice = columns.find((column) => header.indexOf(column) !== header.lastIndexOf(column));
  if (twice !== undefined) {
    throw new AppError(
      "csv-invalid",
      `Cannot read ${name}: two columns are called ${twice}. Rename the one that is not meant`,
    );
  }
  const found = columns.map((column) => findColumn(header, column));
  const missing = columns.filter((_, i) => found[i]! < 0);
  if (missing.length === 0) return found;
  const list = (names: readonly string[]) =>
    names.map((n) => (n === "" ? "(no name)" : n)).join(", ");
  throw new AppError(
    "csv-invalid",
    `Cannot read ${name}: the column${missing.length === 1 ? "" : "s"} ${list(missing)} ` +
      `${missing.length === 1 ? "is" : "are"} missing. Its columns are: ${list(header)}`,
    { details: { missing, header } },
  );
}
