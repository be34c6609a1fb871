/**
 * What reading pictures was worth: text, picture and both on gold rows, the encoder, and the pictures left unread.
 *
 * @module
 */
import { html } from "hono/html";
import { figure, type Html, percent, whole } from "./format.ts";
import { asRecord } from "./stored_json.ts";
import { table } from "./tables.ts";

const BRANCHES = [
  ["textWeightedF1", "Text alone"],
  ["imageWeightedF1", "Picture alone"],
  ["fusedWeightedF1", "Both, every picture read"],
  ["servedWeightedF1", "As served: pictures where the text is unsure"],
] as const;

/**
 * The panel; nothing for a bundle that reads text alone.
 *
 * @param metrics  by name, without the group that runs put before it
 * @param manifest of the bundle, where it is known
 */
export function picturePanel(
  metrics: Readonly<Record<string, number | null>>,
  manifest: Readonly<Record<string, unknown>> = {},
): Html | "" {
  if (typeof metrics["fusedWeightedF1"] !== "number") return "";
  const fused = asRecord(manifest["fused"]), image = asRecord(fused["image"]);
  const encoder = asRecord(image["encoder"]), recipe = asRecord(image["recipe"]);
  const fusion = asRecord(fused["fusion"]), cascade = asRecord(fused["cascade"]);
  const invalid = metrics["picturesInvalid"] ?? 0;
  return html`
    <section class="panel" id="pictures"><h2>Text and pictures on gold rows</h2>${table(
      ["Read from", { number: "Weighted F1" }],
      BRANCHES.map(([name, told]) =>
        html`
          <tr>
            <td>${told}</td>
            <td class="number">${percent(metrics[name])}</td>
          </tr>
        `
      ),
      "",
    )}
    <dl class="facts">
    <dt>Pictures left unread</dt><dd>${percent(
      metrics["picturesSkipped"],
    )}${typeof cascade["confidence"] === "number"
      ? `, where the text is ${percent(cascade["confidence"])} sure`
      : ""}</dd>
    ${invalid === 0 ? "" : html`
      <dt>Unreadable</dt>
      <dd>${whole(invalid)}</dd>
    `}
    ${encoder["name"] === undefined ? "" : html`
      <dt>Encoder</dt>
      <dd>${String(encoder["name"])}, ${String(recipe["size"])} x ${String(
        recipe["size"],
      )} pixels${image["handmade"] === null || image["handmade"] === undefined
        ? ""
        : ", hand-made features"}</dd>
    `}
    ${fusion["method"] === undefined ? "" : html`
      <dt>Fusion</dt>
      <dd>${fusion["method"] === "head" ? "a trained head over" : "weighted sum of"} text ${figure(
        Number(fusion["textWeight"]),
      )} and picture ${figure(Number(fusion["imageWeight"]))}</dd>
    `}
    </dl></section>
  `;
}
