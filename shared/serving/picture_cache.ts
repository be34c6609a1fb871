/**
 * What pictures said to a model, by the digests of their files: a picture that comes again, with another text or the
 * same, is neither decoded nor run. Bounded by memory, the least lately used forgotten first.
 *
 * @module
 */

/** Bytes of an entry beside its numbers, roughly. */
const ENTRY_BYTES = 300;

/** Scores by the picture alone, one a class; with 0 bytes it keeps nothing. */
export class PictureCache {
  readonly #maxBytes: number;
  readonly #scores = new Map<string, Float32Array>();
  #bytes = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  get(digest: string): Float32Array | undefined {
    const scores = this.#scores.get(digest);
    if (scores === undefined) return undefined;
    this.#scores.delete(digest);
    this.#scores.set(digest, scores);
    return scores;
  }

  put(digest: string, scores: Float32Array): void {
    if (this.#maxBytes === 0 || this.#scores.has(digest)) return;
    this.#scores.set(digest, scores.slice());
    this.#bytes += bytesOf(scores);
    for (const [oldest, kept] of this.#scores) {
      if (this.#bytes <= this.#maxBytes) return;
      this.#scores.delete(oldest);
      this.#bytes -= bytesOf(kept);
    }
  }
}

function bytesOf(scores: Float32Array): number {
  return scores.byteLength + ENTRY_BYTES;
}
