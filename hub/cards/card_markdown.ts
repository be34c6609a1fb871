/**
 * A model card as Markdown, for people and for repositories.
 *
 * @module
 */
import type { ModelCard } from "./model_card.ts";

/** The card as Markdown. What users wrote is shown as text: none of it is markup. */
export function cardMarkdown(card: ModelCard): string {
  const { model, signature, data, metrics, verdict, run } = card;
  const sections = [
    `# ${text(model.title)}, version ${model.version}`,
    [
      `Bundle \`${model.digest}\``,
      model.kind === "fused" ? "text and picture" : "text",
      `${(model.sizeBytes / 1e6).toFixed(1)} MB`,
      `made ${model.createdAt}`,
      ...model.aliases.length === 0 ? [] : [`**${model.aliases.join(", ")}**`],
    ].join(" · "),
    "## Intended use",
    ...card.intendedUse.map(text),
    "## Limits",
    bullets(card.limits),
    "## Input and output",
    table(
      ["field", "type", "meaning"],
      [...signature.inputs, ...signature.outputs].map(({ name, type, meaning }) => [
        `\`${name}\``,
        type,
        meaning,
      ]),
    ),
    ...signature.example === null
      ? []
      : [`Example: ${text(signature.example.designation.slice(0, 200))}`],
    "## Data",
    data === null
      ? "Not recorded."
      : `${data.rows} rows in ${Object.keys(data.classes).length} classes, data version ` +
        `\`${data.digest}\` of ${data.createdAt}; ${data.feedback} rows came from feedback, ` +
        `${data.setAside} were set aside.`,
    "## Figures on gold rows",
    ...metrics === null ? ["It was not judged."] : figures(metrics),
    ...card.classes.length === 0 ? [] : [
      "## By class",
      table(
        ["class", "rows", "gold rows", "precision", "recall", "F1"],
        card.classes.map((of) => [
          text(of.name === of.code ? of.code : `${of.name} (${of.code})`),
          of.dataRows === null ? "" : String(of.dataRows),
          String(of.goldRows),
          percent(of.precision),
          percent(of.recall),
          percent(of.f1),
        ]),
      ),
    ],
    "## Verdict",
    verdict === null
      ? "The gate has not judged it."
      : verdict.accept
      ? "The gate accepted it."
      : "The gate refused it.",
    ...verdict === null || verdict.failed.length === 0 ? [] : [bullets(verdict.failed)],
    ...run === null ? [] : [
      "## Made by",
      `Run \`${run.id}\` (${text(run.by)}), code \`${run.codeVersion ?? "unknown"}\`, ` +
      `device ${text(run.device ?? "unknown")}.`,
      table(
        ["param", "value"],
        Object.entries(run.params).map(([name, value]) => [text(name), text(String(value))]),
      ),
    ],
  ];
  return `${sections.join("\n\n")}\n`;
}

function figures(metrics: NonNullable<ModelCard["metrics"]>): string[] {
  const { scores, intervals } = metrics;
  const row = (name: string, key: keyof typeof scores) => [
    name,
    percent(scores[key]),
    `${percent(intervals[key].low)} to ${percent(intervals[key].high)}`,
  ];
  return [
    table(["figure", "value", "95 % interval"], [
      row("accuracy", "accuracy"),
      row("weighted F1", "weightedF1"),
      row("macro F1", "macroF1"),
      [`always ${text(metrics.majority.code)}`, percent(metrics.majority.accuracy), ""],
      ["calibration error", metrics.ece.toFixed(3), ""],
      ["latency, median", `${metrics.latency.p50Ms.toFixed(1)} ms`, ""],
    ]),
    ...metrics.automatic.map(({ precision, coverage, achieved }) =>
      coverage === 0
        ? `Nothing can be accepted automatically at ${percent(precision)} precision.`
        : `${percent(coverage)} can be accepted automatically at ${percent(precision)} precision ` +
          `(achieved: ${percent(achieved)}).`
    ),
  ];
}

const percent = (share: number) => `${(share * 100).toFixed(1)} %`;

function bullets(lines: readonly string[]): string {
  return lines.map((line) => `- ${text(line)}`).join("\n");
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(" | ")} |`;
  return [line(head), line(head.map(() => "---")), ...rows.map(line)].join("\n");
}

/** `value` as it stands: on one line, no character of it markup. */
function text(value: string): string {
  return value.replaceAll(/\s+/g, " ").replaceAll(
    /[\\`*_[\]<>|#&~]/g,
    (sign) => sign === "<" ? "&lt;" : sign === "&" ? "&amp;" : `\\${sign}`,
  );
}
