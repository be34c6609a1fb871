/**
 * The part of the report that speaks of pictures.
 *
 * @module
 */
import type { Evaluation } from "./evaluation.ts";
import { percentText } from "./svg.ts";

/** HTML; empty for a bundle that reads no pictures. */
export function pictureSection({ pictures }: Evaluation): string {
  if (pictures === undefined) return "";
  const { branches, use, cascade, agreement, latency } = pictures;
  const rows = ([
    ["Text alone", branches.text],
    ["Picture alone", branches.image],
    ["Both", branches.fused],
    ["As served, text first", branches.served],
  ] as const).map(([name, s]) =>
    `<tr><td>${name}</td><td class="n">${percentText(s.weightedF1)}</td><td class="n">${
      percentText(s.accuracy)
    }</td><td class="n">${percentText(s.macroF1)}</td></tr>`
  );
  const threshold = cascade.confidence === null
    ? "Every picture is read."
    : `A text that is at least ${
      cascade.confidence.toFixed(3)
    } sure is answered without its picture: ${percentText(pictures.skipped)} of these rows.`;
  const change = (cascade.weightedF1.value * 100).toFixed(2);
  const edge = agreement === null
    ? ""
    : ` ${agreement.rows} pictures were scored once more as on an edge: confidences differ by ${
      agreement.maxDifference.toExponential(1)
    } at most.`;
  const cost = latency.samples === 0
    ? ""
    : ` A product whose picture is read takes ${latency.p50Ms.toFixed(0)} ms (median).`;
  return `<h2>Text and picture</h2><div class="scroll"><table><thead><tr><th>${pictures.rows} rows with both</th><th class="n">Weighted F1</th><th class="n">Accuracy</th><th class="n">Macro F1</th></tr></thead><tbody>${
    rows.join("")
  }</tbody></table></div><p>${threshold} That changes weighted F1 by ${change} points (${
    (cascade.weightedF1.low * 100).toFixed(2)
  } to ${(cascade.weightedF1.high * 100).toFixed(2)}).${edge}${cost}</p>
<p class="quiet">Of all rows: ${use.used} pictures used, ${use.skipped} skipped, ${use.invalid} unreadable, ${use.none} products without one.</p>`;
}
