/**
 * The pages' languages: which one a request asks for, and the texts of a page in it.
 *
 * Texts lie beside the page that shows them, as one constant with the same keys in each language. What the hub
 * itself writes down (histories, logs, problem documents) stays English.
 *
 * @module
 */
import { AsyncLocalStorage } from "node:async_hooks";
import type { MiddlewareHandler } from "hono";
import { deleteCookie, getCookie, setCookie } from "hono/cookie";
import { AppError } from "@aisle/shared/errors";
import type { HubContext } from "../api/context.ts";
import { formField, localPath } from "./forms.ts";

/** Languages of the pages, by the code that `<html lang>` takes, each under its own name. */
export const LANGUAGES = { en: "English", fr: "Français" } as const;
/** One of {@linkcode LANGUAGES}. */
export type Language = keyof typeof LANGUAGES;

/** Holds the language that somebody chose. */
const LANGUAGE_COOKIE = "lang";
const YEAR_S = 365 * 86_400;

/** One text, or one that is made from values. */
export type Text = string | ((...values: never[]) => string);

/** Texts of one page: `const TEXTS = { en: {...}, fr: {...} } satisfies Texts`. */
export type Texts = Readonly<Record<Language, Readonly<Record<string, Text>>>>;

/** Texts that have the shape of `T`: a string where it has one, a function of the same values where it has one. */
type Like<T> = {
  readonly [K in keyof T]: T[K] extends (...values: infer V) => string ? (...values: V) => string
    : string;
};

/** The language that the request asks for: the cookie's, else the first known one that the browser names. */
export function languageOf(c: HubContext): Language {
  const chosen = getCookie(c, LANGUAGE_COOKIE);
  return isLanguage(chosen) ? chosen : preferredLanguage(c.req.header("accept-language") ?? "");
}

/** The texts of the request's language; a missing key in French is a type error here. */
export function textsOf<T extends Readonly<Record<string, Text>>>(
  c: HubContext,
  texts: { readonly en: T; readonly fr: Like<NoInfer<T>> },
): Like<T> {
  return texts[languageOf(c)] as Like<T>;
}

/** The language of the page that is being made: figures are written far from the request that asks for them. */
const WRITING = new AsyncLocalStorage<Language>();

/** Lets figures of the pages behind it be written in the request's language. */
export const writeInLanguage: MiddlewareHandler = (c, next) =>
  WRITING.run(languageOf(c as HubContext), next);

/** `digits`, a number with a point, as the page's language writes it. */
export function localDecimal(digits: string): string {
  return WRITING.getStore() === "fr" ? digits.replace(".", ",") : digits;
}

/** One of `words`: the one of the page's language, else the English one. */
export function inPageLanguage(words: Readonly<Record<Language, string>>): string {
  return words[WRITING.getStore() ?? "en"];
}

/** The known language of highest weight in an Accept-Language header (RFC 9110, 12.5.4); English where none is. */
export function preferredLanguage(header: string): Language {
  const ranked = header.split(",").map((part) => {
    const [range = "", ...params] = part.split(";").map((piece) => piece.trim());
    const weight = params.find((param) => param.startsWith("q="))?.slice(2);
    return { base: range.split("-")[0]!.toLowerCase(), q: weight === undefined ? 1 : +weight };
  }).filter(({ base, q }) => isLanguage(base) && q > 0).toSorted((a, b) => b.q - a.q);
  return (ranked[0]?.base ?? "en") as Language;
}

/** Keeps the language that somebody chose and returns to the page. */
export async function languageAction(c: HubContext): Promise<Response> {
  const lang = await formField(c, "lang");
  if (lang === "auto") deleteCookie(c, LANGUAGE_COOKIE, { path: "/" });
  else if (isLanguage(lang)) {
    setCookie(c, LANGUAGE_COOKIE, lang, { path: "/", sameSite: "Lax", maxAge: YEAR_S });
  } else {
    throw new AppError("input-invalid", `Cannot show the pages in this language: it is ${lang}`);
  }
  return c.redirect(localPath(await formField(c, "back")), 303);
}

function isLanguage(text: string | undefined): text is Language {
  return text !== undefined && Object.hasOwn(LANGUAGES, text);
}
