/**
 * Waits for something to become true, with an end.
 *
 * @module
 */
import { AppError } from "@aisle/shared/errors";

const POLL_MS = 100;
const TIMEOUT_MS = 60_000;

/** Options of the waits. */
export interface WaitOptions {
  readonly signal: AbortSignal;
  /** Resolves when the process that is waited for has ended. */
  readonly died?: Promise<unknown> | undefined;
  readonly timeoutMs?: number | undefined;
}

/** Asks `probe` until it gives a value. @throws {AppError} `not-ready` after the time-out, `cancelled` */
export async function waitFor<T>(
  what: string,
  probe: () => Promise<T | undefined>,
  options: WaitOptions,
): Promise<T> {
  const endMs = performance.now() + (options.timeoutMs ?? TIMEOUT_MS);
  let died = false;
  options.died?.then(() => died = true);
  while (true) {
    const value = await probe();
    if (value !== undefined) return value;
    if (options.signal.aborted) {
      throw new AppError("cancelled", `Waiting for ${what} was cancelled`);
    }
    if (died) throw new AppError("not-ready", `${what}: its process has ended`);
    if (performance.now() > endMs) throw new AppError("not-ready", `${what} took too long`);
    await new Promise((done) => setTimeout(done, POLL_MS));
  }
}

/** Waits until `url` answers 2xx. */
export async function waitForOk(url: string, options: WaitOptions): Promise<void> {
  await waitFor(url, async () => {
    try {
      const response = await fetch(url);
      await response.body?.cancel();
      return response.ok ? true : undefined;
    } catch (error) {
      // Nobody listens yet.
      if (error instanceof TypeError) return undefined;
      throw error;
    }
  }, options);
}
