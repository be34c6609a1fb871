/**
 * A table given back with what was guessed for each of its rows, for people who open it in a spreadsheet.
 *
 * @module
 */
import { stringify } from "csv-stringify/sync";

/** What is known of one row. */
export interface RowGuess {
  readonly code: string;
  readonly label: string;
  /** 0 to 1. */
  readonly confidence: number;
  readonly decision: "auto" | "review";
  /** The guesses after the first. */
  readonly others: readonly { readonly code: string; readonly confidence: number }[];
}

/** Guesses beyond the first. */
export const OTHER_GUESSES = 2;

/** The columns that are put behind those of the table, under names that it has not. */
export function guessColumns(header: readonly string[]): string[] {
  const names = ["code", "label", "confidence", "decision"];
  for (let i = 0; i < OTHER_GUESSES; i++) names.push(`code${i + 2}`, `confidence${i + 2}`);
  names.push("problem");
  const taken = new Set(header.map((name) => name.trim().toLowerCase()));
  return names.map((name) => {
    let free = taken.has(name) ? `predicted_${name}` : name;
    while (taken.has(free)) free += "_";
    return free;
  });
}

/** Cells of one row behind its own; a row that could not be read is for a person. */
export function guessCells(guess: RowGuess | null, problem: string): string[] {
  const others = Array.from({ length: OTHER_GUESSES }, (_, i) => guess?.others[i]);
  return [
    guess?.code ?? "",
    guess?.label ?? "",
    guess?.confidence.toFixed(6) ?? "",
    guess?.decision ?? "review",
    ...others.flatMap((o) => o === undefined ? ["", ""] : [o.code, o.confidence.toFixed(6)]),
    problem,
  ];
}

/**
 * Lines of CSV. A cell that a spreadsheet would take for a formula gets an apostrophe before it, which spreadsheets
 * show as text; plain numbers stay as they are.
 */
export function spreadsheetLines(
  rows: readonly (readonly string[])[],
  delimiter: string,
): string {
  return stringify(rows.map((cells) => cells.map(spreadsheetCell)), { delimiter });
}

const FORMULA = /^[=+\-@\t\r]/;
const NUMBER = /^[+-]?\d+(?:[.,]\d+)?(?:e[+-]?\d+)?$/i;

/** `cell` as a spreadsheet shows it and does not run it. */
export function spreadsheetCell(cell: string): string {
  return FORMULA.test(cell) && !NUMBER.test(cell) ? `'${cell}` : cell;
}
