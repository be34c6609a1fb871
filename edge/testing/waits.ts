/**
 * Waiting in tests: for a condition, never for a time.
 *
 * @module
 */
import type { Clock } from "../waiting.ts";

/** Resolves when `condition` holds; fails after `limitMs`. */
export async function until(
  condition: () => boolean | Promise<boolean>,
  what: string,
  limitMs = 5_000,
): Promise<void> {
  const deadline = Date.now() + limitMs;
  while (!await condition()) {
    if (Date.now() > deadline) throw new Error(`Waited ${limitMs} ms in vain for: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

/** A clock that a test moves; sleeps end when it has moved far enough. */
export class FakeClock implements Clock {
  #now = Date.UTC(2026, 0, 1);
  #sleepers = new Set<{ until: number; wake: () => void }>();

  now = (): number => this.#now;
  monotonicMs = (): number => this.#now;
  random = (): number => 0.5;
  sleep = (ms: number, signal?: AbortSignal): Promise<void> =>
    new Promise((resolve) => {
      if (signal?.aborted) return resolve();
      const sleeper = {
        until: this.#now + ms,
        wake: () => {
          this.#sleepers.delete(sleeper);
          signal?.removeEventListener("abort", sleeper.wake);
          resolve();
        },
      };
      this.#sleepers.add(sleeper);
      signal?.addEventListener("abort", sleeper.wake);
    });

  /** Sleepers now. */
  get sleeping(): number {
    return this.#sleepers.size;
  }

  /** Moves on by `ms` and lets what woke run. */
  async advance(ms: number): Promise<void> {
    this.#now += ms;
    for (const sleeper of [...this.#sleepers]) if (sleeper.until <= this.#now) sleeper.wake();
    await new Promise((resolve) => setTimeout(resolve, 0));
  }
}
