/**
 * Small pieces of SVG and HTML for reports: escaped text, axes, rectangles.
 *
 * Everything that was data passes `esc`; colours are CSS variables of the page, so that one plot serves light and dark.
 *
 * @module
 */

/** `text` as it may stand in HTML text and in quoted attributes. */
export function esc(text: string | number): string {
  return String(text).replace(/[&<>"']/g, (char) => `&#${char.charCodeAt(0)};`);
}

/** `x` with few digits, for coordinates. */
export function at(x: number): string {
  return String(Math.round(x * 100) / 100);
}

/** Where a plot of shares from 0 to 1 lies inside its picture. */
export interface Frame {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

/** x of a share in `frame`. */
export function xOf(frame: Frame, share: number): number {
  return frame.left + share * frame.width;
}

/** y of a share in `frame`; 1 is at the top. */
export function yOf(frame: Frame, share: number, from = 0): number {
  return frame.top + frame.height * (1 - (share - from) / (1 - from));
}

/** One picture; `label` is read out by screen readers. What is wider than a phone scrolls instead of shrinking. */
export function svg(width: number, height: number, label: string, inside: string): string {
  const kind = width > 540 ? ` class="wide"` : "";
  return `<svg${kind} viewBox="0 0 ${at(width)} ${at(height)}" width="${
    at(width)
  }" role="img" aria-label="${esc(label)}">${inside}</svg>`;
}

/** Text at a point; `anchor` is start, middle or end; `kind` names its CSS class. */
export function text(
  x: number,
  y: number,
  content: string,
  anchor: "start" | "middle" | "end" = "start",
  kind = "label",
): string {
  return `<text class="${kind}" x="${at(x)}" y="${at(y)}" text-anchor="${anchor}">${
    esc(content)
  }</text>`;
}

/** A line; `kind` names its CSS class. */
export function line(from: readonly [number, number], to: readonly [number, number], kind: string) {
  return `<line class="${kind}" x1="${at(from[0])}" y1="${at(from[1])}" x2="${at(to[0])}" y2="${
    at(to[1])
  }"/>`;
}

/** A rectangle with a tooltip. */
export function rect(box: Frame, kind: string, title: string, opacity = 1): string {
  const faded = opacity === 1 ? "" : ` fill-opacity="${at(opacity)}"`;
  return `<rect class="${kind}"${faded} x="${at(box.left)}" y="${at(box.top)}" width="${
    at(Math.max(0, box.width))
  }" height="${at(Math.max(0, box.height))}"><title>${esc(title)}</title></rect>`;
}

/** Both axes of a plot of shares, marked at quarters or at `marks`, with their names. */
export function shareAxes(
  frame: Frame,
  names: { readonly x: string; readonly y: string },
  yFrom = 0,
): string {
  const bottom = frame.top + frame.height;
  const parts: string[] = [];
  for (const share of [0, 0.25, 0.5, 0.75, 1]) {
    const x = xOf(frame, share);
    parts.push(line([x, frame.top], [x, bottom], "grid"));
    parts.push(text(x, bottom + 14, percentText(share), "middle"));
    const value = yFrom + share * (1 - yFrom);
    const y = yOf(frame, value, yFrom);
    parts.push(line([frame.left, y], [frame.left + frame.width, y], "grid"));
    parts.push(text(frame.left - 6, y + 4, percentText(value), "end"));
  }
  parts.push(text(frame.left + frame.width / 2, bottom + 30, names.x, "middle"));
  parts.push(text(frame.left - 34, frame.top - 8, names.y));
  return parts.join("");
}

/** A share in percent with as many digits as it needs. */
export function percentText(share: number): string {
  return `${Math.round(share * 1000) / 10} %`;
}
