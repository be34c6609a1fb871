// Why the guess is what it is: the words that carried it, and where the picture spoke for it.

import { bar, byId, element, percent, signed, texts } from "./dom.js";
import { draw } from "./picture.js";

/** Words listed beside the text. */
const LISTED = 8;
/** Steps of a highlight's strength. */
const LEVELS = 4;
/** Longest side of the drawn picture. */
const SIDE = 640;

/** Shows it for `prediction` of a product whose picture is drawn from `bitmap` (null without one). */
export function showWhy(prediction, bitmap) {
  const { why, heatmap, picture, route } = prediction;
  byId("rests-on").textContent = texts[picture === "skipped" ? "routeSkipped" : `route_${route}`];
  showBranches(prediction);
  const drawn = heatmap !== undefined && bitmap !== null;
  byId("heat-figure").hidden = !drawn;
  if (drawn) showHeat(prediction, bitmap);
  byId("why-text").hidden = why === undefined;
  if (why !== undefined) showWords(why);
  byId("why").hidden = !drawn && why === undefined;
}

/** What each branch says alone, where it is not the answer. */
function showBranches({ branches = {}, route }) {
  const told = ["text", "image"].filter((name) => name !== route && branches[name]);
  byId("branches").replaceChildren(...told.map((name) => {
    const { label, confidence } = branches[name];
    return element("li", `${texts[`branch_${name}`]} ${label}, ${percent.format(confidence)}`);
  }));
}

function showHeat({ heatmap, label }, bitmap) {
  const canvas = byId("heat");
  const shown = byId("heat-shown");
  const paint = () => {
    const context = draw(canvas, bitmap, SIDE, true);
    if (shown.checked) paintHeat(context, canvas, heatmap);
  };
  shown.onchange = paint;
  paint();
  const caption = `${texts.heatCaption} ${label}`;
  byId("heat-caption").textContent = caption;
  canvas.setAttribute("aria-label", caption);
}

/** Lays the map over the picture: cold places are dimmed, warm ones shine. */
function paintHeat(context, canvas, { width, height, values, fit }) {
  const small = document.createElement("canvas");
  small.width = width;
  small.height = height;
  const pixels = new ImageData(width, height);
  values.forEach((value, i) => {
    const warm = value ** 0.7;
    pixels.data.set([20 + 235 * warm, 20 + 110 * warm, 40 - 40 * warm, 165 - 95 * warm], 4 * i);
  });
  small.getContext("2d").putImageData(pixels, 0, 0);
  const side = Math.max(canvas.width, canvas.height);
  const [w, h] = fit === "contain" ? [side, side] : [canvas.width, canvas.height];
  context.drawImage(small, (canvas.width - w) / 2, (canvas.height - h) / 2, w, h);
}

function showWords({ texts: read, words }) {
  const strongest = Math.max(...words.map((w) => Math.abs(w.contribution)), 1e-9);
  const strength = (word) => Math.abs(word.contribution) / strongest;
  const side = (word) => word.contribution < 0 ? "against" : "for";
  for (const field of ["designation", "description"]) {
    const places = words.flatMap((word) =>
      word.places.filter((p) => p.field === field).map((place) => ({ ...place, word }))
    ).sort((a, b) => a.start - b.start);
    const pieces = [];
    let at = 0;
    for (const { start, end, word } of places) {
      const level = Math.ceil(strength(word) * LEVELS);
      if (start < at || level === 0) continue;
      const mark = element("mark", read[field].slice(start, end), side(word));
      mark.dataset.level = level;
      mark.title = signed.format(word.contribution);
      pieces.push(read[field].slice(at, start), mark);
      at = end;
    }
    const shown = byId(`read-${field}`);
    shown.replaceChildren(...pieces, read[field].slice(at));
    shown.hidden = read[field] === "";
  }
  byId("words").replaceChildren(
    ...words.slice(0, LISTED).map((word) => {
      const row = element("li");
      row.append(
        element("span", word.word, "name"),
        bar(strength(word), side(word)),
        element("span", signed.format(word.contribution), "share"),
      );
      return row;
    }),
  );
}
