/**
 * `catalog.json` of the replaced stack: codes and labels, in any of the shapes in which such files are written.
 *
 * @module
 */
import { AppError, messageOf } from "@aisle/shared/errors";
import type { LabelEntry } from "../registry/labels.ts";

/** Members that hold a code or a label, first one first. */
const CODE = ["code", "prdtypecode", "id", "class"], LABEL = ["label", "name", "title"];

/**
 * The entries of `text`: `{code: label}`, `{label: code}` with whole numbers as codes, `{key: {code, label}}`, a list of
 * `{code, label}` or of `[code, label]`, or a list of labels whose places are the codes.
 *
 * @throws {AppError} `usage` for anything else, for an empty label, and for a code that has two labels
 */
export function readCatalog(text: string, file: string): LabelEntry[] {
  const wrong = (why: string) => new AppError("usage", `Cannot use ${file}: ${why}`);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw wrong(`it is not JSON: ${messageOf(error)}`);
  }
  if (typeof value !== "object" || value === null) throw wrong("it holds neither object nor list");
  const items = Array.isArray(value)
    ? value.map((item, i) => entryOf(String(i), item))
    : turned(Object.entries(value)).map(([key, item]) => entryOf(key, item));
  const entries = new Map<string, string>();
  for (const [i, entry] of items.entries()) {
    if (entry === null || entry.code === "" || entry.name.trim() === "") {
      throw wrong(`entry ${i + 1} has no code or no label`);
    }
    const { code, name } = entry, before = entries.get(code);
    if (before !== undefined && before !== name) {
      throw wrong(`code ${code} has two labels: ${before} and ${name}`);
    }
    entries.set(code, name);
  }
  return [...entries].map(([code, name]) => ({ code, name }));
}

/** `{label: code}` the other way round; told by values that are whole numbers where the keys are not. */
function turned(members: readonly (readonly [string, unknown])[]) {
  const whole = (value: unknown) => /^-?\d+$/.test(String(value));
  return members.length > 0 && members.every(([key, value]) => whole(value) && !whole(key))
    ? members.map(([key, value]) => [String(value), key] as const)
    : members;
}

function entryOf(key: string, item: unknown): LabelEntry | null {
  if (typeof item === "string" || typeof item === "number") return { code: key, name: `${item}` };
  if (Array.isArray(item)) {
    return item.length === 2 ? { code: String(item[0]), name: String(item[1]) } : null;
  }
  if (typeof item !== "object" || item === null) return null;
  const members = item as Record<string, unknown>;
  const pick = (names: readonly string[]) => names.map((n) => members[n]).find((v) => v != null);
  const name = pick(LABEL);
  return name === undefined ? null : { code: String(pick(CODE) ?? key), name: String(name) };
}
