/**
 * How long a page waits for what is not there yet. A page that would be late says so and fetches the part again.
 *
 * @module
 */

/** Well below the 200 ms in which every page is answered. */
const PATIENCE_MS = 120;

/** The value, or undefined where it takes longer than a page should. What it throws is thrown. */
export async function soon<T>(value: Promise<T>): Promise<T | undefined> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<undefined>((resolve) => {
    timer = setTimeout(() => resolve(undefined), PATIENCE_MS);
  });
  try {
    return await Promise.race([value, late]);
  } finally {
    clearTimeout(timer);
    // Whoever asks next hears of it.
    value.catch(() => {});
  }
}
