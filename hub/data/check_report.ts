/**
 * A check's report as one page that needs nothing else: no script, no network, light and dark.
 *
 * It holds no date: the same files give the same bytes.
 *
 * @module
 */
import type { CheckReport } from "./check.ts";
import type { Finding } from "./findings.ts";
import type { LengthStats } from "./length_stats.ts";

const STYLE = `
:root { color-scheme: light dark; --ink: #1c2024; --dim: #60646c; --paper: #fcfcfd; --line: #d9d9e0;
  --bar: #3e63dd; --error: #c62a2f; --warning: #ad5700; --info: #3358d4 }
@media (prefers-color-scheme: dark) { :root { --ink: #edeef0; --dim: #b0b4ba; --paper: #111113;
  --line: #363a3f; --bar: #7f96f5; --error: #ff9592; --warning: #ffa057; --info: #9eb1ff } }
body { font: 1rem/1.5 system-ui, sans-serif; color: var(--ink); background: var(--paper);
  max-width: 60rem; margin: 0 auto; padding: 1.5rem }
h1 { font-size: 1.5rem; margin: 0 } h2 { font-size: 1.15rem; margin: 2rem 0 .5rem }
.dim { color: var(--dim) } .error { color: var(--error) } .warning { color: var(--warning) } .info { color: var(--info) }
dl { display: flex; flex-wrap: wrap; gap: .5rem 2rem; margin: 1rem 0 } dt { color: var(--dim); font-size: .85rem }
dd { margin: 0; font-size: 1.4rem; font-variant-numeric: tabular-nums }
article { border: 1px solid var(--line); border-radius: .5rem; padding: .75rem 1rem; margin: .75rem 0 }
article h3 { font-size: 1rem; margin: 0 } article p { margin: .25rem 0 }
ul { margin: .25rem 0; padding-left: 1.25rem } li { overflow-wrap: anywhere } code { font-size: .875rem }
.plot { display: flex; gap: 8px; padding-right: 56px } svg { overflow: visible; flex: none } svg.bars { flex: 1; min-width: 0 } svg text { font: 12px system-ui, sans-serif; fill: var(--ink) }
svg rect { fill: var(--bar) } svg .dim { fill: var(--dim) }
`;

/** The page. */
export function checkReportHtml(report: CheckReport): string {
  const count = (severity: string) => report.findings.filter((f) => f.severity === severity).length;
  const verdict = report.fatal
    ? '<strong class="error">These files cannot be used as they are.</strong>'
    : report.setAside > 0
    ? "These files can be used; some rows are set aside."
    : "These files can be used.";
  const facts: [string, string | number][] = [
    ["rows", report.rows],
    ["usable", report.usable],
    ["set aside", report.setAside],
    ["classes", report.classes.length],
    ["pictures", report.pictures ?? "none given"],
    ["errors", count("error")],
    ["warnings", count("warning")],
  ];
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">
<title>Data check</title><style>${STYLE}</style></head><body><main>
<h1>Data check</h1><p>${verdict}</p>
<dl>${facts.map(([name, value]) => `<div><dt>${name}</dt><dd>${value}</dd></div>`).join("")}</dl>
<h2>Findings</h2>
${
    report.findings.length === 0
      ? "<p>Nothing was found.</p>"
      : report.findings.map(findingHtml).join("\n")
  }
${report.classes.length > 0 ? `<h2>Label balance</h2>\n${classPlot(report.classes)}` : ""}
${report.lengths.map(lengthHtml).join("\n")}
</main></body></html>
`;
}

function findingHtml({ id, severity, count, message, mend, examples }: Finding): string {
  return `<article><h3><span class="${severity}">${severity}</span> ${escapeHtml(message)}</h3>
<p class="dim"><code>${id}</code>, count ${count}. ${escapeHtml(mend)}.</p>
<ul>${
    examples.map((example) => `<li><code>${escapeHtml(example)}</code></li>`).join("")
  }</ul></article>`;
}

/** More classes than this make a plot that nobody reads. */
const MAX_BARS = 60;

function classPlot(classes: CheckReport["classes"]): string {
  const shown = classes.slice(0, MAX_BARS);
  const more = classes.length - shown.length;
  return barPlot(
    "Rows of each class",
    shown.map(({ code, rows }) => ({ label: code, value: rows })),
  ) + (more > 0 ? `<p class="dim">and ${more} smaller classes</p>` : "");
}

function lengthHtml({ column, empty, median, p95, max, histogram }: LengthStats): string {
  const last = histogram.findLastIndex((n) => n > 0);
  const bars = histogram.slice(0, last + 1).map((value, i) => {
    const [from, to] = [2 ** i - 1, 2 ** (i + 1) - 2];
    const open = i === histogram.length - 1;
    return {
      label: open ? `${from} and more` : from === to ? `${from}` : `${from} to ${to}`,
      value,
    };
  });
  return `<h2>Length of ${escapeHtml(column)}</h2>
<p class="dim">characters: median ${median}, 95 % up to ${p95}, longest ${max}; ${empty} empty</p>
${barPlot(`Rows by length of ${column}`, bars)}`;
}

/** Labels and values keep their size at every width; only the bars between them grow and shrink. */
function barPlot(title: string, bars: readonly { label: string; value: number }[]): string {
  const row = 20, height = bars.length * row;
  const most = Math.max(1, ...bars.map((bar) => bar.value));
  const labels = bars.map(({ label }, i) => {
    const short = label.length > 22 ? `${label.slice(0, 21)}…` : label;
    return `<text x="162" y="${i * row + 14}" text-anchor="end">${escapeHtml(short)}</text>`;
  });
  const lengths = bars.map(({ value }, i) => {
    const share = `${(100 * value / most).toFixed(1)}%`;
    return `<rect x="0" y="${i * row + 3}" width="${share}" height="${row - 6}" rx="2"/>` +
      `<text class="dim" x="${share}" dx="6" y="${i * row + 14}">${value}</text>`;
  });
  return `<div class="plot" role="img" aria-label="${escapeHtml(title)}">` +
    `<svg width="162" height="${height}">${labels.join("")}</svg>` +
    `<svg class="bars" height="${height}">${lengths.join("")}</svg></div>`;
}

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (c) => `&#${c.charCodeAt(0)};`);
}
