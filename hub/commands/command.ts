/**
 * Commands as data: what each takes, its help page, and how its arguments are read.
 *
 * @module
 */
import { parseArgs } from "node:util";
import { AppError, messageOf } from "@aisle/shared/errors";
import type { HubConfig } from "../config.ts";
import { nearest, type Params } from "../params.ts";
import type { Terminal } from "./terminal.ts";

/** One `--option` of a command. */
export interface OptionSpec {
  readonly name: string;
  /** Name of the value in the help page; absent for a switch. */
  readonly value?: string;
  readonly help: string;
}

/** What a command is given to work with. */
export interface CommandContext {
  readonly config: HubConfig;
  /** Reads params.yaml; only commands that need it fail when it is wrong. */
  readonly params: () => Promise<Params>;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly terminal: Terminal;
  /** Aborted by Ctrl-C and SIGTERM. */
  readonly signal: AbortSignal;
}

/** Arguments of one call, read. */
export interface Arguments {
  readonly positionals: readonly string[];
  /** The value of `--name`, or undefined. */
  text(name: string): string | undefined;
  /** Whether the switch `--name` is given. */
  has(name: string): boolean;
  /** The value of `--name` as a number. @throws {AppError} `usage` */
  number(name: string): number | undefined;
  /** The comma-separated value of `--name` as a list. */
  list(name: string): string[] | undefined;
}

/** One command of the command line. */
export interface Command {
  readonly name: string;
  readonly summary: string;
  /** What may stand after the name besides options, such as `[list|show ID]`. */
  readonly positionals?: string;
  readonly options: readonly OptionSpec[];
  readonly examples?: readonly string[];
  /** Whether it runs servers of its own, or works on this machine's files: such a command takes no hub elsewhere. */
  readonly serves?: true;
  /** Resolves when done; throws what went wrong. */
  run(args: Arguments, context: CommandContext): Promise<void>;
}

/** Options that several commands share. */
export const CATALOGUE: OptionSpec = {
  name: "catalogue",
  value: "NAME",
  help: "which catalogue (default: the only one there is)",
};
/** The option of every command that works through a hub. */
const HUB: OptionSpec = {
  name: "hub",
  value: "URL",
  help:
    "a hub elsewhere (default: AISLE_HUB, else this data folder's); its token is in AISLE_TOKEN",
};

/** Options of `command` with those that all have. */
export function optionsOf(command: Command): readonly OptionSpec[] {
  return command.serves ? command.options : [...command.options, HUB];
}

/** See {@linkcode CATALOGUE}. */
export const JSON_OUTPUT: OptionSpec = {
  name: "json",
  help: "answer with JSON on standard output",
};

/**
 * Reads `argv` by a command's options.
 *
 * @throws {AppError} `usage`, with the nearest known option for an unknown one
 */
export function readArguments(command: Command, argv: readonly string[]): Arguments {
  const specs = [...optionsOf(command), { name: "help", help: "" }];
  const options = Object.fromEntries(
    specs.map((o) => [o.name, { type: "value" in o && o.value ? "string" : "boolean" } as const]),
  );
  let parsed: ReturnType<typeof parseArgs>;
  try {
    parsed = parseArgs({
      args: [...argv],
      options,
      allowPositionals: command.positionals !== undefined,
      strict: true,
    });
  } catch (error) {
    const unknown = /'--?([^' =]+)/.exec(messageOf(error))?.[1];
    const near = unknown === undefined ? undefined : nearest(unknown, specs.map((o) => o.name));
    const hint = near !== undefined && near !== unknown ? ` Did you mean --${near}?` : "";
    const message = messageOf(error).split(/[.\n] ?To specify/)[0]!.replaceAll("\n", " ")
      .replace(/\.$/, "");
    throw new AppError("usage", `${message}.${hint} See deno task ${command.name} --help`);
  }
  const surplus = parsed.positionals[mostWords(command.positionals)];
  if (surplus !== undefined) {
    throw new AppError(
      "usage",
      `Cannot tell what ${JSON.stringify(surplus)} is for. See deno task ${command.name} --help`,
    );
  }
  const values = parsed.values;
  const text = (name: string) => {
    const value = values[name];
    return typeof value === "string" ? value : undefined;
  };
  return {
    positionals: parsed.positionals,
    text,
    has: (name) => values[name] === true,
    number(name) {
      const value = text(name);
      if (value === undefined) return undefined;
      const number = Number(value);
      if (value.trim() === "" || !Number.isFinite(number)) {
        throw new AppError("usage", `--${name} must be a number: current value is ${value}`);
      }
      return number;
    },
    list: (name) => text(name)?.split(",").map((s) => s.trim()).filter((s) => s !== ""),
  };
}

/** How many words the longest form of `[list|add CODE NAME]` has; any number where one ends in `...`. */
function mostWords(positionals = ""): number {
  if (positionals.includes("...")) return Infinity;
  if (positionals.includes("...")) return Infinity;
  const forms = positionals.replaceAll(/[[\]]/g, "").split("|");
  return Math.max(...forms.map((form) => form.split(" ").filter((word) => word !== "").length));
}

/** The help page of a command. */
export function helpOf(command: Command): string {
  const head = `deno task ${command.name}${command.positionals ? ` ${command.positionals}` : ""}` +
    (optionsOf(command).length > 0 ? " [options]" : "");
  const rows = optionsOf(command).map((o) =>
    [`  --${o.name}${o.value ? ` ${o.value}` : ""}`, o.help] as const
  );
  const width = Math.max(0, ...rows.map(([left]) => left.length)) + 2;
  return [
    head,
    "",
    command.summary,
    ...(rows.length > 0 ? ["", "Options:"] : []),
    ...rows.map(([left, right]) => left.padEnd(width) + right),
    ...(command.examples ? ["", "Examples:", ...command.examples.map((e) => `  ${e}`)] : []),
    "",
  ].join("\n");
}
