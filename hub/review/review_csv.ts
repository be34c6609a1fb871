/**
 * The review queue as a table for a spreadsheet, and back.
 *
 * @module
 */

/** Columns, in order; an import needs `id` and `code`. */
export const REVIEW_COLUMNS = [
  "id",
  "designation",
  "description",
  "picture",
  "guess",
  "confidence",
  "guess2",
  "confidence2",
  "known_code",
  "why",
  "state",
  "code",
  "reviewer",
] as const;

/** One row of the table, by column. */
export type ReviewLine = Readonly<Record<(typeof REVIEW_COLUMNS)[number], string>>;

/** What a spreadsheet would take for a formula is led by a quote; it is taken off when the table comes back. */
const FORMULA = /^[=+\-@\t\r]/;

/** The table as CSV (RFC 4180), with a head. */
export function reviewCsv(lines: readonly ReviewLine[]): string {
  const rows = lines.map((line) => REVIEW_COLUMNS.map((column) => field(line[column])).join(","));
  return [REVIEW_COLUMNS.join(","), ...rows, ""].join("\r\n");
}

function field(text: string): string {
  const safe = FORMULA.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

/** A field as it was before {@linkcode reviewCsv} made it safe. */
export function plainField(text: string): string {
  return text.startsWith("'") && FORMULA.test(text.slice(1)) ? text.slice(1) : text;
}
