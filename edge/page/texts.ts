/**
 * What the try-it page says, in each of its languages; a key that one language lacks does not compile.
 *
 * @module
 */

const en = {
  title: "Try it",
  intro:
    "Describe a product as a shop would list it, or show it. The model says in which aisle it belongs.",
  designation: "Designation",
  designationHint: "The product's title",
  description: "Description",
  descriptionHint: "Optional.",
  descriptionKeys: "Ctrl+Enter sends from here",
  picture: "Picture",
  pictureHint: "Drop or paste one anywhere on this page.",
  pictureChoose: "Choose a picture",
  pictureTake: "Take a photograph",
  pictureRemove: "Remove the picture",
  pictureShown: "The chosen picture",
  pictureBad: "That is no picture that can be read here: take a JPEG, PNG or WebP.",
  textOnly: "This model reads text only.",
  classify: "Classify",
  working: "Classifying…",
  loading: "Looking for the model…",
  example: "Fill in an example",
  exampleDesignation: "Garden chair made of resin, set of 4",
  exampleDescription: "Stackable chairs for terrace and garden, weather-proof, white.",
  auto: "sure enough to be accepted without a person",
  review: "a person should look",
  others: "Best guesses",
  route_text: "Read from the text.",
  route_image: "Read from the picture.",
  route_fused: "Read from text and picture together.",
  routeSkipped: "Read from the text: it was sure without the picture.",
  branch_text: "The text alone says:",
  branch_image: "The picture alone says:",
  why: "Why",
  heatCaption: "Warm places of the picture speak for",
  heatShow: "Show warm places",
  whyText:
    "The text as the model reads it; marked words speak for the guess, underlined ones against it.",
  whyWords: "Words that weigh most",
  right: "That is right",
  wrong: "The true aisle is",
  choose: "Choose…",
  send: "Send",
  newCode: "new to the model",
  thanksStored: "Thank you. The hub has stored it.",
  thanksWaiting: "Thank you. The hub cannot be reached: it is kept here and sent later.",
  thanksTwice: "Thank you. That was known already.",
  empty: "Give a designation, a description or a picture.",
  unreachable: "The edge cannot be reached.",
  failed: "That did not work:",
  noModel: "No model yet: this page works as soon as the hub has released one.",
  serving: "Serving:",
  release: "release",
  model: "model",
  classes: "aisles",
  hubAway: "the hub cannot be reached; predictions go on",
  docs: "API",
  language: "Language",
  noScript: "This page needs JavaScript. The API works without it.",
};

/** The page's texts. */
export type Texts = Readonly<Record<keyof typeof en, string>>;

const fr: Texts = {
  title: "Essayer",
  intro:
    "Décrivez un produit comme le ferait une boutique, ou montrez-le. Le modèle dit à quel rayon il appartient.",
  designation: "Désignation",
  designationHint: "Le titre du produit",
  description: "Description",
  descriptionHint: "Facultative.",
  descriptionKeys: "Ctrl+Entrée envoie d’ici",
  picture: "Image",
  pictureHint: "Déposez-la ou collez-la n’importe où sur cette page.",
  pictureChoose: "Choisir une image",
  pictureTake: "Prendre une photo",
  pictureRemove: "Retirer l’image",
  pictureShown: "L’image choisie",
  pictureBad: "Cette image ne peut être lue ici : prenez un JPEG, PNG ou WebP.",
  textOnly: "Ce modèle ne lit que le texte.",
  classify: "Classer",
  working: "Classement en cours…",
  loading: "Recherche du modèle…",
  example: "Remplir un exemple",
  exampleDesignation: "Chaise de jardin en résine, lot de 4",
  exampleDescription: "Chaises empilables pour terrasse et jardin, résistantes aux intempéries.",
  auto: "assez sûr pour être accepté sans personne",
  review: "à vérifier par une personne",
  others: "Meilleures réponses",
  route_text: "Lu dans le texte.",
  route_image: "Lu dans l’image.",
  route_fused: "Lu dans le texte et l’image ensemble.",
  routeSkipped: "Lu dans le texte : il suffisait, sans l’image.",
  branch_text: "Le texte seul dit :",
  branch_image: "L’image seule dit :",
  why: "Pourquoi",
  heatCaption: "Les zones chaudes de l’image plaident pour",
  heatShow: "Montrer les zones chaudes",
  whyText:
    "Le texte tel que le modèle le lit ; les mots marqués plaident pour la réponse, les mots soulignés contre.",
  whyWords: "Les mots qui pèsent le plus",
  right: "C’est juste",
  wrong: "Le vrai rayon est",
  choose: "Choisir…",
  send: "Envoyer",
  newCode: "inconnu du modèle",
  thanksStored: "Merci. Le hub l’a enregistré.",
  thanksWaiting: "Merci. Le hub est injoignable : c’est gardé ici et envoyé plus tard.",
  thanksTwice: "Merci. C’était déjà connu.",
  empty: "Donnez une désignation, une description ou une image.",
  unreachable: "Ce serveur est injoignable.",
  failed: "Cela n’a pas marché :",
  noModel: "Pas encore de modèle : cette page marchera dès que le hub en aura publié un.",
  serving: "En service :",
  release: "version",
  model: "modèle",
  classes: "rayons",
  hubAway: "le hub est injoignable ; les prédictions continuent",
  docs: "API",
  language: "Langue",
  noScript: "Cette page a besoin de JavaScript. L’API marche sans.",
};

/** By language. */
export const TEXTS = { en, fr } as const;
/** A language of the page. */
export type Language = keyof typeof TEXTS;

/** `asked` if the page speaks it, else the first language of the Accept-Language header that it speaks, else English. */
export function languageOf(asked: string | undefined, accepted: string | undefined): Language {
  const ranges = (accepted ?? "").split(",").map((part) => {
    const [tag = "", ...params] = part.trim().toLowerCase().split(";");
    const q = params.map((p) => /^\s*q=([\d.]+)$/.exec(p)?.[1]).find((x) => x !== undefined);
    return { language: tag.split("-")[0] ?? "", q: Number(q ?? 1) };
  });
  ranges.sort((a, b) => b.q - a.q);
  const wanted = [asked ?? "", ...ranges.filter(({ q }) => q > 0).map((r) => r.language)];
  return wanted.find((tag): tag is Language => tag === "en" || tag === "fr") ?? "en";
}
