/**
 * The style of report pages: light and dark by the reader's setting, printable, readable on a phone.
 *
 * @module
 */

/** Content of the page's one style element. */
export const REPORT_STYLE = `
:root { color-scheme: light dark; --ink: #1c2430; --soft: #5b6675; --page: #fff; --card: #f5f7fa; --rule: #d9dfe7;
  --bar: #2f6fde; --good: #2f8f5b; --bad: #c8442f; --mark: #b35c00; }
@media (prefers-color-scheme: dark) {
  :root { --ink: #e6eaf0; --soft: #9aa6b6; --page: #11161d; --card: #1a212b; --rule: #303a47;
    --bar: #6ea0ff; --good: #5cc48c; --bad: #ff7d66; --mark: #ffb454; }
}
* { box-sizing: border-box; }
body { margin: 0; background: var(--page); color: var(--ink); font: 15px/1.5 system-ui, sans-serif; }
main { max-width: 1060px; margin: 0 auto; padding: 24px 20px 60px; }
h1 { font-size: 1.5rem; margin: 0 0 4px; overflow-wrap: anywhere; }
h2 { font-size: 1.1rem; margin: 36px 0 10px; }
p { margin: 6px 0; }
.quiet, figcaption { color: var(--soft); font-size: .9em; }
code { font-size: .9em; overflow-wrap: anywhere; }
.badge { display: inline-block; padding: 2px 10px; border-radius: 999px; color: var(--page); font-weight: 600; }
.badge.ok { background: var(--good); } .badge.no { background: var(--bad); } .badge.warn { background: var(--mark); }
.tiles { display: grid; grid-template-columns: repeat(auto-fit, minmax(150px, 1fr)); gap: 10px; margin: 18px 0; }
.tile { background: var(--card); border-radius: 8px; padding: 10px 14px; }
.tile b { display: block; font-size: 1.35rem; }
.pair { display: grid; grid-template-columns: repeat(auto-fit, minmax(300px, 1fr)); gap: 20px; }
figure { margin: 0; min-width: 0; overflow-x: auto; }
table { border-collapse: collapse; width: 100%; }
th, td { text-align: left; padding: 5px 10px 5px 0; border-bottom: 1px solid var(--rule); vertical-align: top; }
td.n, th.n { text-align: right; font-variant-numeric: tabular-nums; }
.scroll { overflow-x: auto; }
svg { max-width: 100%; height: auto; } svg.wide { min-width: 560px; }
td .badge { white-space: nowrap; }
svg text { fill: var(--ink); font: 11px system-ui, sans-serif; }
svg text.on { fill: var(--page); }
svg .grid { stroke: var(--rule); } svg .ideal { stroke: var(--soft); stroke-dasharray: 4 4; }
svg .limit { stroke: var(--bad); stroke-dasharray: 2 3; }
svg .bar { fill: var(--bar); } svg .soft { fill: var(--soft); fill-opacity: .5; } svg .ground { fill: var(--card); }
svg .good { fill: var(--good); } svg .bad { fill: var(--bad); } svg .dot { fill: var(--mark); }
svg .curve { fill: none; stroke: var(--bar); stroke-width: 2; } svg .whisker { stroke: var(--mark); stroke-width: 2; }
@media print { figure { break-inside: avoid; } }
`;
