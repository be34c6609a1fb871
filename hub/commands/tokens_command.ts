/**
 * `tokens`: who may talk to the hub.
 *
 * @module
 */
import { AppError } from "@aisle/shared/errors";
import type { MadeToken, TokenRecord } from "../registry/tokens.ts";
import type { Arguments, Command, CommandContext } from "./command.ts";
import { CATALOGUE, JSON_OUTPUT } from "./command.ts";
import { connectHub, type HubClient } from "./hub_client.ts";
import { table } from "./terminal.ts";

const PATH = "/api/v1/tokens";
const SECONDS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3_600, d: 86_400 };

/** Seconds of `30s`, `15m`, `2h` or `90d`; undefined for any other text. */
export function readSpan(text: string): number | undefined {
  const [, count, unit] = /^(\d+)([smhd])$/.exec(text) ?? [];
  return count === undefined ? undefined : Number(count) * SECONDS[unit!]!;
}

/** `--expires` as a moment: a span from now, or ISO 8601. @throws {AppError} `usage` */
export function readMoment(text: string, nowMs: number): string {
  const seconds = readSpan(text);
  const ms = seconds === undefined ? Date.parse(text) : nowMs + seconds * 1000;
  if (!Number.isNaN(ms)) return new Date(ms).toISOString();
  throw new AppError(
    "usage",
    `--expires must be a span such as 90d or a moment in ISO 8601: current value is ${text}`,
  );
}

/** The token that `name` means: an id, the beginning of one, or the name of one that was not revoked. */
async function findToken(client: HubClient, name: string | undefined): Promise<string> {
  if (name === undefined) throw new AppError("usage", "Say which token: its id or its name");
  const { items } = await client.json<{ items: TokenRecord[] }>("GET", PATH);
  const fits = items.filter((t) =>
    t.id === name || t.id.startsWith(name) || (t.name === name && t.revokedAt === null)
  );
  if (fits.length === 1) return fits[0]!.id;
  throw new AppError(
    fits.length === 0 ? "not-found" : "usage",
    fits.length === 0
      ? `There is no token ${name}. See deno task tokens`
      : `${fits.length} tokens fit ${name}: give more of the id`,
  );
}

function stateOf(token: TokenRecord, at: string): string {
  if (token.revokedAt !== null) return "revoked";
  if (token.expiresAt !== null && token.expiresAt <= at) return "expired";
  if (token.previousUntil !== null && token.previousUntil > at) {
    return `rotated, old one until ${token.previousUntil.slice(0, 16)}`;
  }
  return "valid";
}

function printTokens(items: readonly TokenRecord[], { terminal }: CommandContext): void {
  const at = new Date().toISOString();
  const day = (moment: string | null) => moment?.slice(0, 16).replace("T", " ") ?? "-";
  terminal.print(table(
    ["id", "name", "role", "catalogue", "state", "expires", "last used"],
    items.map((t) => [
      t.id.slice(0, 8),
      t.name,
      t.role,
      t.catalogue ?? "all",
      stateOf(t, at),
      day(t.expiresAt),
      day(t.lastUsedAt),
    ]),
  ));
}

function printMade({ token, record }: MadeToken, args: Arguments, { terminal }: CommandContext) {
  if (args.has("json")) return terminal.print(JSON.stringify({ token, record }));
  terminal.note(`Token ${record.id} (${record.name}, ${record.role}); its secret is shown once:`);
  terminal.print(token);
}

type Verb = (client: HubClient, args: Arguments, context: CommandContext) => Promise<void>;

const VERBS: Readonly<Record<string, Verb>> = {
  async list(client, args, context) {
    const answer = await client.json<{ items: TokenRecord[] }>("GET", PATH);
    if (args.has("json")) context.terminal.print(JSON.stringify(answer));
    else printTokens(answer.items, context);
  },
  async create(client, args, context) {
    const name = args.positionals[1], expires = args.text("expires");
    if (name === undefined) throw new AppError("usage", "Say deno task tokens create NAME");
    const made = await client.json<MadeToken>("POST", PATH, {
      name,
      role: args.text("role") ?? "viewer",
      catalogue: args.text("catalogue"),
      expiresAt: expires === undefined ? undefined : readMoment(expires, Date.now()),
    });
    printMade(made, args, context);
  },
  async rotate(client, args, context) {
    const id = await findToken(client, args.positionals[1]);
    const grace = args.text("grace") ?? "0s", expires = args.text("expires");
    const graceSeconds = readSpan(grace);
    if (graceSeconds === undefined) {
      throw new AppError("usage", `--grace must be a span such as 24h: current value is ${grace}`);
    }
    const made = await client.json<MadeToken>("POST", `${PATH}/${id}/rotate`, {
      graceSeconds,
      expiresAt: expires === undefined
        ? undefined
        : expires === "never"
        ? null
        : readMoment(expires, Date.now()),
    });
    printMade(made, args, context);
  },
  async revoke(client, args, context) {
    const id = await findToken(client, args.positionals[1]);
    const record = await client.json<TokenRecord>("DELETE", `${PATH}/${id}`);
    if (args.has("json")) context.terminal.print(JSON.stringify(record));
    else context.terminal.print(`Token ${record.id} (${record.name}) counts no longer`);
  },
};

/** `tokens`. */
export const TOKENS_COMMANDS: readonly Command[] = [{
  name: "tokens",
  summary: "Who may talk to the hub: list, create, rotate and revoke tokens.",
  positionals: "[list|create NAME|rotate ID|revoke ID]",
  options: [
    { name: "role", value: "ROLE", help: "admin, operator, reviewer, viewer (default) or edge" },
    { ...CATALOGUE, help: "the only catalogue that a token of role edge is for (default: all)" },
    {
      name: "expires",
      value: "SPAN",
      help: "when it ends: 90d, 12h, or a moment; never after rotate",
    },
    { name: "grace", value: "SPAN", help: "how long the old secret goes on after rotate: 24h" },
    JSON_OUTPUT,
  ],
  examples: [
    "deno task tokens create till-7 --role edge --catalogue shop --expires 90d",
    "deno task tokens rotate till-7 --grace 24h",
  ],
  async run(args, context) {
    const name = args.positionals[0] ?? "list", verb = VERBS[name];
    if (verb === undefined) {
      throw new AppError("usage", `There is no tokens ${name}: say list, create, rotate or revoke`);
    }
    await using client = await connectHub(context);
    await verb(client, args, context);
  },
}];
