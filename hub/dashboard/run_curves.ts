/**
 * Curves of runs: figures that have a course, those that measure the same in one plot.
 *
 * @module
 */
import { html } from "hono/html";
import type { Run } from "../registry/runs.ts";
import { lineChart, type Series } from "./charts.ts";
import { bytes, type Html } from "./format.ts";

/** A curve of one figure. */
export interface Curve {
  readonly name: string;
  readonly points: readonly { readonly step: number; readonly value: number }[];
}

/** Fewer points are no course: the figure is told in the table. */
const COURSE = 3;
/** Plots of a page: more are hidden behind their names. */
const MAX_PLOTS = 24;

/** Whether a figure was measured by the machine, not by the training. */
export function isOfMachine(name: string): boolean {
  return name.startsWith("system/");
}

/** Figures that may have a course, of all that runs have: not those that are told once. */
export function curveNames(runs: readonly Pick<Run, "metrics">[]): string[] {
  const names = new Set(runs.flatMap((run) => Object.keys(run.metrics)));
  return [...names].filter((name) => !/^(gold|oof|stage_seconds)\./.test(name)).sort();
}

/** Whether a curve has a course. */
export function hasCourse(curve: Curve): boolean {
  return curve.points.length >= COURSE;
}

/** Figures of one run; `fold1.loss` and `fold2.loss` share the plot `loss`. */
export function curvePlots(
  curves: readonly Curve[],
  { nothing, xLabel }: { readonly nothing: string; readonly xLabel: string },
): Html {
  const long = curves.filter(hasCourse);
  if (long.length === 0) return html`<p class="soft">${nothing}</p>`;
  const groups = Map.groupBy(long, ({ name }) => name.split(".").at(-1)!);
  return plotGrid(
    [...groups].map(([caption, members]): readonly [string, Series[]] => [
      caption,
      members.map(({ name, points }) => ({
        name: name.split(".").slice(0, -1).join(".") || caption,
        points: points.map(({ step, value }) => ({ x: step, y: value })),
      })),
    ]),
    xLabel,
  );
}

/** Plots side by side, each with its caption. */
export function plotGrid(
  plots: readonly (readonly [caption: string, series: readonly Series[]])[],
  xLabel: string,
): Html {
  return html`<div class="grid">${
    plots.slice(0, MAX_PLOTS).map(([caption, series]) =>
      lineChart(series, {
        caption,
        xLabel,
        ...(caption.endsWith("_bytes") ? { format: bytes } : {}),
      })
    )
  }</div>`;
}
