/**
 * One bundle's answer to a tried product: guesses, decision, and why.
 *
 * @module
 */
import { html, raw } from "hono/html";
import type { Heatmap } from "@aisle/shared/contract";
import { AppError } from "@aisle/shared/errors";
import { readPictureHeader } from "@aisle/shared/images";
import type { HubContext } from "../api/context.ts";
import type { Trial, TrialWord } from "../api/trial.ts";
import { figure, type Html, percent } from "./format.ts";
import { textsOf } from "./language.ts";
import { stateBadge } from "./states.ts";
import { table } from "./tables.ts";

export const TEXTS = {
  en: {
    label: "Label",
    confidence: "Confidence",
    readFrom: "Read from",
    text: "the text",
    image: "the picture",
    fused: "text and picture",
    picture: "Picture",
    none: "there is none",
    skipped: "left unread: the text is sure, or the bundle reads no pictures",
    used: "read",
    invalid: (why: string) => `unreadable: ${why}`,
    took: (ms: string) => `${ms} ms`,
    words: "Words that weigh most",
    word: "Word",
    adds: "Adds to the first guess",
    places: "Where in the picture it was seen, warm places most",
    tooLarge: "The picture is too large to be shown here.",
  },
  fr: {
    label: "Étiquette",
    confidence: "Confiance",
    readFrom: "Lu dans",
    text: "le texte",
    image: "l’image",
    fused: "le texte et l’image",
    picture: "Image",
    none: "il n’y en a pas",
    skipped: "non lue : le texte est sûr, ou le modèle ne lit pas d’images",
    used: "lue",
    invalid: (why: string) => `illisible : ${why}`,
    took: (ms: string) => `${ms} ms`,
    words: "Les mots qui pèsent le plus",
    word: "Mot",
    adds: "Apport à la première réponse",
    places: "Où l’image l’a montré, les zones chaudes le plus",
    tooLarge: "L’image est trop grande pour être montrée ici.",
  },
};

/** Larger files are not written into a page. */
const MAX_SHOWN_BYTES = 4 << 20;
const WORDS = 12;

/** The answer, with the picture under its heat map where one was read. */
export function trialPanel(
  c: HubContext,
  trial: Trial,
  picture: Uint8Array<ArrayBuffer> | null,
): Html {
  const t = textsOf(c, TEXTS), { top, decision, route, words, heatmap, ms } = trial;
  const use = trial.picture === "invalid"
    ? t.invalid(trial.pictureProblem ?? "")
    : t[trial.picture];
  return html`
    <p>${stateBadge(c, decision)} <small class="soft">${t.took(figure(Math.round(ms)))}</small></p>
    ${table(
      [t.label, { number: t.confidence }, ""],
      top.map(({ code, label, confidence }) =>
        html`
          <tr>
            <td>${label}${label === code ? "" : html`
              <small class="soft">${code}</small>
            `}</td>
            <td class="number">${percent(confidence)}</td>
            <td><meter min="0" max="1" value="${confidence}" aria-label="${label}"></meter></td>
          </tr>
        `
      ),
      "",
    )}
    <dl class="facts">
      <dt>${t.readFrom}</dt>
      <dd>${t[route]}</dd>
      <dt>${t.picture}</dt>
      <dd>${use}</dd>
    </dl>
    ${words.length === 0 ? "" : wordBars(t, words.slice(0, WORDS))}
    ${heatmap === null || picture === null ? "" : heatFigure(t, picture, heatmap)}
  `;
}

type T = ReturnType<typeof textsOf<typeof TEXTS.en>>;

/** Contributions as bars to the right (for) and to the left (against) of nought. */
function wordBars(t: T, words: readonly TrialWord[]): Html {
  const most = Math.max(...words.map(({ contribution }) => Math.abs(contribution)), 1e-9);
  return html`<h3>${t.words}</h3>${
    table(
      [t.word, { number: t.adds }, ""],
      words.map(({ word, count, contribution }) => {
        const width = 50 * Math.abs(contribution) / most;
        const x = contribution < 0 ? 50 - width : 50;
        return html`
          <tr>
            <td>${word}${count > 1
              ? html`
                <small class="soft">× ${count}</small>
              `
              : ""}</td>
            <td class="number">${contribution > 0 ? "+" : ""}${figure(contribution)}</td>
            <td>
              <svg class="share" viewBox="0 0 100 8" aria-hidden="true">${raw(
                `<rect class="${contribution < 0 ? "against" : "for"}" x="${x.toFixed(1)}" y="0" ` +
                  `width="${width.toFixed(1)}" height="8"/>`,
              )}</svg>
            </td>
          </tr>
        `;
      }),
      "",
    )
  }`;
}

/** The picture with the map laid over it. */
function heatFigure(t: T, picture: Uint8Array<ArrayBuffer>, map: Heatmap): Html | "" {
  const size = sizeOf(picture);
  if (size === null) return "";
  const { width, height, format } = size, large = picture.length > MAX_SHOWN_BYTES;
  // What the map covers: the picture, or the square around its centre.
  const side = Math.max(width, height);
  const [mapWidth, mapHeight] = map.fit === "stretch" ? [width, height] : [side, side];
  const left = (width - mapWidth) / 2, top = (height - mapHeight) / 2;
  const cellWidth = mapWidth / map.width, cellHeight = mapHeight / map.height;
  const cells = map.values.map((value, i) => {
    const x = left + (i % map.width) * cellWidth, y = top + Math.floor(i / map.width) * cellHeight;
    return `<rect class="heat" x="${x.toFixed(2)}" y="${y.toFixed(2)}" width="${
      cellWidth.toFixed(2)
    }" height="${cellHeight.toFixed(2)}" fill-opacity="${(value * 0.65).toFixed(3)}"/>`;
  });
  return html`
    <figure>
      <svg class="heatmap" viewBox="0 0 ${width} ${height}" role="img"
        aria-label="${t.places}">${large ? "" : html`
          <image width="${width}" height="${height}" preserveAspectRatio="none"
            href="data:image/${format};base64,${picture.toBase64()}" />
        `}${raw(cells.join(""))}</svg>
      <figcaption>${t.places}. ${large ? t.tooLarge : ""}</figcaption>
    </figure>
  `;
}

/** Size as the picture is looked at, upright; null for what is no picture. */
function sizeOf(bytes: Uint8Array<ArrayBuffer>) {
  try {
    const { format, width, height, orientation } = readPictureHeader(bytes);
    return orientation > 4 ? { format, width: height, height: width } : { format, width, height };
  } catch (error) {
    if (error instanceof AppError) return null;
    throw error;
  }
}
