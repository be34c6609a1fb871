/**
 * One block of memory that kernels and ONNX Runtime share, handed out from the bottom up.
 *
 * Not shared between threads, because ONNX Runtime refuses shared buffers, and it never grows, because views would
 * go stale: what goes in is said beforehand.
 *
 * @module
 */

const PAGE = 65_536;
/** Cache lines; also leaves room for the widest vector behind an array of any length. */
const ALIGNMENT = 64;
const ceil = (bytes: number) => Math.ceil(bytes / ALIGNMENT) * ALIGNMENT;

/** See the module's note. */
export class FixedMemory {
  readonly memory: WebAssembly.Memory;
  /** Pages of 64 KiB. */
  readonly pages: number;
  /** Address of 16 bytes for what a kernel gives back. */
  readonly result = 0;
  #top = ALIGNMENT;

  /** Memory for arrays of `lengths` 32-bit numbers. @throws RangeError where 4 GiB are not enough */
  constructor(lengths: Iterable<number>) {
    let bytes = ALIGNMENT;
    for (const length of lengths) bytes += ceil(length * 4);
    this.pages = Math.ceil(bytes / PAGE);
    this.memory = new WebAssembly.Memory({ initial: this.pages, maximum: this.pages });
  }

  /** `length` floats, zero, padded with zeros to whole vectors. */
  floats(length: number): Float32Array<ArrayBuffer> {
    return new Float32Array(this.memory.buffer as ArrayBuffer, this.#take(length), length);
  }

  /** `length` integers, zero. */
  integers(length: number): Int32Array<ArrayBuffer> {
    return new Int32Array(this.memory.buffer as ArrayBuffer, this.#take(length), length);
  }

  #take(length: number): number {
    const address = this.#top;
    this.#top += ceil(length * 4);
    return address;
  }
}
