/**
 * Aisle's own commands, measured: each in its own process, with a data folder that is thrown away.
 *
 * @module
 */
import { type CommandCost, measureCommand } from "./measured_command.ts";

/** Root of the repository. */
export const ROOT = new URL("../../", import.meta.url).pathname;

/** What a command cost, and the JSON that it printed. */
export interface CommandResult extends CommandCost {
  readonly json: Record<string, unknown>;
}

/** Runs `deno task <task> ... --json` on `dataDir`. @throws {Error} with its output where it fails */
export async function aisle(
  dataDir: string,
  task: string,
  ...args: readonly string[]
): Promise<CommandResult> {
  return await denoJson(["task", "-q", task, ...args, "--json"], { AISLE_DATA: dataDir });
}

/** Runs deno with `args` in the repository; its last line is JSON. */
export async function denoJson(
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<CommandResult> {
  return await measuredJson(Deno.execPath(), args, env);
}

/** Runs `program`; its last line that begins with a brace is JSON. */
export async function measuredJson(
  program: string,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<CommandResult> {
  const cost = await measureCommand(program, args, env);
  const line = cost.output.split("\n").findLast((text) => text.startsWith("{"));
  if (!cost.success || line === undefined) {
    throw new Error(`${program} ${args.join(" ")} failed: ${cost.output}`);
  }
  return { ...cost, json: JSON.parse(line) };
}

/** The file of a blob in `dataDir`. */
export function blobFile(dataDir: string, digest: string): string {
  return `${dataDir}/blobs/${digest.slice(0, 2)}/${digest}`;
}

/** `wall 31.9 s, peak 866 MB` and so on, for a line of figures. */
export function told({ wallSeconds, processes }: CommandCost): string {
  const peak = Math.max(0, ...processes.map((p) => p.peakBytes)) / 1e6;
  return `${wallSeconds.toFixed(1)} s, largest process ${peak.toFixed(0)} MB`;
}
