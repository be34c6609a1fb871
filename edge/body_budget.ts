/**
 * Reads bytes of bodies: each within a time and a size, all of them together within a budget.
 *
 * Declared sizes count from the start, others as they come: many slow senders of large bodies cannot fill the memory.
 *
 * @module
 */
import { AppError } from "@aisle/shared/errors";

/** Bounds over all bodies that are being read. */
export interface BodyBudgetLimits {
  /** Bytes of all bodies that are being read, as declared or as come. */
  readonly maxBytes: number;
  /** Longest that one body may take to come. */
  readonly timeoutMs: number;
}

/** See the module. */
export class BodyBudget {
  #used = 0;
  constructor(readonly limits: BodyBudgetLimits) {}

  /** Bytes that are being read, as declared or as come. */
  get used(): number {
    return this.#used;
  }

  /**
   * The body of `request`, at most `maxBytes`.
   *
   * @throws {AppError} `too-large`, `overloaded` where others hold the budget, `request-timeout`
   */
  async read(request: Request, maxBytes: number): Promise<Uint8Array<ArrayBuffer>> {
    const declared = request.headers.get("content-length");
    let held = 0;
    const hold = (bytes: number) => {
      // One body gets in, however large: it has a limit of its own
      if (this.#used > 0 && this.#used + bytes > this.limits.maxBytes) {
        throw new AppError(
          "overloaded",
          `Cannot read the body: ${this.limits.maxBytes} bytes of bodies are read at most, others have ${this.#used}`,
          { retryAfterSeconds: 1 },
        );
      }
      this.#used += bytes;
      held += bytes;
    };
    try {
      if (declared !== null) {
        if (Number(declared) > maxBytes) throw tooLarge(maxBytes);
        hold(Number(declared) || 0);
        // The server ends the body where its declared length does
        const bytes = await this.#inTime(request.bytes());
        if (bytes.length > maxBytes) throw tooLarge(maxBytes);
        return bytes;
      }
      if (request.body === null) return new Uint8Array();
      const reader = request.body.getReader();
      try {
        return await this.#inTime(pieces(reader, maxBytes, hold));
      } finally {
        // What has not come is not waited for; at the end of a whole body this does nothing
        reader.cancel().catch(() => {});
      }
    } finally {
      this.#used -= held;
    }
  }

  async #inTime<T>(read: Promise<T>): Promise<T> {
    const { timeoutMs } = this.limits;
    const late = Promise.withResolvers<never>();
    const timer = setTimeout(() => {
      late.reject(
        new AppError("request-timeout", `Cannot read the body: it did not come in ${timeoutMs} ms`),
      );
    }, timeoutMs);
    // It fails once the connection ends; nobody waits for it then
    read.catch(() => {});
    try {
      return await Promise.race([read, late.promise]);
    } finally {
      clearTimeout(timer);
    }
  }
}

/** A body's bytes, at most `maxBytes`; `hold` is told of each piece before it is kept. */
async function pieces(
  reader: ReadableStreamDefaultReader<Uint8Array<ArrayBuffer>>,
  maxBytes: number,
  hold: (bytes: number) => void,
): Promise<Uint8Array<ArrayBuffer>> {
  const kept: Uint8Array<ArrayBuffer>[] = [];
  let length = 0;
  for (;;) {
    const { done, value: piece } = await reader.read();
    if (done) break;
    length += piece.length;
    if (length > maxBytes) throw tooLarge(maxBytes);
    hold(piece.length);
    kept.push(piece);
  }
  return new Uint8Array(await new Blob(kept).arrayBuffer());
}

function tooLarge(maxBytes: number): AppError {
  return new AppError("too-large", `Cannot read the body: at most ${maxBytes} bytes are taken`);
}
