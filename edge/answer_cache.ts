/**
 * Answers by what was asked, so that the same product is not worked on twice; bounded by memory, the least lately used
 * forgotten first.
 *
 * It holds answers of one model under one set of names: whoever changes either empties it.
 *
 * @module
 */
import { sha256 } from "@aisle/shared/hash";
import type { Answer } from "./answer.ts";
import type { ProductContent } from "./model_port.ts";

/** How often it helped, and what it holds. */
export interface CacheCounts {
  readonly hits: number;
  readonly misses: number;
  readonly bytes: number;
}

/** Bytes of an answer's objects beside its texts, roughly. */
const OBJECT_BYTES = 1_000;
/** Bytes of a character in memory at most. */
const CHAR_BYTES = 2;

/** See the module's note; with 0 bytes it keeps nothing. */
export class AnswerCache {
  readonly #maxBytes: number;
  readonly #answers = new Map<string, Answer>();
  #hits = 0;
  #misses = 0;
  #bytes = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /**
   * What stands for `product`: all that its answer depends on; null for what is not kept.
   *
   * Texts stand for themselves: to hash them would take longer than to classify them.
   */
  keyOf(
    { designation, description, explain, everyClass, pictureDigest, picture }: ProductContent,
  ): string | null {
    if (this.#maxBytes === 0 || explain === true || everyClass === true) return null;
    const digest = pictureDigest ?? (picture ? sha256(picture) : "");
    return `${designation.length}:${digest}:${designation}${description}`;
  }

  get(key: string): Answer | undefined {
    const answer = this.#answers.get(key);
    if (answer === undefined) {
      this.#misses++;
      return undefined;
    }
    this.#hits++;
    // Last in order is last to be forgotten
    this.#answers.delete(key);
    this.#answers.set(key, answer);
    return answer;
  }

  put(key: string, answer: Answer): void {
    if (this.#answers.has(key)) return;
    this.#answers.set(key, answer);
    this.#bytes += bytesOf(key);
    for (const oldest of this.#answers.keys()) {
      if (this.#bytes <= this.#maxBytes) return;
      this.#answers.delete(oldest);
      this.#bytes -= bytesOf(oldest);
    }
  }

  clear(): void {
    this.#answers.clear();
    this.#bytes = 0;
  }

  counts(): CacheCounts {
    return { hits: this.#hits, misses: this.#misses, bytes: this.#bytes };
  }
}

function bytesOf(key: string): number {
  return key.length * CHAR_BYTES + OBJECT_BYTES;
}
