/**
 * Likely label errors for people: a CSV of all of them, and one page of the worst that needs nothing else.
 *
 * The page's few styles are its own: training's code names every bundle, so it must not change with other reports.
 *
 * @module
 */
import { csvStream } from "../data/processed.ts";
import type { LabelError } from "./label_errors.ts";

/** A likely label error and the product that it is about. */
export interface ListedLabelError extends LabelError {
  readonly id: string;
  readonly designation: string;
  /** The product's picture, small, as a data URI. */
  readonly thumbnail?: string;
}

/** What was looked at, and how. */
export interface LabelErrorCounts {
  /** Rows that were scored out-of-fold. */
  readonly scored: number;
  /** Rows of the train set. */
  readonly rows: number;
  /** From which confidence on a row is listed. */
  readonly minConfidence: number;
}

/** Rows on the page; the CSV has them all. */
const MAX_SHOWN = 300;
/** Characters of a designation on the page. */
const MAX_CHARS = 200;

const STYLE = `
:root { color-scheme: light dark; --ink: #1c2430; --soft: #5b6675; --page: #fff; --rule: #d9dfe7 }
@media (prefers-color-scheme: dark) {
  :root { --ink: #e6eaf0; --soft: #9aa6b6; --page: #11161d; --rule: #303a47 } }
body { margin: 0 auto; max-width: 66rem; padding: 1.5rem; background: var(--page); color: var(--ink);
  font: 15px/1.5 system-ui, sans-serif }
h1 { font-size: 1.5rem; margin: 0 }
.quiet { color: var(--soft) }
.scroll { overflow-x: auto }
table { border-collapse: collapse; width: 100%; margin-top: 1rem }
th, td { text-align: left; vertical-align: top; padding: 5px 12px 5px 0; border-bottom: 1px solid var(--rule);
  overflow-wrap: anywhere }
th { white-space: nowrap } td:last-child { min-width: 14rem }
img { display: block; max-width: 96px; max-height: 96px; border-radius: 4px; background: #fff }
.n { text-align: right; font-variant-numeric: tabular-nums }
`;

/** CSV of `errors` in their order: row id, code, likely code, the two confidences, designation. */
export function labelErrorsCsv(
  errors: readonly ListedLabelError[],
): ReadableStream<Uint8Array<ArrayBuffer>> {
  return csvStream(
    ["id", "code", "likely_code", "confidence", "code_confidence", "designation"],
    errors,
    (e) => [
      e.id,
      e.code,
      e.likely,
      e.confidence.toFixed(4),
      e.codeConfidence.toFixed(4),
      e.designation,
    ],
  );
}

/** The page: `errors` in their order, the first {@linkcode MAX_SHOWN} of them. */
export function labelErrorsHtml(
  errors: readonly ListedLabelError[],
  { scored, rows, minConfidence }: LabelErrorCounts,
): string {
  const shown = errors.slice(0, MAX_SHOWN);
  const unscored = rows - scored;
  const notes = [
    `${errors.length} of ${scored} rows look mislabelled: a model that had not seen them gives another code more ` +
    `than ${percent(minConfidence)} confidence.`,
    ...(unscored > 0
      ? [`The other ${unscored} of the ${rows} train rows were not scored out-of-fold.`]
      : []),
    ...(shown.length < errors.length
      ? [`The ${shown.length} worst are shown; label-errors.csv has them all.`]
      : []),
  ];
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>Likely label errors</title><style>${STYLE}</style></head><body><main>
<h1>Likely label errors</h1>
<p>${notes.join(" ")}</p>
<p class="quiet">This is a suggestion, worst first, and changes nothing: the model may be the one that is wrong. Correct
what you agree with in your files and run the pipeline again.</p>
${shown.length === 0 ? "" : table(shown)}
</main></body></html>
`;
}

function table(errors: readonly ListedLabelError[]): string {
  const pictures = errors.some((e) => e.thumbnail !== undefined);
  const picture = ({ thumbnail }: ListedLabelError) =>
    thumbnail === undefined ? "" : `<img alt="" loading="lazy" src="${escapeHtml(thumbnail)}">`;
  const lines = errors.map((e) =>
    `<tr>${pictures ? `<td>${picture(e)}</td>` : ""}<td>${escapeHtml(e.id)}</td><td>${
      escapeHtml(e.code)
    }</td><td>${escapeHtml(e.likely)}</td><td class="n">${
      percent(e.confidence)
    }</td><td class="n">${percent(e.codeConfidence)}</td><td>${
      escapeHtml(shorten(e.designation))
    }</td></tr>`
  );
  return `<div class="scroll"><table><thead><tr>${
    pictures ? "<th>Picture</th>" : ""
  }<th>Row</th><th>Code</th><th>Likely code</th>` +
    `<th class="n">Confidence</th><th class="n">In its code</th><th>Designation</th></tr></thead><tbody>
${lines.join("\n")}
</tbody></table></div>`;
}

function percent(share: number): string {
  return `${Math.round(share * 1000) / 10} %`;
}

/** Whole characters only: a surrogate pair is not cut. */
function shorten(text: string): string {
  const chars = [...text.slice(0, 2 * MAX_CHARS + 2)];
  return chars.length <= MAX_CHARS ? text : `${chars.slice(0, MAX_CHARS).join("")}…`;
}

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (char) => `&#${char.charCodeAt(0)};`);
}
