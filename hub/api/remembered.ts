/**
 * Values read from blobs, kept for a while: what a digest names never changes, so nothing here grows stale.
 *
 * @module
 */

/** Keeps the values that were used last; those that are being read are shared by all who ask meanwhile. */
export class Remembered<T> {
  readonly #most: number;
  /** In the order of use, the last one used at the end. */
  readonly #values = new Map<string, Promise<T>>();

  /** @param most values kept */
  constructor(most: number) {
    this.#most = most;
  }

  /** The value of `name`, made by `read` unless it is kept. A failure is not kept. */
  async get(name: string, read: () => Promise<T>): Promise<T> {
    const kept = this.#values.get(name);
    const value = kept ?? read();
    this.#values.delete(name);
    this.#values.set(name, value);
    for (const oldest of this.#values.keys()) {
      if (this.#values.size <= this.#most) break;
      this.#values.delete(oldest);
    }
    try {
      return await value;
    } catch (error) {
      if (this.#values.get(name) === value) this.#values.delete(name);
      throw error;
    }
  }
}
