/**
 * Asks a thread of its own which digests files name, one file after the other.
 *
 * @module
 */
import type { LinkAnswer, LinkAsk } from "./link_worker.ts";

/** See the module's note; dispose it. */
export class LinkReader implements Disposable {
  readonly #worker: Worker;
  #waiting: PromiseWithResolvers<LinkAnswer> | null = null;

  /** A reader that knows the digests `known`, and may read under `folder` alone. */
  constructor(known: Iterable<string>, folder: string) {
    this.#worker = new Worker(new URL("./link_worker.ts", import.meta.url), {
      type: "module",
      name: "links",
      deno: { permissions: { read: [folder] } },
    });
    this.#worker.onmessage = ({ data }: MessageEvent<LinkAnswer>) => this.#waiting?.resolve(data);
    this.#worker.onerror = (event) => {
      event.preventDefault();
      this.#waiting?.resolve({ failure: event.message });
    };
    this.#ask({ known: [...known] });
  }

  /** Known digests that the file names. */
  async linksOf(path: string): Promise<readonly string[]> {
    this.#waiting = Promise.withResolvers();
    this.#ask({ path });
    const answer = await this.#waiting.promise;
    if ("found" in answer) return answer.found;
    throw new Error(`Cannot read ${path} for what it names: ${answer.failure}`);
  }

  [Symbol.dispose](): void {
    this.#worker.terminate();
  }

  #ask(ask: LinkAsk): void {
    this.#worker.postMessage(ask);
  }
}
