/**
 * The hub's log: one JSON line an event, to standard error, so that standard output stays the commands' own.
 *
 * Never log a token, a key or a product's text.
 *
 * @module
 */

/** Levels from quiet to loud. */
export const LOG_LEVELS = ["error", "warn", "info", "debug"] as const;
/** One of {@linkcode LOG_LEVELS}. */
export type LogLevel = (typeof LOG_LEVELS)[number];

/** Writes one event with its particulars. */
export interface Log {
  (level: LogLevel, message: string, fields?: Readonly<Record<string, unknown>>): void;
}

/** A {@linkcode Log} that writes events of `level` and more serious ones. */
export function createLog(level: LogLevel, write: (line: string) => void = toStderr): Log {
  const limit = LOG_LEVELS.indexOf(level);
  return (eventLevel, message, fields = {}) => {
    if (LOG_LEVELS.indexOf(eventLevel) > limit) return;
    const at = new Date().toISOString();
    write(JSON.stringify({ at, level: eventLevel, message, ...fields }) + "\n");
  };
}

/** Logs nothing; for one-shot commands and tests. */
export const noLog: Log = () => {};

const encoder = new TextEncoder();
function toStderr(line: string): void {
  Deno.stderr.writeSync(encoder.encode(line));
}
