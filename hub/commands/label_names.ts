/**
 * Names of codes from a catalogue file: JSON `{ "code": "name" }`, or CSV with the columns code and name.
 *
 * @module
 */
import { parse } from "csv-parse/sync";
import { AppError, messageOf } from "@aisle/shared/errors";
import type { LabelEntry, LabelList } from "../registry/labels.ts";
import type { OptionSpec } from "./command.ts";
import type { HubClient } from "./hub_client.ts";

/** The option that names the file. */
export const NAMES: OptionSpec = {
  name: "names",
  value: "FILE",
  help: "names of the codes: JSON {code: name}, or CSV with the columns code and name",
};

/**
 * Reads a catalogue file; codes are kept byte for byte.
 *
 * @throws {AppError} `usage` when it is neither
 */
export async function readNames(file: string): Promise<LabelEntry[]> {
  let text: string;
  try {
    text = await Deno.readTextFile(file);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    throw new AppError("usage", `Cannot read ${file}: there is no such file`);
  }
  const entries = /^\s*\{/.test(text) ? fromJson(text, file) : fromCsv(text, file);
  for (const { code, name } of entries) {
    if (typeof name === "string" && name !== "" && code !== "") continue;
    throw new AppError(
      "usage",
      `Cannot use ${file}: code ${JSON.stringify(code)} needs a name: current value is ${
        JSON.stringify(name)
      }`,
    );
  }
  return entries;
}

function fromJson(text: string, file: string): LabelEntry[] {
  try {
    return Object.entries(JSON.parse(text) as Record<string, string>).map(([code, name]) => ({
      code,
      name,
    }));
  } catch (error) {
    throw new AppError("usage", `Cannot read ${file}: ${messageOf(error)}`);
  }
}

function fromCsv(text: string, file: string): LabelEntry[] {
  const rows = parse(text, { bom: true, columns: true, skip_empty_lines: true }) as Record<
    string,
    string
  >[];
  return rows.map((row) => {
    const { code, name } = row;
    if (code === undefined || name === undefined) {
      throw new AppError(
        "usage",
        `Cannot read ${file}: it needs the columns code and name, it has ${
          Object.keys(row).join(", ")
        }`,
      );
    }
    return { code, name };
  });
}

/** Adds the codes that are not there and renames those whose name differs; every other label stays. */
export async function nameLabels(
  client: HubClient,
  catalogue: string,
  entries: readonly LabelEntry[],
): Promise<void> {
  await client.json("PUT", `/api/v1/catalogues/${catalogue}`, {});
  const path = `/api/v1/catalogues/${catalogue}/labels`;
  const known = new Map(
    (await client.json<LabelList>("GET", path)).labels.map((l) => [l.code, l.name]),
  );
  for (const entry of entries) {
    const name = known.get(entry.code);
    if (name === undefined) await client.json("POST", path, entry);
    else if (name !== entry.name) await client.json("POST", `${path}/rename`, entry);
  }
}
