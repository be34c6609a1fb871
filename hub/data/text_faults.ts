/**
 * What does not belong into a product's text: remains of web pages, and of encodings that went wrong.
 *
 * @module
 */
import type { FindingId } from "./findings.ts";

const FAULTS: readonly (readonly [id: FindingId, hint: string, pattern: RegExp])[] = [
  // A tag, its closing form or a comment; `a < b` and `<3` are text.
  ["html-tags", "<", /<\/?[a-z][^<>]*>|<!--/i],
  // A character reference, named or numeric.
  ["html-entities", "&", /&(?:[a-z]{2,8}|#\d{2,6}|#x[0-9a-f]{2,5});/i],
  ["lost-character", "\ufffd", /\ufffd/],
  // UTF-8 that was once read as Windows-1252: `Ã©` where an `é` was meant, `â€™` where a `’` was.
  ["mojibake", "Ã", /Ã[\u0080-\u00bf\u2018-\u203a€]/],
  ["mojibake", "â", /â€[™œ\u009d“”¦˜]/],
];

/** The faults of `text`, each with a little of what stands around it. */
export function* textFaults(text: string): Generator<[id: FindingId, excerpt: string]> {
  for (const [id, hint, pattern] of FAULTS) {
    // Most texts have none: a plain search is much quicker than the pattern.
    if (!text.includes(hint)) continue;
    const at = text.search(pattern);
    if (at >= 0) yield [id, text.slice(Math.max(0, at - 10), at + 30).replace(/\s+/g, " ")];
  }
}
