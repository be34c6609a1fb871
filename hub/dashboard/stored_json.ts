/**
 * Reads small JSON blobs, such as verdicts, for showing. What is not as expected is simply not shown.
 *
 * @module
 */
import type { BlobsPort } from "../api/ports.ts";

/** Larger blobs are for downloading, not for a page. */
const MAX_BYTES = 4 << 20;

/** The blob's JSON; null when it is not here, too large or not JSON. */
export async function readJson(blobs: BlobsPort, digest: string): Promise<unknown> {
  if (!await blobs.has(digest) || await blobs.size(digest) > MAX_BYTES) return null;
  const text = await new Response(await blobs.open(digest)).text();
  try {
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    throw error;
  }
}

/** `value` as a record, empty when it is none. */
export function asRecord(value: unknown): Readonly<Record<string, unknown>> {
  return value !== null && typeof value === "object" && !Array.isArray(value)
    ? value as Readonly<Record<string, unknown>>
    : {};
}

/** `value` as a list, empty when it is none. */
export function asList(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

/** One rule of a stored verdict. */
export interface ShownRule {
  readonly id: string;
  readonly ok: boolean;
  readonly severity: string;
  readonly message: string;
  readonly numbers: Readonly<Record<string, number>>;
}

/** Rules of a stored verdict. */
export async function readRules(blobs: BlobsPort, digest: string): Promise<ShownRule[]> {
  return asList(asRecord(await readJson(blobs, digest))["rules"]).map((rule) => {
    const { id, ok, severity, message, numbers } = asRecord(rule);
    return {
      id: String(id),
      ok: ok === true,
      severity: String(severity),
      message: String(message),
      numbers: Object.fromEntries(
        Object.entries(asRecord(numbers)).filter((entry): entry is [string, number] =>
          typeof entry[1] === "number"
        ),
      ),
    };
  });
}
