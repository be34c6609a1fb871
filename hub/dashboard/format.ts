/**
 * Figures, times and names as the pages write them.
 *
 * @module
 */
import { html } from "hono/html";
import { inPageLanguage, localDecimal } from "./language.ts";

/** Markup that is safe to put into a page. */
export type Html = ReturnType<typeof html>;

/** A time in UTC; the script writes it in the viewer's zone. `ago` says how long ago where it is recent. */
export function time(at: string | null, form: "full" | "ago" | "clock" = "full"): Html | string {
  if (at === null) return "–";
  const text = at.replace("T", " ").replace(/(:\d\d)(:\d\d)?(\.\d+)?Z$/, "$1 UTC");
  return html`<time datetime="${at}" data-form="${form}">${text}</time>`;
}

/** A share as a percentage with one decimal. */
export function percent(share: number | null | undefined): string {
  return share === null || share === undefined || !Number.isFinite(share)
    ? "–"
    : `${fixed(share * 100, 1)}\u00a0%`;
}

/** A number with `digits` decimals. */
export function fixed(value: number, digits: number): string {
  return localDecimal(value.toFixed(digits));
}

/** Bytes with a unit. */
export function bytes(sizeBytes: number): string {
  const unit = inPageLanguage({ en: "B", fr: "o" });
  if (sizeBytes < 1000) return `${sizeBytes}\u00a0${unit}`;
  if (sizeBytes < 1e6) return `${fixed(sizeBytes / 1e3, 1)}\u00a0k${unit}`;
  if (sizeBytes < 1e9) return `${fixed(sizeBytes / 1e6, 1)}\u00a0M${unit}`;
  return `${fixed(sizeBytes / 1e9, 1)}\u00a0G${unit}`;
}

/** A whole number with thin spaces between thousands. */
export function whole(count: number): string {
  return String(count).replaceAll(/\B(?=(\d{3})+$)/g, "\u202f");
}

/** A figure with as many digits as tell something. */
export function figure(value: number | null | undefined): string {
  if (value === null || value === undefined || !Number.isFinite(value)) return "–";
  if (Number.isInteger(value)) return whole(value);
  return localDecimal(
    Math.abs(value) >= 100 ? value.toFixed(1) : String(Number(value.toPrecision(4))),
  );
}

/** The first digits of a digest. */
export function short(digest: string): string {
  return digest.slice(0, 12);
}

/** Time between two instants, in words; up to `nowMs` where the second is missing. */
export function span(from: string | null, to: string | null, nowMs: number): string {
  if (from === null) return "–";
  const seconds = Math.max(0, ((to === null ? nowMs : Date.parse(to)) - Date.parse(from)) / 1000);
  if (seconds < 60) return `${fixed(seconds, 1)} s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ${Math.floor(seconds % 60)} s`;
  return `${Math.floor(seconds / 3600)} h ${Math.floor(seconds % 3600 / 60)} min`;
}

/** How each state of a job, run or verdict looks: its colour and shape. */
const LOOKS: Readonly<Record<string, string>> = {
  succeeded: "good",
  accepted: "good",
  ok: "good",
  "up to date": "good",
  running: "busy",
  failed: "bad",
  lost: "bad",
  refused: "bad",
  silent: "bad",
  cancelled: "warn",
  behind: "warn",
  warning: "warn",
  quarantined: "warn",
  critical: "bad",
  error: "bad",
  auto: "good",
  right: "good",
  active: "good",
  revoked: "bad",
  expired: "warn",
  wrong: "bad",
  review: "warn",
};

/** A state as a word with a mark; `id` names the word, `look` and `text` stand in for the state's own. */
export function badge(
  state: string,
  options: {
    readonly id?: string;
    readonly look?: "good" | "bad" | "warn" | undefined;
    readonly text?: string;
  } = {},
): Html {
  const look = options.look ?? LOOKS[state] ?? "";
  const id = options.id === undefined ? "" : html`
    id="${options.id}"
  `;
  return html`<span class="badge ${look}"><span${id}>${options.text ?? state}</span></span>`;
}
