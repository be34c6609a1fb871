/**
 * `promote` and `rollback`: which bundle a catalogue's edges serve.
 *
 * @module
 */
import { AppError } from "@aisle/shared/errors";
import type { AliasState } from "../registry/aliases.ts";
import type { Model } from "../registry/models.ts";
import { chooseCatalogue } from "./catalogue_choice.ts";
import {
  type Arguments,
  CATALOGUE,
  type Command,
  type CommandContext,
  JSON_OUTPUT,
} from "./command.ts";
import { connectHub, type HubClient } from "./hub_client.ts";

const WHY = { name: "why", value: "TEXT", help: "reason, kept in the history" };
const REVISION = {
  name: "expected-revision",
  value: "N",
  help: "refuse when somebody else changed the aliases since (see deno task models)",
};

/**
 * The bundle that `name` means: an alias, a digest, or the beginning of one.
 *
 * @throws {AppError} `not-found`; `usage` where several begin like that
 */
export async function resolveBundle(
  client: HubClient,
  catalogue: string,
  name: string,
): Promise<string> {
  const aliases = await client.json<AliasState>("GET", `/api/v1/catalogues/${catalogue}/aliases`);
  if (name === "champion" || name === "challenger" || name === "previous") {
    const digest = aliases[name];
    if (digest !== null) return digest;
    throw new AppError("not-found", `The catalogue ${catalogue} has no ${name} yet`);
  }
  if (name === "") throw new AppError("usage", "Say which bundle: an alias or a digest");
  const { items } = await client.json<{ items: Model[] }>(
    "GET",
    `/api/v1/models?catalogue=${catalogue}`,
  );
  const fits = [...new Set(items.map((m) => m.digest))].filter((digest) => digest.startsWith(name));
  if (fits.length === 1) return fits[0]!;
  if (fits.length > 1) {
    throw new AppError("usage", `${fits.length} bundles begin with ${name}: give more digits`);
  }
  throw new AppError(
    "not-found",
    `The catalogue ${catalogue} has no bundle ${name}. See deno task models --catalogue ${catalogue}`,
  );
}

function print(state: AliasState, args: Arguments, { terminal }: CommandContext): void {
  if (args.has("json")) return terminal.print(JSON.stringify(state));
  for (const alias of ["champion", "challenger", "previous"] as const) {
    terminal.print(`${alias.padEnd(12)} ${state[alias]?.slice(0, 12) ?? "none"}`);
  }
  terminal.print(`revision     ${state.revision}`);
}

const promote: Command = {
  name: "promote",
  summary: "Makes a bundle the champion: edges fetch and serve it. The gate must have accepted it.",
  positionals: "challenger|DIGEST",
  options: [
    CATALOGUE,
    WHY,
    REVISION,
    { name: "force", help: "promote what the gate refused or has not judged" },
    JSON_OUTPUT,
  ],
  async run(args, context) {
    await using client = await connectHub(context);
    const catalogue = await chooseCatalogue(args, client);
    const digest = await resolveBundle(client, catalogue, args.positionals[0] ?? "challenger");
    const state = await client.json<AliasState>("POST", `/api/v1/catalogues/${catalogue}/promote`, {
      digest,
      why: args.text("why") ?? "by hand",
      expectedRevision: args.number("expected-revision"),
      force: args.has("force"),
    });
    print(state, args, context);
  },
};

const rollback: Command = {
  name: "rollback",
  summary: "Returns to the champion before.",
  options: [CATALOGUE, WHY, REVISION, JSON_OUTPUT],
  async run(args, context) {
    await using client = await connectHub(context);
    const catalogue = await chooseCatalogue(args, client);
    const state = await client.json<AliasState>(
      "POST",
      `/api/v1/catalogues/${catalogue}/rollback`,
      {
        why: args.text("why") ?? "by hand",
        expectedRevision: args.number("expected-revision"),
      },
    );
    print(state, args, context);
  },
};

/** `promote` and `rollback`. */
export const RELEASE_COMMANDS: readonly Command[] = [promote, rollback];
