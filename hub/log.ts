/**
 * The hub's log: one JSON line an event, to standard error, so that standard output stays the commands' own.
 *
 * Lines carry what they were written about (request, job, run) without being told: see {@linkcode inLogContext}. Never
 * log a token, a key or a product's text; should one slip in, what looks like a secret is taken out on the way.
 *
 * @module
 */
import { AsyncLocalStorage } from "node:async_hooks";

/** Levels from quiet to loud. */
export const LOG_LEVELS = ["error", "warn", "info", "debug"] as const;
/** One of {@linkcode LOG_LEVELS}. */
export type LogLevel = (typeof LOG_LEVELS)[number];

/** Writes one event with its particulars. */
export interface Log {
  (level: LogLevel, message: string, fields?: Readonly<Record<string, unknown>>): void;
}

/** What lines are about: `requestId`, `job`, `run`. */
export type LogFields = Readonly<Record<string, unknown>>;

const current = new AsyncLocalStorage<{ fields: LogFields }>();

/** Does `work`; every line written meanwhile, however deep inside, carries `fields`. */
export function inLogContext<T>(fields: LogFields, work: () => T): T {
  return current.run({ fields: { ...current.getStore()?.fields, ...fields } }, work);
}

/** Adds `fields` to the lines of the {@linkcode inLogContext} around, from now on; nothing where there is none. */
export function addToLogContext(fields: LogFields): void {
  const context = current.getStore();
  if (context !== undefined) context.fields = { ...context.fields, ...fields };
}

/** A {@linkcode Log} that writes events of `level` and more serious ones. */
export function createLog(level: LogLevel, write: (line: string) => void = toStderr): Log {
  const limit = LOG_LEVELS.indexOf(level);
  return (eventLevel, message, fields = {}) => {
    if (LOG_LEVELS.indexOf(eventLevel) > limit) return;
    const at = new Date().toISOString();
    const line = { at, level: eventLevel, message, ...current.getStore()?.fields, ...fields };
    write(JSON.stringify(line, hideSecrets) + "\n");
  };
}

/** Logs nothing; for one-shot commands and tests. */
export const noLog: Log = () => {};

const HIDDEN = "[redacted]";
/** Names of members whose value nobody should read. */
const SECRET_NAME = /token|secret|passphrase|password|authorization|cookie|privatekey|pkcs8/i;
/** The hub's tokens, bearer headers, the local token of a start (two UUIDs), credentials in addresses, keys. */
const SECRET_TEXT = [
  /aisle_[a-z]+_[\w-]{20,}/g,
  /(?<=Bearer\s+)[^\s"',;]+/gi,
  /[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/g,
  /(?<=:\/\/)[^/\s"@]+(?=@)/g,
  /eyJ[\w-]+\.[\w-]+\.[\w-]+/g,
  /-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(?:-----END [A-Z ]*PRIVATE KEY-----|$)/gs,
];

/** `text` without what looks like a secret. */
export function redact(text: string): string {
  return SECRET_TEXT.reduce((left, pattern) => left.replaceAll(pattern, HIDDEN), text);
}

function hideSecrets(name: string, value: unknown): unknown {
  if (typeof value !== "string") return value;
  return SECRET_NAME.test(name) ? HIDDEN : redact(value);
}

const encoder = new TextEncoder();
function toStderr(line: string): void {
  Deno.stderr.writeSync(encoder.encode(line));
}
