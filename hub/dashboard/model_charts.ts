/**
 * Plots of evaluations: how far confidence can be believed, and what a challenger gains.
 *
 * @module
 */
import { html, raw } from "hono/html";
import { fixed, type Html, percent } from "./format.ts";

/** One bin of a reliability diagram. */
export interface Bin {
  readonly rows: number;
  readonly meanConfidence: number;
  readonly accuracy: number;
}

const SIDE = 220, LEFT = 44, TOP = 8, BOTTOM = 34;

/** Confidence against what came true; the size of a dot is the number of rows. On the line is well calibrated. */
export function reliabilityChart(
  bins: readonly Bin[],
  text: { readonly caption: string; readonly x: string; readonly y: string },
): Html {
  const filled = bins.filter((bin) => bin.rows > 0);
  const most = Math.max(...filled.map((bin) => bin.rows), 1);
  const x = (share: number) => (LEFT + share * SIDE).toFixed(1);
  const y = (share: number) => (TOP + (1 - share) * SIDE).toFixed(1);
  const grid = [0, 0.5, 1].map((share) =>
    `<line class="grid-line" x1="${x(0)}" x2="${x(1)}" y1="${y(share)}" y2="${y(share)}"/>` +
    `<text x="${LEFT - 6}" y="${y(share)}" dy="0.35em" text-anchor="end">${share * 100} %</text>` +
    `<text x="${x(share)}" y="${TOP + SIDE + 15}" text-anchor="middle">${share * 100} %</text>`
  );
  const dots = filled.map((bin) =>
    `<circle class="f1" cx="${x(bin.meanConfidence)}" cy="${y(bin.accuracy)}" r="${
      (2.5 + 7 * Math.sqrt(bin.rows / most)).toFixed(1)
    }"/>`
  );
  const told = filled.map((bin) =>
    `${percent(bin.meanConfidence)}: ${percent(bin.accuracy)} (${bin.rows})`
  ).join("; ");
  return html`
    <figure>
      <svg class="chart square" viewBox="0 0 ${LEFT + SIDE + 12} ${TOP + SIDE + BOTTOM}" role="img"
        aria-label="${text.caption}: ${told}">
    ${raw(grid.join(""))}<line class="curve s2" x1="${x(0)}" y1="${y(0)}" x2="${x(1)}" y2="${y(
      1,
    )}" />
    ${raw(dots.join(""))}<text x="${x(0.5)}" y="${TOP + SIDE + BOTTOM - 4}"
      text-anchor="middle">${text.x}</text></svg>
      <figcaption>${text.caption}. ${text.y}</figcaption>
    </figure>
  `;
}

/** A difference with its interval. */
export interface Difference {
  readonly name: string;
  readonly value: number;
  readonly low: number;
  readonly high: number;
  readonly note: string;
}

/** Differences with whiskers around nought. */
export function gainChart(rows: readonly Difference[], caption: string): Html {
  const width = 360, step = 44, height = rows.length * step + 18;
  const reach = Math.max(...rows.flatMap(({ low, high }) => [Math.abs(low), Math.abs(high)]), 1e-4);
  const at = (difference: number) =>
    (width / 2 + (difference / reach) * (width / 2 - 6)).toFixed(1);
  const drawn = rows.map(({ name, value, low, high, note }, i) => {
    const y = i * step + 31;
    return html`
      <text class="value" x="4" y="${y - 13}">${name}</text>
      <text x="${width - 4}" y="${y - 13}" text-anchor="end">${note}</text>
      <rect class="track" x="4" y="${y - 5}" width="${width - 8}" height="10" rx="3" />
      <line class="whisker" x1="${at(low)}" x2="${at(high)}" y1="${y}" y2="${y}" />
      <circle class="f1" cx="${at(value)}" cy="${y}" r="5" />
    `;
  });
  const label = rows.map(({ name, note }) => `${name} ${note}`).join("; ");
  return html`
    <figure>
      <svg class="chart" viewBox="0 0 ${width} ${height}" role="img"
        aria-label="${label}">${drawn}
    <line class="grid-line nought" x1="${width / 2}" x2="${width / 2}" y1="4" y2="${height - 14}" />
    <text x="${width / 2}" y="${height - 2}" text-anchor="middle">0</text></svg>
      <figcaption>${caption}</figcaption>
    </figure>
  `;
}

/** A difference of shares in points, with its sign. */
export function points(difference: number): string {
  const sign = difference > 0 ? "+" : difference < 0 ? "−" : "±";
  return `${sign}${fixed(Math.abs(difference) * 100, 1)}`;
}
