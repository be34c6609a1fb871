/**
 * What to do next, while a catalogue does not serve yet.
 *
 * @module
 */
import { html } from "hono/html";
import type { HubContext } from "../api/context.ts";
import type { Html } from "./format.ts";
import { textsOf } from "./language.ts";

export const TEXTS = {
  en: {
    title: "What comes next",
    welcome: "Welcome",
    catalogue: "Make a catalogue",
    catalogueText: "a name for products that are told apart by the same codes",
    data: "Bring products in",
    dataText: "a CSV and, if there are any, a zip of pictures",
    train: "Train",
    trainText: "minutes on this machine; the gate judges and promotes what is better",
    edge: "Start an edge",
    edgeText: "it takes the champion and answers: deno task edge",
    done: "done",
    demo: "Or look around first, with products made up here: deno task demo",
  },
  fr: {
    title: "La suite",
    welcome: "Bienvenue",
    catalogue: "Créer un catalogue",
    catalogueText: "un nom pour des produits que les mêmes codes distinguent",
    data: "Apporter des produits",
    dataText: "un CSV et, s’il y en a, un zip d’images",
    train: "Entraîner",
    trainText:
      "quelques minutes sur cette machine ; le contrôle juge et promeut ce qui est meilleur",
    edge: "Démarrer un nœud",
    edgeText: "il prend le champion et répond : deno task edge",
    done: "fait",
    demo: "Ou d’abord regarder, avec des produits inventés ici : deno task demo",
  },
};

/** How far a catalogue has come. */
export interface Progress {
  readonly catalogue: string | null;
  readonly data: boolean;
  readonly champion: boolean;
  readonly edges: boolean;
}

/** The steps, those done marked; nothing where all are. */
export function nextSteps(
  c: HubContext,
  { catalogue, data, champion, edges }: Progress,
): Html | "" {
  if (data && champion && edges) return "";
  const t = textsOf(c, TEXTS);
  const page = catalogue === null
    ? "/catalogue"
    : `/catalogue?catalogue=${encodeURIComponent(catalogue)}`;
  const steps = [
    { done: catalogue !== null, name: t.catalogue, text: t.catalogueText, href: page },
    { done: data, name: t.data, text: t.dataText, href: page },
    { done: champion, name: t.train, text: t.trainText, href: page },
    { done: edges, name: t.edge, text: t.edgeText, href: null },
  ];
  const now = steps.findIndex((step) => !step.done);
  return html`
    <section class="panel" id="next"
      data-live><h2>${catalogue === null ? t.welcome : t.title}</h2><ol class="steps">${steps.map((
        { done, name, text, href },
        i,
      ) =>
        html`<li${
          i === now
            ? html`
              aria-current="step"
            `
            : ""
        }${
          done
            ? html`
              class="done"
            `
            : ""
        }>${i === now && href !== null ? html`<a href="${href}">${name}</a>` : name}${
          done
            ? html`
              <small>${t.done}</small>
            `
            : html`<small class="block">${text}</small>`
        }</li>`
      )}</ol>${catalogue === null ? html`<p class="soft">${t.demo}</p>` : ""}</section>
  `;
}
