/**
 * Which blobs some bytes name. What a blob is made of does not matter: a digest is found as hexadecimal text or as 32
 * raw bytes, at any place, in plain or gzipped bytes. So a format that nobody told garbage collection of keeps what
 * it names; the price is that a digest that stands there by chance, or as history, keeps its blob as well.
 *
 * @module
 */

const DIGITS = 64, BYTES = 32;
/** Keys are the first three bytes of a digest. */
const KEYS = 1 << 24;

/** 1 for the ASCII codes of 0-9 and a-f. */
const IS_HEX = new Uint8Array(256);
for (const char of "0123456789abcdef") IS_HEX[char.charCodeAt(0)] = 1;

/** Finds the digests of a fixed set of blobs. */
export class LinkFinder {
  readonly #known: ReadonlySet<string>;
  /** One bit a key: set where a known digest begins with it. */
  readonly #keys = new Uint8Array(KEYS / 8);

  constructor(known: ReadonlySet<string>) {
    this.#known = known;
    for (const digest of known) {
      const key = Number.parseInt(digest.slice(0, 6), 16);
      this.#keys[key >> 3]! |= 1 << (key & 7);
    }
  }

  /** Known digests in `text`, hexadecimal. */
  inText(text: string, found: Set<string> = new Set()): Set<string> {
    for (const [run] of text.matchAll(/[0-9a-f]{64,}/g)) {
      for (let at = 0; at + DIGITS <= run.length; at++) {
        const digest = run.slice(at, at + DIGITS);
        if (this.#known.has(digest)) found.add(digest);
      }
    }
    return found;
  }

  /** Known digests in the bytes that `stream` brings, or in what they unpack to. */
  async inStream(stream: ReadableStream<Uint8Array<ArrayBuffer>>): Promise<Set<string>> {
    const found = new Set<string>();
    const reader = stream.getReader();
    const first = await reader.read();
    if (first.done) return found;
    const zipped = first.value[0] === 0x1f && first.value[1] === 0x8b;
    const whole = ReadableStream.from((async function* () {
      yield first.value;
      for (let next = await reader.read(); !next.done; next = await reader.read()) yield next.value;
    })());
    if (!zipped) {
      await this.#scan(whole, found);
      return found;
    }
    const [packed, plain] = whole.tee();
    // Damaged or not gzip after all: then the bytes as they are count alone.
    const unpacked = this.#scan(packed.pipeThrough(new DecompressionStream("gzip")), found)
      .catch(() => {});
    await Promise.all([unpacked, this.#scan(plain, found)]);
    return found;
  }

  async #scan(stream: ReadableStream<Uint8Array>, found: Set<string>): Promise<void> {
    let tail = new Uint8Array(0);
    for await (const piece of stream) {
      const bytes = new Uint8Array(tail.length + piece.length);
      bytes.set(tail);
      bytes.set(piece, tail.length);
      this.inBytes(bytes, found);
      // A digest may lie across two pieces.
      tail = bytes.slice(Math.max(0, bytes.length - DIGITS + 1));
    }
  }

  /** Known digests in `bytes` as they are. */
  inBytes(bytes: Uint8Array, found: Set<string> = new Set()): Set<string> {
    let hex = 0, key = 0;
    for (let i = 0; i < bytes.length; i++) {
      const byte = bytes[i]!;
      key = (key << 8 | byte) & (KEYS - 1);
      if ((this.#keys[key >> 3]! & 1 << (key & 7)) !== 0 && i >= 2) {
        const digest = bytes.subarray(i - 2, i - 2 + BYTES).toHex();
        if (this.#known.has(digest)) found.add(digest);
      }
      if (IS_HEX[byte] === 0) hex = 0;
      else if (++hex >= DIGITS && this.#maybe(bytes, i - DIGITS + 1)) {
        const digest = ascii(bytes.subarray(i - DIGITS + 1, i + 1));
        if (this.#known.has(digest)) found.add(digest);
      }
    }
    return found;
  }

  /** Whether a known digest begins with the six digits at `at`. */
  #maybe(bytes: Uint8Array, at: number): boolean {
    let key = 0;
    for (let i = at; i < at + 6; i++) {
      const code = bytes[i]!;
      key = key << 4 | (code <= 0x39 ? code - 0x30 : code - 0x57);
    }
    return (this.#keys[key >> 3]! & 1 << (key & 7)) !== 0;
  }
}

function ascii(bytes: Uint8Array): string {
  return String.fromCharCode(...bytes);
}
