/**
 * Values as compressed JSON lines, written and read as streams.
 *
 * @module
 */

/** Lines are handed to the compressor in pieces of about this size. */
const PIECE_CHARS = 1 << 16;

/** `values`, one JSON line each, gzipped; equal values give equal bytes. */
export function writeJsonLines(values: Iterable<unknown>): ReadableStream<Uint8Array<ArrayBuffer>> {
  const encoder = new TextEncoder();
  const iterator = values[Symbol.iterator]();
  const lines = new ReadableStream<Uint8Array<ArrayBuffer>>({
    pull(controller) {
      let piece = "";
      while (piece.length < PIECE_CHARS) {
        const next = iterator.next();
        if (next.done) {
          if (piece !== "") controller.enqueue(encoder.encode(piece));
          return controller.close();
        }
        piece += JSON.stringify(next.value) + "\n";
      }
      controller.enqueue(encoder.encode(piece));
    },
  });
  return lines.pipeThrough(new CompressionStream("gzip"));
}

/** The values that {@linkcode writeJsonLines} wrote. */
export async function* readJsonLines<T>(
  stream: ReadableStream<Uint8Array<ArrayBuffer>>,
): AsyncGenerator<T> {
  let rest = "";
  const text = stream.pipeThrough(new DecompressionStream("gzip")).pipeThrough(
    new TextDecoderStream(),
  );
  for await (const piece of text) {
    const lines = (rest + piece).split("\n");
    rest = lines.pop()!;
    for (const line of lines) yield JSON.parse(line) as T;
  }
}
