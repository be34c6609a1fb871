/**
 * `edges`: what the fleet serves, pins, and what served where.
 *
 * @module
 */
import { AppError } from "@aisle/shared/errors";
import type { EdgeRecord } from "../registry/edges.ts";
import type { EdgePin, Served } from "../registry/fleet.ts";
import { chooseCatalogue } from "./catalogue_choice.ts";
import { CATALOGUE, type Command, JSON_OUTPUT } from "./command.ts";
import { connectHub, type HubClient } from "./hub_client.ts";
import { table } from "./terminal.ts";

interface Call {
  readonly client: HubClient;
  readonly catalogue: string;
  /** Of the catalogue. */
  readonly path: string;
  readonly words: readonly string[];
  readonly at: string | undefined;
  readonly why: string | undefined;
}
type Verb = (call: Call) => Promise<{ readonly answer: unknown; readonly text: string }>;

const short = (digest: string | null) => digest?.slice(0, 12) ?? "nothing";

function need(words: readonly string[], count: number, usage: string): void {
  if (words.length !== count) throw new AppError("usage", `Say deno task edges ${usage}`);
}

const VERBS: Readonly<Record<string, Verb>> = {
  async list({ client, catalogue, path }) {
    const edges = await client.json<{ items: EdgeRecord[] }>(
      "GET",
      `/api/v1/edges?catalogue=${catalogue}`,
    );
    const pins = await client.json<{ items: EdgePin[] }>("GET", `${path}/pins`);
    const pinned = new Map(pins.items.map((pin) => [pin.edgeId, pin]));
    const rows = edges.items.map(({ edgeId, digest, trouble, lastSeenAt }) => [
      edgeId,
      short(digest),
      pinned.has(edgeId) ? `pinned to ${short(pinned.get(edgeId)!.digest)}` : "-",
      trouble === null
        ? "-"
        : `${trouble.quarantined ? "quarantined" : "refused"} ${
          short(trouble.digest)
        }: ${trouble.message}`,
      lastSeenAt,
    ]);
    return {
      answer: { edges: edges.items, pins: pins.items },
      text: table(["edge", "serves", "pin", "trouble", "last seen"], rows),
    };
  },
  async pin({ client, path, words, why }) {
    need(words, 2, "pin EDGE DIGEST --why TEXT");
    const [edgeId, digest] = words;
    const answer = await client.json<EdgePin>(
      "PUT",
      `${path}/pins/${encodeURIComponent(edgeId!)}`,
      { digest, why: why ?? "pinned by hand" },
    );
    return { answer, text: `${edgeId} is told to serve ${short(answer.digest)}` };
  },
  async unpin({ client, path, words }) {
    need(words, 1, "unpin EDGE");
    const answer = await client.json<EdgePin>(
      "DELETE",
      `${path}/pins/${encodeURIComponent(words[0]!)}`,
    );
    return { answer, text: `${words[0]} is told to serve what all serve` };
  },
  async history({ client, path, words, at }) {
    const query = new URLSearchParams();
    if (at !== undefined) query.set("at", at);
    else if (words[0] !== undefined) query.set("edgeId", words[0]);
    const answer = await client.json<{ items: Served[] }>(
      "GET",
      `${path}/served${at === undefined ? "/history" : ""}?${query}`,
    );
    const rows = answer.items.map((s) => [
      s.edgeId,
      short(s.digest),
      s.sequence === null ? "-" : String(s.sequence),
      s.at,
    ]);
    return { answer, text: table(["edge", "served", "release", "from"], rows) };
  },
};

/** `edges`. */
export const EDGES_COMMANDS: readonly Command[] = [{
  name: "edges",
  summary: "What edges serve and refuse; pin one to a bundle; what served where at any moment.",
  positionals: "[list|pin EDGE DIGEST|unpin EDGE|history [EDGE]]",
  options: [
    CATALOGUE,
    JSON_OUTPUT,
    { name: "why", value: "TEXT", help: "pin: why" },
    { name: "at", value: "INSTANT", help: "history: what every edge served then (ISO 8601)" },
  ],
  examples: [
    "deno task edges",
    "deno task edges history --at 2026-01-02T03:04:05Z",
    "deno task edges unpin edge-1",
  ],
  async run(args, context) {
    const [name = "list", ...words] = args.positionals;
    const verb = VERBS[name];
    if (verb === undefined) {
      throw new AppError(
        "usage",
        `There is no edges ${name}: say ${Object.keys(VERBS).join(", ")}`,
      );
    }
    await using client = await connectHub(context);
    const catalogue = await chooseCatalogue(args, client);
    const { answer, text } = await verb({
      client,
      catalogue,
      path: `/api/v1/catalogues/${catalogue}`,
      words,
      at: args.text("at"),
      why: args.text("why"),
    });
    context.terminal.print(args.has("json") ? JSON.stringify(answer) : text);
  },
}];
