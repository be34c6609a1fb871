/**
 * What reading pictures was worth: text, picture and both on gold rows, the encoder, and the pictures left unread.
 *
 * @module
 */
import { html } from "hono/html";
import type { HubContext } from "../api/context.ts";
import { figure, type Html, percent, whole } from "./format.ts";
import { textsOf } from "./language.ts";
import { asRecord } from "./stored_json.ts";
import { table } from "./tables.ts";

export const TEXTS = {
  en: {
    title: "Text and pictures on gold rows",
    readFrom: "Read from",
    weightedF1: "Weighted F1",
    text: "Text alone",
    image: "Picture alone",
    fused: "Both, every picture read",
    served: "As served: pictures where the text is unsure",
    unread: "Pictures left unread",
    sure: (share: string) => `, where the text is ${share} sure`,
    invalid: "Unreadable",
    encoder: "Encoder",
    pixels: (size: string) => `${size} x ${size} pixels`,
    handmade: ", hand-made features",
    fusion: "Fusion",
    head: "a trained head over",
    sum: "weighted sum of",
    weights: (text: string, image: string) => `text ${text} and picture ${image}`,
  },
  fr: {
    title: "Texte et images sur les produits gold",
    readFrom: "Lu dans",
    weightedF1: "F1 pondéré",
    text: "Texte seul",
    image: "Image seule",
    fused: "Les deux, chaque image lue",
    served: "En service : l’image quand le texte hésite",
    unread: "Images non lues",
    sure: (share: string) => `, quand le texte est sûr à ${share}`,
    invalid: "Illisibles",
    encoder: "Encodeur",
    pixels: (size: string) => `${size} x ${size} pixels`,
    handmade: ", traits calculés",
    fusion: "Fusion",
    head: "une tête entraînée sur",
    sum: "somme pondérée de",
    weights: (text: string, image: string) => `texte ${text} et image ${image}`,
  },
};

const BRANCHES = [
  ["textWeightedF1", "text"],
  ["imageWeightedF1", "image"],
  ["fusedWeightedF1", "fused"],
  ["servedWeightedF1", "served"],
] as const;

/**
 * The panel; nothing for a bundle that reads text alone.
 *
 * @param metrics  by name, without the group that runs put before it
 * @param manifest of the bundle, where it is known
 */
export function picturePanel(
  c: HubContext,
  metrics: Readonly<Record<string, number | null>>,
  manifest: Readonly<Record<string, unknown>> = {},
): Html | "" {
  if (typeof metrics["fusedWeightedF1"] !== "number") return "";
  const fused = asRecord(manifest["fused"]), image = asRecord(fused["image"]);
  const encoder = asRecord(image["encoder"]), recipe = asRecord(image["recipe"]);
  const fusion = asRecord(fused["fusion"]), cascade = asRecord(fused["cascade"]);
  const invalid = metrics["picturesInvalid"] ?? 0, t = textsOf(c, TEXTS);
  const sure = cascade["confidence"], method = fusion["method"];
  return html`
    <section class="panel" id="pictures"><h2>${t.title}</h2>${table(
      [t.readFrom, { number: t.weightedF1 }],
      BRANCHES.map(([name, told]) =>
        html`
          <tr>
            <td>${t[told]}</td>
            <td class="number">${percent(metrics[name])}</td>
          </tr>
        `
      ),
      "",
    )}
    <dl class="facts">
    <dt>${t.unread}</dt><dd>${percent(metrics["picturesSkipped"])}${typeof sure === "number"
      ? t.sure(percent(sure))
      : ""}</dd>
    ${invalid === 0 ? "" : html`
      <dt>${t.invalid}</dt>
      <dd>${whole(invalid)}</dd>
    `}
    ${encoder["name"] === undefined ? "" : html`
      <dt>${t.encoder}</dt>
      <dd>${String(encoder["name"])}, ${t.pixels(String(recipe["size"]))}${image["handmade"] ===
            null || image["handmade"] === undefined
        ? ""
        : t.handmade}</dd>
    `}
    ${method === undefined ? "" : html`
      <dt>${t.fusion}</dt>
      <dd>${method === "head" ? t.head : t.sum} ${t.weights(
        figure(Number(fusion["textWeight"])),
        figure(Number(fusion["imageWeight"])),
      )}</dd>
    `}
    </dl></section>
  `;
}
