/**
 * One growable block of shared memory, handed out from the bottom up and never given back.
 *
 * WebAssembly memory, because the kernels work in it, and shared, because fits run in Workers on one copy of
 * the rows. Places are byte addresses; a view is made when needed and is stale after the memory has grown.
 *
 * @module
 */
import { AppError } from "@aisle/shared/errors";

const PAGE = 65_536;
/** Most pages of 64 KiB: wasm32 addresses 4 GiB. */
export const MAX_PAGES = 65_536;
/** Room for cache lines and for the widest vector access. */
const ALIGNMENT = 64;

/** See the module's note. */
export class Arena {
  readonly memory: WebAssembly.Memory;
  #top = ALIGNMENT;

  /** A fresh arena, or one over the memory of another thread's (which must not allocate). */
  constructor(memory?: WebAssembly.Memory) {
    this.memory = memory ??
      new WebAssembly.Memory({ initial: 1, maximum: MAX_PAGES, shared: true });
  }

  /**
   * Address of `bytes` zeroed bytes.
   *
   * @throws {AppError} `data-invalid` when 4 GiB are not enough
   */
  take(bytes: number): number {
    const address = this.#top;
    this.#reserve(address + bytes);
    this.#top = Math.ceil((address + bytes) / ALIGNMENT) * ALIGNMENT;
    return address;
  }

  /** Makes the newest block, at `address`, `bytes` long. */
  resizeLast(address: number, bytes: number): void {
    this.#reserve(address + bytes);
    this.#top = Math.ceil((address + bytes) / ALIGNMENT) * ALIGNMENT;
  }

  /** `length` 32-bit floats at `address`. */
  f32(address: number, length: number): Float32Array {
    return new Float32Array(this.memory.buffer, address, length);
  }

  /** `length` 32-bit integers at `address`. */
  i32(address: number, length: number): Int32Array {
    return new Int32Array(this.memory.buffer, address, length);
  }

  #reserve(end: number): void {
    const missing = Math.ceil(end / PAGE) - this.memory.buffer.byteLength / PAGE;
    if (missing <= 0) return;
    if (end > MAX_PAGES * PAGE) {
      throw new AppError(
        "data-invalid",
        `Cannot train in ${end} bytes of memory: the most is ${MAX_PAGES * PAGE}. ` +
          "Lower text.hashBits, or train on fewer rows or classes",
      );
    }
    this.memory.grow(missing);
  }
}
