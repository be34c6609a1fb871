/**
 * The thread that reads blobs for digests: bytes by the gigabyte, beside a hub that answers.
 *
 * @module
 */
import { messageOf } from "@aisle/shared/errors";
import { LinkFinder } from "./links.ts";

/** What is asked: first which digests are known, then which of them a file names. */
export type LinkAsk =
  | { readonly known: readonly string[] }
  | { readonly path: string };

/** What it says of a file. */
export type LinkAnswer = { readonly found: readonly string[] } | { readonly failure: string };

const scope = globalThis as unknown as {
  onmessage: ((event: MessageEvent<LinkAsk>) => void) | null;
  postMessage(answer: LinkAnswer): void;
};
let finder = new LinkFinder(new Set());
scope.onmessage = async ({ data }) => {
  if ("known" in data) {
    finder = new LinkFinder(new Set(data.known));
    return;
  }
  try {
    const file = await Deno.open(data.path);
    scope.postMessage({ found: [...await finder.inStream(file.readable)] });
  } catch (error) {
    scope.postMessage({ failure: messageOf(error) });
  }
};
