/**
 * Lets several fits report into the one stream of events that a training run is.
 *
 * @module
 */

/** An unbounded queue with one reader. */
export class EventChannel<Event> {
  readonly #waiting: Event[] = [];
  #wake: (() => void) | null = null;
  #end: { readonly error: unknown } | "open" | "closed" = "open";

  /** Adds `event` at the end. */
  push(event: Event): void {
    this.#waiting.push(event);
    this.#wake?.();
  }

  /** No more events; a reader that has read them all gets `error`, if there is one. */
  close(failure?: { readonly error: unknown }): void {
    if (this.#end === "open") this.#end = failure ?? "closed";
    this.#wake?.();
  }

  /** The events in order, until the channel is closed. */
  async *read(): AsyncGenerator<Event, void> {
    for (;;) {
      const event = this.#waiting.shift();
      if (event !== undefined) {
        yield event;
      } else if (this.#end === "closed") {
        return;
      } else if (this.#end !== "open") {
        throw this.#end.error;
      } else {
        await new Promise<void>((resolve) => this.#wake = resolve);
        this.#wake = null;
      }
    }
  }
}
