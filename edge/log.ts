/**
 * The edge's log: one JSON object a line, for machines first.
 *
 * Never given a product's text or a token.
 *
 * @module
 */

/** How bad it is. */
export type LogLevel = "info" | "warn" | "error";

/** Takes one event; `fields` are JSON values. */
export type Log = (level: LogLevel, message: string, fields?: Record<string, unknown>) => void;

/** Writes lines through `write`. */
export function jsonLog(write: (line: string) => void, now: () => number): Log {
  return (level, message, fields = {}) =>
    write(JSON.stringify({ at: new Date(now()).toISOString(), level, message, ...fields }));
}

/** Writes nothing; for tests. */
export const noLog: Log = () => {};
