/**
 * What a person sees: answers on standard output, progress on standard error.
 *
 * Progress is one bar that redraws itself on a terminal, and plain lines (at most one every few seconds)
 * elsewhere.
 *
 * @module
 */

/** How often a plain progress line is written where there is no terminal. */
const PLAIN_EVERY_MS = 5_000;
/** How often a bar is redrawn. */
const REDRAW_EVERY_MS = 80;
const BAR_CELLS = 24;

/** Where a command writes. */
export interface Terminal {
  /** One line of the answer, on standard output. */
  print(line?: string): void;
  /** One line beside the answer, on standard error. */
  note(line: string): void;
  /** State of the work: replaces the bar of before. */
  progress(what: string, done: number, total: number): void;
  /** Takes the bar away. */
  clear(): void;
}

/** A {@linkcode Terminal} over the process's standard output and error. */
export function createTerminal(options: {
  readonly isTerminal: boolean;
  readonly columns: () => number;
  readonly out: (text: string) => void;
  readonly err: (text: string) => void;
  readonly nowMs: () => number;
}): Terminal {
  const { isTerminal, out, err, nowMs } = options;
  let drawn = false, lastMs = isTerminal ? -Infinity : nowMs(), lastWhat = "";
  const clear = () => {
    if (drawn) err("\r\x1b[K");
    drawn = false;
  };
  return {
    clear,
    print(line = "") {
      clear();
      out(line + "\n");
    },
    note(line) {
      clear();
      err(line + "\n");
    },
    progress(what, done, total) {
      const now = nowMs();
      const share = total > 0 ? Math.min(1, done / total) : 0;
      if (!isTerminal) {
        if (now - lastMs < PLAIN_EVERY_MS) return;
        lastMs = now;
        err(`  ${what}${total > 0 ? ` ${(100 * share).toFixed(0)} %` : ""}\n`);
        return;
      }
      if (now - lastMs < REDRAW_EVERY_MS && what === lastWhat && share < 1) return;
      [lastMs, lastWhat] = [now, what];
      const cells = Math.round(share * BAR_CELLS);
      const bar = "█".repeat(cells) + "░".repeat(BAR_CELLS - cells);
      const percentText = total > 0 ? `${(100 * share).toFixed(0).padStart(3)} %` : "     ";
      const line = `${bar} ${percentText} ${what}`;
      err(`\r\x1b[K${line.slice(0, Math.max(20, options.columns() - 1))}`);
      drawn = true;
    },
  };
}

/** `rows` as a table with aligned columns; numbers are set right. */
export function table(head: readonly string[], rows: readonly (readonly unknown[])[]): string {
  const text = rows.map((row) =>
    row.map((cell) => cell === null || cell === undefined ? "-" : String(cell))
  );
  const widths = head.map((title, i) =>
    Math.max(title.length, ...text.map((row) => row[i]!.length))
  );
  const right = head.map((_, i) =>
    rows.length > 0 && rows.every((row) => typeof row[i] === "number")
  );
  const line = (cells: readonly string[]) =>
    cells.map((cell, i) => right[i] ? cell.padStart(widths[i]!) : cell.padEnd(widths[i]!)).join(
      "  ",
    ).trimEnd();
  return [line(head), line(widths.map((w) => "-".repeat(w))), ...text.map(line)].join("\n");
}

/** A share as a percentage with one decimal. */
export function percent(share: number | null | undefined): string {
  return share === null || share === undefined || Number.isNaN(share)
    ? "-"
    : `${(100 * share).toFixed(1)} %`;
}
