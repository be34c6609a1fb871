/**
 * A product tried on the champion and the challenger beside each other, with why: the words, the places in the picture.
 *
 * It is a form that answers with a page: nothing is kept of what is tried.
 *
 * @module
 */
import { html } from "hono/html";
import { MAX_DESCRIPTION_CHARS, MAX_DESIGNATION_CHARS } from "@aisle/shared/contract";
import { AppError } from "@aisle/shared/errors";
import { isDigest } from "@aisle/shared/hash";
import type { HubContext } from "../../api/context.ts";
import { type Trial, tryProduct } from "../../api/trial.ts";
import type { AliasState } from "../../registry/aliases.ts";
import { type Html, short } from "../format.ts";
import { textsOf } from "../language.ts";
import { chosenCatalogue, csrfField, respondWithPage } from "../layout.ts";
import { emptyState } from "../tables.ts";
import { trialPanel } from "../trial_panel.ts";

export const TEXTS = {
  en: {
    title: "Try it",
    designation: "Designation",
    description: "Description",
    picture: "Picture (JPEG, PNG or WebP)",
    tryIt: "Try it",
    champion: "The champion",
    challenger: "The challenger",
    other: "The bundle",
    none: "Nothing to try",
    noneText: "This catalogue has no bundle yet. Train one first.",
    hint: "Scored here as an edge would. Nothing of it is kept, and no figure counts it.",
    failed: "It could not be tried",
    say: "Give a designation, a description or a picture.",
    differ: "They disagree.",
    agree: "Both say the same.",
  },
  fr: {
    title: "Essayer",
    designation: "Désignation",
    description: "Description",
    picture: "Image (JPEG, PNG ou WebP)",
    tryIt: "Essayer",
    champion: "Le champion",
    challenger: "Le prétendant",
    other: "Le modèle",
    none: "Rien à essayer",
    noneText: "Ce catalogue n’a pas encore de modèle. Entraînez-en un d’abord.",
    hint: "Évalué ici comme le ferait un nœud. Rien n’en est gardé ni compté.",
    failed: "L’essai a échoué",
    say: "Donnez une désignation, une description ou une image.",
    differ: "Ils ne sont pas d’accord.",
    agree: "Les deux disent la même chose.",
  },
};

type Name = "champion" | "challenger" | "other";

/** A bundle that is asked, and what it is to the catalogue. */
interface Asked {
  readonly name: Name;
  readonly digest: string;
}

/** What stands in the form. */
interface Tried {
  readonly designation: string;
  readonly description: string;
  readonly picture: Uint8Array<ArrayBuffer> | null;
}

const NOTHING: Tried = { designation: "", description: "", picture: null };

/** Answers `/try`: the form. */
export async function tryPage(c: HubContext): Promise<Response> {
  const tried = {
    ...NOTHING,
    designation: c.req.query("designation") ?? "",
    description: c.req.query("description") ?? "",
  };
  return await page(c, c.req.query("bundle") ?? "", tried, null);
}

/** Takes the form and answers with it and what the bundles say. */
export async function tryAction(c: HubContext): Promise<Response> {
  c.set("auditNote", null);
  const body = await c.req.parseBody(), t = textsOf(c, TEXTS);
  const text = (name: string, most: number) =>
    (typeof body[name] === "string" ? body[name] : "").slice(0, most);
  const file = body["image"];
  const tried: Tried = {
    designation: text("designation", MAX_DESIGNATION_CHARS),
    description: text("description", MAX_DESCRIPTION_CHARS),
    picture: file instanceof File && file.size > 0
      ? new Uint8Array(await file.arrayBuffer())
      : null,
  };
  const bundle = text("bundle", 64);
  if (`${tried.designation}${tried.description}`.trim() === "" && tried.picture === null) {
    return await page(c, bundle, tried, html`<p class="flash bad" role="alert">${t.say}</p>`);
  }
  const catalogue = text("catalogue", 100);
  const aliases = await c.get("hub").registry.aliases.get(catalogue);
  try {
    const asked = bundlesAsked(aliases, bundle);
    const answers = await Promise.all(
      asked.map(({ digest }) => tryProduct(c.get("hub"), { catalogue, digest, product: tried })),
    );
    return await page(c, bundle, tried, results(c, asked, answers, tried), catalogue);
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    const said =
      html`<p class="flash bad" role="alert"><strong>${t.failed}</strong> ${error.message}</p>`;
    return await page(c, bundle, tried, said, catalogue);
  }
}

/** The bundle named, else champion and challenger. */
function bundlesAsked({ champion, challenger }: AliasState, bundle: string): Asked[] {
  if (isDigest(bundle)) return [{ name: "other", digest: bundle }];
  return [
    ...(champion === null ? [] : [{ name: "champion" as const, digest: champion }]),
    ...(challenger === null ? [] : [{ name: "challenger" as const, digest: challenger }]),
  ];
}

function results(
  c: HubContext,
  asked: readonly Asked[],
  answers: readonly Trial[],
  tried: Tried,
): Html {
  const t = textsOf(c, TEXTS);
  const codes = new Set(answers.map(({ top: [first] }) => first?.code));
  const both = answers.length < 2
    ? ""
    : html`<p role="status">${codes.size === 1 ? t.agree : t.differ}</p>`;
  return html`${both}<div class="grid">${
    answers.map((trial, i) =>
      html`
        <section class="panel trial"><h2>${t[asked[i]!.name]} <a class="soft"
          href="/models/${trial.digest}"><code>${short(trial.digest)}</code></a></h2>${trialPanel(
            c,
            trial,
            tried.picture,
          )}</section>
      `
    )
  }</div>`;
}

async function page(
  c: HubContext,
  bundle: string,
  tried: Tried,
  said: Html | null,
  posted?: string,
): Promise<Response> {
  const t = textsOf(c, TEXTS), chosen = await chosenCatalogue(c);
  const { catalogues } = chosen;
  const catalogue = posted !== undefined && catalogues.includes(posted) ? posted : chosen.catalogue;
  const aliases = catalogue === null ? null : await c.get("hub").registry.aliases.get(catalogue);
  const asked = aliases === null ? [] : bundlesAsked(aliases, bundle);
  const form =
    html`<form method="post" action="/ui/try" enctype="multipart/form-data" class="trial">
${csrfField(c)}<input type="hidden" name="catalogue" value="${catalogue ?? ""}">
<input type="hidden" name="bundle" value="${isDigest(bundle) ? bundle : ""}">
<label for="designation">${t.designation}</label>
<input id="designation" name="designation" maxlength="${MAX_DESIGNATION_CHARS}" value="${tried.designation}"
  autocomplete="off">
<label for="description">${t.description}</label>
<textarea id="description" name="description" rows="4" maxlength="${MAX_DESCRIPTION_CHARS}">${tried.description}</textarea>
<label for="image">${t.picture}</label>
<input id="image" type="file" name="image" accept="image/jpeg,image/png,image/webp">
<button class="main">${t.tryIt}</button> <p class="soft">${t.hint}</p></form>`;
  const body = asked.length === 0
    ? html`<section class="panel">${emptyState(t.none, t.noneText)}</section>`
    : html`<section class="panel">${form}</section>${said ?? ""}`;
  return await respondWithPage(c, {
    title: t.title,
    section: "/try",
    catalogue,
    catalogues,
    body,
  });
}
