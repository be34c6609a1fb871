/**
 * Files in memory, for tests of what reads them.
 *
 * @module
 */
import type { Open } from "../source.ts";

/** A stream of `content` in pieces of `pieceBytes`. */
export function streamOf(
  content: string | Uint8Array,
  pieceBytes = 1 << 16,
): ReadableStream<Uint8Array<ArrayBuffer>> {
  const bytes = typeof content === "string"
    ? new TextEncoder().encode(content)
    : new Uint8Array(content);
  let at = 0;
  return new ReadableStream({
    pull: (controller) => {
      if (at >= bytes.length) return controller.close();
      controller.enqueue(bytes.slice(at, at + pieceBytes));
      at += pieceBytes;
    },
  });
}

/** Opens `files` by name. */
export function openOf(
  files: Readonly<Record<string, string | Uint8Array>>,
  pieceBytes?: number,
): Open {
  return (key) => {
    const content = files[key];
    if (content === undefined) throw new TypeError(`no file ${key} in this test`);
    return Promise.resolve(streamOf(content, pieceBytes));
  };
}

/** The text of a stream. */
export async function textOf(stream: ReadableStream<Uint8Array<ArrayBuffer>>): Promise<string> {
  return await new Response(stream).text();
}
