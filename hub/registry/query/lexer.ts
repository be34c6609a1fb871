/**
 * Splits the text of a query into tokens, each with its place.
 *
 * @module
 */
import { queryError } from "./query.ts";

/** One token. `text` is what was meant: quoted strings without their quotes. */
export interface Token {
  readonly kind: "word" | "string" | "name" | "number" | "operator" | "end";
  readonly text: string;
  /** From 1. */
  readonly position: number;
}

/** Longest text of a query, in characters. */
const MAX_CHARS = 10_000;

const SPACE = /[\s]+/y;
const NUMBER = /[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?(?![\w.])/y;
// Names of metrics and params hold dots, dashes and slashes; others stand in quotes.
const WORD = /[A-Za-z_][\w.\-/:]*/y;
const OPERATOR = /!=|<>|<=|>=|[=<>(),]/y;

/** The tokens of `text`, the last one of kind `end`. @throws {AppError} `input-invalid`, naming the position */
export function tokensOf(text: string): Token[] {
  if (text.length > MAX_CHARS) {
    throw queryError(MAX_CHARS, `it must have at most ${MAX_CHARS} characters`, `${text.length}`);
  }
  const tokens: Token[] = [];
  let at = 0;
  const take = (pattern: RegExp): string | null => {
    pattern.lastIndex = at;
    const found = pattern.exec(text)?.[0] ?? null;
    if (found !== null) at += found.length;
    return found;
  };
  while (take(SPACE) !== null || at < text.length) {
    const position = at + 1;
    if (at >= text.length) break;
    const quote = text[at]!;
    if (quote === "'" || quote === '"' || quote === "`") {
      const { value, end } = quoted(text, at);
      tokens.push({ kind: quote === "`" ? "name" : "string", text: value, position });
      at = end;
      continue;
    }
    let found: string | null;
    if ((found = take(NUMBER)) !== null) tokens.push({ kind: "number", text: found, position });
    else if ((found = take(WORD)) !== null) tokens.push({ kind: "word", text: found, position });
    else if ((found = take(OPERATOR)) !== null) {
      tokens.push({ kind: "operator", text: found === "<>" ? "!=" : found, position });
    } else throw queryError(position, "no word begins like this", text.slice(at, at + 20));
  }
  tokens.push({ kind: "end", text: "", position: text.length + 1 });
  return tokens;
}

/** The quoted string that begins at `start`; a quote inside is doubled. `end` is after its last quote. */
function quoted(text: string, start: number): { value: string; end: number } {
  const quote = text[start]!;
  let value = "";
  for (let at = start + 1;;) {
    const close = text.indexOf(quote, at);
    if (close < 0) throw queryError(start + 1, `a ${quote} must be closed`, text.slice(start));
    value += text.slice(at, close);
    if (text[close + 1] !== quote) return { value, end: close + 1 };
    value += quote;
    at = close + 2;
  }
}
