// Small makers of elements. Text never becomes HTML, and no style is written inline.

export const byId = (id) => document.getElementById(id);
export const texts = JSON.parse(byId("texts").textContent);
const language = document.documentElement.lang;
export const percent = new Intl.NumberFormat(language, {
  style: "percent",
  maximumFractionDigits: 1,
});
export const signed = new Intl.NumberFormat(language, {
  maximumFractionDigits: 2,
  minimumFractionDigits: 2,
  signDisplay: "always",
});

/** An element with text in it. */
export function element(name, text, className) {
  const made = document.createElement(name);
  if (text !== undefined) made.textContent = text;
  if (className) made.className = className;
  return made;
}

/** A bar as long as `share`; the number stands beside it, so it is for the eye only. */
export function bar(share, className = "") {
  const [svg, filled] = ["svg", "rect"].map((name) =>
    document.createElementNS("http://www.w3.org/2000/svg", name)
  );
  svg.setAttribute("class", `bar ${className}`);
  svg.setAttribute("aria-hidden", "true");
  filled.setAttribute("width", `${100 * share}%`);
  filled.setAttribute("height", "100%");
  svg.append(filled);
  return svg;
}

/** Sets the text only when it is another: a status that is set again is read aloud again. */
export function setText(target, text) {
  if (target.textContent !== text) target.textContent = text;
}
