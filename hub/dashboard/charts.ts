/**
 * Plots as inline SVG, drawn on the server: colours come from the style sheet, so they follow light and dark.
 *
 * @module
 */
import { html, raw } from "hono/html";
import { figure, type Html, percent } from "./format.ts";
import { inPageLanguage } from "./language.ts";

/** Width and height of a plot in its own units; small, so that its text stays readable on a phone. */
const WIDTH = 360, HEIGHT = 190;
const LEFT = 48, RIGHT = 12, TOP = 10, BOTTOM = 26;

/** One line of a {@linkcode lineChart}. */
export interface Series {
  readonly name: string;
  readonly points: readonly { readonly x: number; readonly y: number }[];
}

/** How a {@linkcode lineChart} is written. */
export interface LineChartOptions {
  readonly caption: string;
  readonly xLabel?: string;
  readonly format?: (value: number) => string;
  /** Labels of the x positions, where they are not numbers. */
  readonly xFormat?: (x: number) => string;
}

/** Most lines that a reader can tell apart in one plot. */
const MAX_LINES = 8;

/** Lines over a common x, eight at most; points without a number are left out. */
export function lineChart(all: readonly Series[], options: LineChartOptions): Html {
  const { caption, xLabel = "", format = figure, xFormat = figure } = options;
  // A line keeps its place, and so its look, where others of the same page have nothing to show.
  const series = all.slice(0, MAX_LINES).map(({ name, points }, i) => ({
    name,
    look: i + 1,
    points: points.filter((p) => Number.isFinite(p.y) && Number.isFinite(p.x)),
  })).filter((s) => s.points.length > 0);
  const points = series.flatMap((s) => s.points);
  if (points.length === 0) return nothingYet(caption);
  const x = axis(points.map((p) => p.x), LEFT, WIDTH - RIGHT, 5);
  const y = axis(points.map((p) => p.y), HEIGHT - BOTTOM, TOP, 4);
  const grid = y.ticks.map((tick) => {
    const at = y.at(tick).toFixed(1);
    return `<line class="grid-line" x1="${LEFT}" x2="${WIDTH - RIGHT}" y1="${at}" y2="${at}"/>` +
      `<text x="${LEFT - 6}" y="${at}" dy="0.35em" text-anchor="end">${format(tick)}</text>`;
  });
  const marks = x.ticks.filter(Number.isInteger).map((tick) =>
    `<text x="${x.at(tick).toFixed(1)}" y="${HEIGHT - 8}" text-anchor="middle">${
      xFormat(tick)
    }</text>`
  );
  const lines = series.map((s) => {
    const path = s.points.map((p) => `${x.at(p.x).toFixed(1)},${y.at(p.y).toFixed(1)}`).join(" ");
    const dots = s.points.length > 40
      ? ""
      : s.points.map((p) =>
        `<circle class="dot f${s.look}" cx="${x.at(p.x).toFixed(1)}" cy="${
          y.at(p.y).toFixed(1)
        }" r="3"/>`
      ).join("");
    return `<polyline class="curve s${s.look}" points="${path}"/>${dots}`;
  });
  const last = series.map((s) => `${s.name} ${format(s.points.at(-1)!.y)}`).join(", ");
  return html`
    <figure>
      <svg class="chart" viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img"
        aria-label="${caption}; last ${last}">
    ${raw([...grid, ...marks, ...lines].join(""))}</svg>
      <figcaption>${caption}${xLabel === "" ? "" : ` (${xLabel})`}. ${series.map((s) =>
        html`
          <span
            class="nowrap"><svg width="22" height="8" aria-hidden="true"><line class="curve s${s
              .look}" x1="0" x2="22" y1="4" y2="4"/></svg> ${s.name}</span>
        `
      )}</figcaption>
    </figure>
  `;
}

/** A share with its interval, 0 to 1. */
export interface ShareRow {
  readonly name: string;
  readonly value: number;
  readonly low: number;
  readonly high: number;
  readonly note: string;
}

/** Shares with whiskers, a row each, on an axis from 0 to 100 %. */
export function shareChart(rows: readonly ShareRow[], caption: string): Html | string {
  if (rows.length === 0) return "";
  const step = 42, height = rows.length * step + 18;
  const at = (share: number) => (4 + share * (WIDTH - 8)).toFixed(1);
  const drawn = rows.map((row, i) => {
    const y = i * step + 30;
    return html`
      <text class="value" x="4" y="${y - 13}">${row.name}</text>
      <text x="${WIDTH - 4}" y="${y - 13}" text-anchor="end">${row.note}</text>
      <rect class="track" x="4" y="${y - 5}" width="${WIDTH - 8}" height="10" rx="3" />
      <line class="whisker" x1="${at(row.low)}" x2="${at(row.high)}" y1="${y}" y2="${y}" />
      <circle class="f1" cx="${at(row.value)}" cy="${y}" r="5" />
    `;
  });
  const label = rows.map((row) => `${row.name}: ${percent(row.value)}`).join("; ");
  return html`
    <figure>
      <svg class="chart" viewBox="0 0 ${WIDTH} ${height}" role="img"
        aria-label="${label}">${drawn}
    <text x="4" y="${height - 2}">0 %</text><text x="${WIDTH - 4}" y="${height -
      2}" text-anchor="end">100 %</text></svg>
      <figcaption>${caption}</figcaption>
    </figure>
  `;
}

/** Counts as bars, a row each, largest first. */
export function countBars(
  counts: readonly { readonly name: string; readonly count: number }[],
  caption: string,
): Html | string {
  if (counts.length === 0) return "";
  const rows = counts.toSorted((a, b) => b.count - a.count);
  const most = Math.max(1, rows[0]!.count), step = 20, height = rows.length * step + 4;
  const drawn = rows.map(({ name, count }, i) => {
    const y = i * step, width = Math.max(1, 130 * count / most);
    const text = name.length > 22 ? `${name.slice(0, 21)}…` : name;
    return html`
      <text class="value" x="164" y="${y + 14}" text-anchor="end">${text}</text>
      <rect class="bar" x="170" y="${y + 3}" width="${width.toFixed(1)}" height="14" rx="2" />
      <text x="${(176 + width).toFixed(1)}" y="${y + 14}">${figure(count)}</text>
    `;
  });
  const label = rows.map(({ name, count }) => `${name} ${count}`).join(", ");
  return html`
    <figure>
      <svg class="chart" viewBox="0 0 ${WIDTH} ${height}" role="img"
        aria-label="${label}">${drawn}</svg>
      <figcaption>${caption}</figcaption>
    </figure>
  `;
}

/** A histogram of equal bins from 0 to 1. */
export function histogram(bins: readonly number[], caption: string): Html | string {
  const most = Math.max(...bins), total = bins.reduce((sum, n) => sum + n, 0);
  if (total === 0) return nothingYet(caption);
  const height = 120, width = (WIDTH - 8) / bins.length;
  const bars = bins.map((n, i) => {
    const tall = n === 0 ? 0 : Math.max(1, 90 * n / most);
    return `<rect class="bar" x="${(4 + i * width).toFixed(1)}" y="${
      (98 - tall).toFixed(1)
    }" width="${(width - 2).toFixed(1)}" height="${tall.toFixed(1)}"/>`;
  }).join("");
  return html`
    <figure>
      <svg class="chart" viewBox="0 0 ${WIDTH} ${height}" role="img"
        aria-label="${caption}: ${total} values">
    ${raw(bars)}<text x="4" y="${height - 6}">0 %</text><text x="${WIDTH / 2}" y="${height -
      6}" text-anchor="middle">50 %</text><text x="${WIDTH - 4}" y="${height -
      6}" text-anchor="end">100 %</text></svg>
      <figcaption>${caption}</figcaption>
    </figure>
  `;
}

/** A linear scale over `values` with about `count` round ticks inside it. */
function axis(values: readonly number[], from: number, to: number, count: number) {
  let low = Math.min(...values), high = Math.max(...values);
  if (low === high) {
    [low, high] = low === 0 ? [0, 1] : [low - Math.abs(low) / 10, high + Math.abs(high) / 10];
  }
  const rough = (high - low) / count, power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((m) => m * power).find((s) => s >= rough)!;
  const ticks: number[] = [];
  for (let k = Math.ceil(low / step - 1e-9); k * step <= high + step * 1e-9; k++) {
    ticks.push(Number((k * step).toPrecision(12)));
  }
  return { ticks, at: (value: number) => from + (to - from) * (value - low) / (high - low) };
}

/** What stands where a chart has nothing to draw. */
function nothingYet(caption: string): Html {
  return html`<p class="soft">${
    inPageLanguage({ en: `${caption}: nothing yet`, fr: `${caption}\u00a0: rien encore` })
  }</p>`;
}
