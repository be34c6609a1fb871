/**
 * What a pipeline came to, in words.
 *
 * @module
 */
import type { PipelineResult } from "../pipeline/pipeline.ts";
import { percent, type Terminal } from "./terminal.ts";

/** Prints the parts of `result` that there are; `reports` is the folder that the pages lie in, if they were laid there. */
export function printResult(
  kind: string,
  result: PipelineResult,
  terminal: Terminal,
  reports?: string,
): void {
  const line = (name: string, value: string) => terminal.print(`${name.padEnd(12)} ${value}`);
  line("Catalogue", result.catalogue);
  if (result.report !== undefined) {
    const { findings } = result.report;
    const count = (severity: string) => findings.filter((f) => f.severity === severity).length;
    line("Check", `${count("error")} errors, ${count("warning")} warnings`);
    if (kind === "check") {
      for (const { severity, count, message } of findings) {
        terminal.print(`  ${severity.padEnd(8)} ${String(count).padStart(7)}  ${message}`);
      }
    }
  }
  if (result.merged !== undefined) line("Merged", `${result.merged} rows of feedback`);
  if (result.dataset !== undefined) {
    const aside = result.setAside ? `, ${result.setAside} set aside` : "";
    line("Data", `${result.dataset.slice(0, 12)}  ${result.rows} rows${aside}`);
  }
  if (result.counts !== undefined) {
    const { train, gold, unseen, setAside } = result.counts;
    line(
      "Split",
      `${train} train, ${gold} gold, ${unseen} unseen` +
        (setAside ? `, ${setAside} set aside` : ""),
    );
  }
  if (result.labelErrors !== undefined && result.labelErrors.scored > 0) {
    const { count, scored } = result.labelErrors;
    line(
      "Labels",
      `${count} of ${scored} rows look mislabelled` +
        (reports === undefined ? "" : ` (${reports}/label-errors.html)`),
    );
  }
  if (result.bundle !== undefined) {
    line(
      "Bundle",
      `${result.bundle.slice(0, 12)}  ${((result.sizeBytes ?? 0) / 1e6).toFixed(2)} MB`,
    );
  }
  if (result.metrics !== undefined) {
    const { accuracy, weightedF1, macroF1 } = result.metrics;
    line(
      "Gold",
      `accuracy ${percent(accuracy)}, weighted F1 ${percent(weightedF1)}, macro F1 ${
        percent(macroF1)
      }`,
    );
  }
  const branches = branchFigures(result.metrics ?? {});
  if (branches !== null) line("Branches", branches);
  if (result.verdict !== undefined) {
    const { accept, failed } = result.verdict;
    line("Gate", accept ? "accepted" : `refused: ${failed.join("; ")}`);
  }
  if (result.champion !== undefined) line("Champion", result.champion?.slice(0, 12) ?? "none");
  if (result.ran.length === 0) {
    line("Stages", "nothing has changed, no stage ran");
  } else line("Stages", result.ran.join(", ") || "none");
}

/** What text, picture and both came to on gold rows that have both; null of a bundle that reads text alone. */
export function branchFigures(metrics: Readonly<Record<string, number>>): string | null {
  const { textWeightedF1, imageWeightedF1, fusedWeightedF1, picturesSkipped } = metrics;
  if (fusedWeightedF1 === undefined) return null;
  return `weighted F1 by text ${percent(textWeightedF1)}, by picture ${
    percent(imageWeightedF1)
  }, fused ${percent(fusedWeightedF1)}; ${percent(picturesSkipped)} of the pictures left unread`;
}
