/**
 * The plots of an evaluation report, each a pure function from figures to SVG.
 *
 * @module
 */
import { coverageCurve } from "./coverage.ts";
import type { Evaluation } from "./evaluation.ts";
import {
  at,
  esc,
  type Frame,
  line,
  percentText,
  rect,
  shareAxes,
  svg,
  text,
  xOf,
  yOf,
} from "./svg.ts";
import type { Verdict } from "./verdict.ts";

/** Name of a code as reports show it. */
export type Naming = (code: string) => string;

const SQUARE: Frame = { left: 46, top: 24, width: 300, height: 240 };

/** Confidence against accuracy by bin, with the number of rows under it. */
export function reliabilityPlot({ calibration, rows }: Evaluation): string {
  const parts = [shareAxes(SQUARE, { x: "confidence", y: "right" })];
  parts.push(line([xOf(SQUARE, 0), yOf(SQUARE, 0)], [xOf(SQUARE, 1), yOf(SQUARE, 1)], "ideal"));
  const most = Math.max(1, ...calibration.bins.map((bin) => bin.rows));
  const strip: Frame = { left: SQUARE.left, top: 316, width: SQUARE.width, height: 50 };
  for (const bin of calibration.bins) {
    const left = xOf(SQUARE, bin.low) + 1, width = xOf(SQUARE, bin.high) - left - 1;
    const told = `${percentText(bin.low)} to ${percentText(bin.high)}: ${bin.rows} rows, ${
      percentText(bin.accuracy)
    } right, mean confidence ${percentText(bin.meanConfidence)}`;
    if (bin.rows === 0) continue;
    const top = yOf(SQUARE, bin.accuracy);
    parts.push(
      rect(
        { left, top, width, height: SQUARE.top + SQUARE.height - top },
        "bar",
        told,
        0.2 + 0.7 * Math.sqrt(bin.rows / most),
      ),
    );
    const high = strip.height * bin.rows / most;
    parts.push(
      rect({ left, top: strip.top + strip.height - high, width, height: high }, "soft", told),
    );
    const x = xOf(SQUARE, bin.meanConfidence);
    parts.push(
      `<circle class="dot" cx="${at(x)}" cy="${at(top)}" r="3"><title>${
        esc(told)
      }</title></circle>`,
    );
  }
  parts.push(text(strip.left, strip.top + strip.height + 16, `rows by confidence, ${rows} in all`));
  return svg(372, 392, "Reliability diagram: share right by confidence", parts.join(""));
}

/** Precision of what is accepted against how much is, with the bundle's thresholds. */
export function coveragePlot(evaluation: Evaluation): string {
  const sure = evaluation.predictions.map((p) => p.confidence);
  const right = evaluation.predictions.map((p) => p.predicted === p.code ? 1 : 0);
  const curve = coverageCurve(sure, right);
  const lowest = Math.min(1, ...curve.map((p) => p.precision));
  // The interesting part is near the top: start the axis at a round share below the curve
  const from = Math.min(0.95, Math.max(0, Math.floor((lowest - 0.02) * 20) / 20));
  const parts = [shareAxes(SQUARE, { x: "accepted automatically", y: "precision" }, from)];
  const path = curve.map((p, i) =>
    `${i === 0 ? "M" : "L"}${at(xOf(SQUARE, p.coverage))} ${at(yOf(SQUARE, p.precision, from))}`
  );
  parts.push(`<path class="curve" d="${path.join("")}"/>`);
  for (const row of evaluation.coverage) {
    if (row.accepted === 0) continue;
    const x = xOf(SQUARE, row.coverage);
    const y = (share: number) => yOf(SQUARE, Math.max(from, share), from);
    parts.push(line([x, y(row.achievedLow)], [x, y(row.achievedHigh)], "whisker"));
    parts.push(
      `<circle class="dot" cx="${at(x)}" cy="${at(y(row.achieved))}" r="4"><title>${
        esc(`threshold for ${percentText(row.precision)}`)
      }</title></circle>`,
    );
  }
  return svg(372, 302, "Precision by share accepted automatically", parts.join(""));
}

/** F1 of each class as a bar, the largest classes first; `most` of them. */
export function classBars(evaluation: Evaluation, naming: Naming, most = 60): string {
  const classes = evaluation.classes.toSorted((a, b) => b.rows - a.rows).slice(0, most);
  const left = 210, width = 330, step = 20;
  const parts = [0, 0.5, 1].map((share) => {
    const x = left + share * width;
    return line([x, 14], [x, 18 + classes.length * step], "grid") +
      text(x, 10, percentText(share), "middle");
  });
  classes.forEach((c, i) => {
    const top = 18 + i * step;
    const told = `${c.code}: F1 ${percentText(c.f1)}, precision ${
      percentText(c.precision)
    }, recall ${percentText(c.recall)}, ${c.rows} rows`;
    parts.push(text(left - 8, top + 13, short(naming(c.code), 30), "end"));
    parts.push(
      rect({ left, top: top + 2, width: c.f1 * width, height: step - 5 }, "bar", told, 0.85),
    );
    parts.push(text(left + width + 8, top + 13, `${percentText(c.f1)} of ${c.rows}`));
  });
  return svg(660, 24 + classes.length * step, "F1 by class", parts.join(""));
}

/** The confusion matrix, each row in shares of its class; at most `most` classes, the largest. */
export function confusionPlot(evaluation: Evaluation, naming: Naming, most = 40): string {
  const order = evaluation.classes.map((c, index) => ({ ...c, index }))
    .sort((a, b) => b.rows - a.rows).slice(0, most);
  const place = new Map(order.map((c, i) => [c.index, i]));
  const cell = Math.max(12, Math.min(34, Math.floor(560 / Math.max(1, order.length))));
  const left = 190, top = 24, size = cell * order.length;
  const parts = [
    rect({ left, top, width: size, height: size }, "ground", ""),
    text(left + size / 2, 14, "guessed (same order)", "middle"),
  ];
  order.forEach((c, i) =>
    parts.push(text(left - 8, top + i * cell + cell / 2 + 4, short(naming(c.code), 26), "end"))
  );
  for (const [truth, guess, rows] of evaluation.confusion) {
    const i = place.get(truth), j = place.get(guess);
    if (i === undefined || j === undefined) continue;
    const share = rows / order[i]!.rows;
    const told = `${order[i]!.code} taken for ${order[j]!.code}: ${rows} rows, ${
      percentText(share)
    }`;
    const box = { left: left + j * cell, top: top + i * cell, width: cell - 1, height: cell - 1 };
    // Errors are faint beside a full diagonal: their shade grows with the root of the share
    const shade = 0.12 + 0.88 * Math.sqrt(share);
    parts.push(rect(box, i === j ? "good" : "bad", told, shade));
    if (cell >= 24) {
      const x = box.left + cell / 2, y = box.top + cell / 2 + 4;
      parts.push(text(x, y, String(rows), "middle", shade > 0.6 ? "on" : "label"));
    }
  }
  return svg(left + size + 10, top + size + 8, "Confusion matrix", parts.join(""));
}

/** Gains over the champion with their intervals, in points. */
export function gainPlot({ gains }: NonNullable<Verdict["comparison"]>, margin: number): string {
  const rows = [
    ["accuracy", gains.accuracy],
    ["weighted F1", gains.weightedF1],
    ["macro F1", gains.macroF1],
  ] as const;
  const reach = 1.1 * Math.max(
    margin,
    0.005,
    ...rows.flatMap(([, g]) => [Math.abs(g.low), Math.abs(g.high)]),
  );
  const left = 110, width = 380, middle = left + width / 2;
  const x = (gain: number) => middle + gain / reach * width / 2;
  const bottom = 24 + rows.length * 30;
  const parts = [
    line([middle, 18], [middle, bottom], "ideal"),
    line([x(-margin), 18], [x(-margin), bottom], "limit"),
    text(middle, 12, "0", "middle"),
    text(x(-margin) - 4, bottom + 14, `-${margin * 100} points`, "middle"),
  ];
  rows.forEach(([name, gain], i) => {
    const y = 36 + i * 30;
    parts.push(text(left - 10, y + 4, name, "end"));
    parts.push(line([x(gain.low), y], [x(gain.high), y], "whisker"));
    parts.push(`<circle class="dot" cx="${at(x(gain.value))}" cy="${y}" r="5"/>`);
    parts.push(
      text(
        left + width + 10,
        y + 4,
        `${gain.value >= 0 ? "+" : ""}${(gain.value * 100).toFixed(2)}`,
      ),
    );
  });
  return svg(560, bottom + 22, "Gain over the champion in points", parts.join(""));
}

/** `name` cut to `most` characters. */
export function short(name: string, most: number): string {
  const characters = [...name];
  return characters.length <= most ? name : `${characters.slice(0, most - 1).join("")}…`;
}
