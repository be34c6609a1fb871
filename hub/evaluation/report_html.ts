/**
 * An evaluation and its verdict as one self-contained page: no script, nothing fetched.
 *
 * Shows no product text: gold rows appear by id only.
 *
 * @module
 */
import { chanceEce } from "./calibration.ts";
import type { Evaluation } from "./evaluation.ts";
import { pictureSection } from "./picture_section.ts";
import {
  classBars,
  confusionPlot,
  coveragePlot,
  gainPlot,
  type Naming,
  reliabilityPlot,
  short,
} from "./plots.ts";
import { REPORT_STYLE } from "./report_style.ts";
import { esc, percentText } from "./svg.ts";
import type { Rule, Verdict } from "./verdict.ts";

/** What a report is made of. */
export interface ReportInput {
  readonly title: string;
  readonly evaluation: Evaluation;
  readonly champion?: Evaluation | null;
  readonly verdict?: Verdict | null;
  /** Names by code; a code without one is shown as it is. */
  readonly names?: ReadonlyMap<string, string>;
}

/** Most classes drawn in the confusion matrix and as bars; the tables below name more. */
const MATRIX_CLASSES = 40, BAR_CLASSES = 60;
/** Rows of the lists of confusions and of surprising rows. */
const LISTED = 20;
/** A wrong guess this sure is likely a wrong label. */
const SURPRISING = 0.9;

/** The page. */
export function reportHtml(input: ReportInput): string {
  const { evaluation, verdict } = input;
  const naming: Naming = (code) => {
    const name = input.names?.get(code);
    return name === undefined || name === code ? code : `${code} ${name}`;
  };
  const sections = [
    header(input),
    tiles(evaluation, input.champion ?? null),
    verdict ? rules(verdict) : "",
    verdict?.comparison ? comparison(verdict, verdict.comparison) : "",
    pictureSection(evaluation),
    automatic(evaluation),
    calibration(evaluation),
    classes(evaluation, naming),
    confusions(evaluation, naming),
    surprising(evaluation, naming),
  ];
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>${esc(input.title)}</title><style>${REPORT_STYLE}</style></head>
<body><main>${sections.join("\n")}</main></body></html>
`;
}

function header({ title, evaluation, verdict }: ReportInput): string {
  const badge = verdict === undefined || verdict === null
    ? ""
    : verdict.accept
    ? `<span class="badge ok">accepted</span>`
    : `<span class="badge no">refused</span>`;
  const against = verdict?.champion
    ? `, against champion <code>${esc(verdict.champion.slice(0, 16))}</code>`
    : "";
  return `<h1>${esc(title)}</h1><p>${badge} Bundle <code>${
    esc(evaluation.bundle)
  }</code>${against}</p>
<p class="quiet">${evaluation.rows} gold rows (<code>${
    esc(evaluation.gold.slice(0, 16))
  }</code>), ${evaluation.classes.length} classes, scored through ${
    esc(evaluation.runtime)
  } as an edge does. Intervals are 95 %.</p>`;
}

function tiles(evaluation: Evaluation, champion: Evaluation | null): string {
  const { scores, intervals, calibration, latency, majority } = evaluation;
  const before = (value: number | undefined) =>
    value === undefined ? "" : `<br>champion ${percentText(value)}`;
  const figure = (name: string, key: keyof Evaluation["scores"]) =>
    tile(
      name,
      percentText(scores[key]),
      `${percentText(intervals[key].low)} to ${percentText(intervals[key].high)}${
        before(champion?.scores[key])
      }`,
    );
  return `<div class="tiles">${figure("Weighted F1", "weightedF1")}${
    figure("Accuracy", "accuracy")
  }${figure("Macro F1", "macroF1")}${
    tile(
      "Calibration error",
      calibration.ece.toFixed(4),
      `by chance up to ${chanceEce(calibration, 0.95).toFixed(4)}`,
    )
  }${
    tile(
      "One product, p95",
      `${latency.p95Ms.toFixed(2)} ms`,
      `median ${latency.p50Ms.toFixed(2)} ms`,
    )
  }${
    tile(
      "Majority class",
      percentText(majority.accuracy),
      `always ${esc(short(majority.code, 20))}`,
    )
  }</div>`;
}

/** `note` is HTML. */
function tile(name: string, value: string, note: string): string {
  return `<div class="tile">${esc(name)}<b>${
    esc(value)
  }</b><span class="quiet">${note}</span></div>`;
}

function rules(verdict: Verdict): string {
  const badge = (r: Rule) =>
    r.ok
      ? `<span class="badge ok">ok</span>`
      : r.severity === "error"
      ? `<span class="badge no">failed</span>`
      : `<span class="badge warn">note</span>`;
  const rows = verdict.rules.map((r) =>
    `<tr><td>${badge(r)}</td><td>${esc(r.message)}<br><code class="quiet">${
      esc(r.id)
    }</code></td></tr>`
  );
  return `<h2>Verdict</h2><div class="scroll"><table><thead><tr><th>Rule</th><th>Found</th></tr></thead><tbody>${
    rows.join("")
  }</tbody></table></div>`;
}

function comparison(verdict: Verdict, found: NonNullable<Verdict["comparison"]>): string {
  const margin = verdict.rules.find((r) => r.id === "not-inferior")?.numbers["margin"] ?? 0;
  return `<h2>Gain over the champion</h2><figure>${
    gainPlot(found, margin)
  }<figcaption>Points on ${verdict.rows} paired rows, with bootstrap intervals. McNemar p = ${
    found.mcnemar.p.toFixed(4)
  } (${found.mcnemar.candidateOnly} rows only this bundle has right, ${found.mcnemar.championOnly} only the champion). These rows would show a gain of ${
    (found.power.detectableGain * 100).toFixed(1)
  } points in 80 of 100 cases.</figcaption></figure>`;
}

function automatic(evaluation: Evaluation): string {
  const rows = evaluation.coverage.map((row) =>
    `<tr><td>${percentText(row.precision)}</td><td class="n">${
      row.confidence === null ? "never reached" : row.confidence.toFixed(3)
    }</td><td class="n">${percentText(row.coverage)}</td><td class="n">${
      row.accepted === 0
        ? "nothing accepted"
        : `${percentText(row.achieved)} (${percentText(row.achievedLow)} to ${
          percentText(row.achievedHigh)
        })`
    }</td></tr>`
  );
  return `<h2>How much can be accepted automatically</h2><div class="pair"><div class="scroll"><table><thead><tr><th>Asked precision</th><th class="n">Confidence from</th><th class="n">Accepted</th><th class="n">Right on gold</th></tr></thead><tbody>${
    rows.join("")
  }</tbody></table><p class="quiet">Thresholds were fitted out-of-fold and travel in the bundle; gold only tries them.</p></div><figure>${
    coveragePlot(evaluation)
  }</figure></div>`;
}

function calibration(evaluation: Evaluation): string {
  return `<h2>Do confidences mean what they say?</h2><figure>${
    reliabilityPlot(evaluation)
  }<figcaption>Bars: share right, faint where there are few rows. Dots on the dashed line would be perfect.</figcaption></figure>`;
}

function classes(evaluation: Evaluation, naming: Naming): string {
  const unknown = evaluation.classes.filter((c) => !c.known);
  const note = unknown.length === 0
    ? ""
    : `<p>Codes that the bundle does not know yet: ${
      unknown.map((c) => `<code>${esc(c.code)}</code> (${c.rows} rows)`).join(", ")
    }</p>`;
  const rows = evaluation.classes.map((c) =>
    `<tr><td>${esc(naming(c.code))}</td><td class="n">${c.rows}</td><td class="n">${
      percentText(c.precision)
    }</td><td class="n">${percentText(c.recall)}</td><td class="n">${percentText(c.f1)}</td></tr>`
  );
  return `<h2>Classes</h2>${note}<figure>${
    classBars(evaluation, naming, BAR_CLASSES)
  }</figure><details><summary>All classes as a table</summary><div class="scroll"><table><thead><tr><th>Class</th><th class="n">Rows</th><th class="n">Precision</th><th class="n">Recall</th><th class="n">F1</th></tr></thead><tbody>${
    rows.join("")
  }</tbody></table></div></details>`;
}

function confusions(evaluation: Evaluation, naming: Naming): string {
  const worst = evaluation.confusion.filter(([truth, guess]) => truth !== guess)
    .toSorted((a, b) => b[2] - a[2]).slice(0, LISTED);
  const rows = worst.map(([truth, guess, n]) => {
    const of = evaluation.classes[truth]!;
    return `<tr><td>${esc(naming(of.code))}</td><td>${
      esc(naming(evaluation.classes[guess]!.code))
    }</td><td class="n">${n}</td><td class="n">${percentText(n / of.rows)}</td></tr>`;
  });
  const cut = evaluation.classes.length > MATRIX_CLASSES
    ? `<p class="quiet">The ${MATRIX_CLASSES} largest classes.</p>`
    : "";
  return `<h2>What is taken for what</h2>${cut}<figure>${
    confusionPlot(evaluation, naming, MATRIX_CLASSES)
  }</figure>${
    rows.length === 0
      ? "<p>No gold row is guessed wrong.</p>"
      : `<div class="scroll"><table><thead><tr><th>Class</th><th>Taken for</th><th class="n">Rows</th><th class="n">Of the class</th></tr></thead><tbody>${
        rows.join("")
      }</tbody></table></div>`
  }`;
}

function surprising(evaluation: Evaluation, naming: Naming): string {
  const all = evaluation.predictions.filter((p) =>
    p.predicted !== p.code && p.confidence > SURPRISING
  ).toSorted((a, b) => b.confidence - a.confidence);
  if (all.length === 0) return "";
  const rows = all.slice(0, LISTED).map((p) =>
    `<tr><td><code>${esc(p.id)}</code></td><td>${esc(naming(p.code))}</td><td>${
      esc(naming(p.predicted))
    }</td><td class="n">${p.confidence.toFixed(3)}</td></tr>`
  );
  return `<h2>Labels worth a second look</h2><p class="quiet">${all.length} gold rows where the model is more than ${
    percentText(SURPRISING)
  } sure of another class.</p><div class="scroll"><table><thead><tr><th>Row</th><th>Label</th><th>Model</th><th class="n">Confidence</th></tr></thead><tbody>${
    rows.join("")
  }</tbody></table></div>`;
}
