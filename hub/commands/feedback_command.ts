/**
 * `feedback`: records, sources and how far they are believed, what waits in quarantine, products with two codes.
 *
 * @module
 */
import { AppError } from "@aisle/shared/errors";
import type { StoredFeedback } from "../registry/feedback.ts";
import type { Conflict } from "../registry/quarantine.ts";
import type { FeedbackSource } from "../registry/sources.ts";
import { chooseCatalogue } from "./catalogue_choice.ts";
import { type Arguments, CATALOGUE, type Command, JSON_OUTPUT } from "./command.ts";
import { connectHub, type HubClient } from "./hub_client.ts";
import { percent, table } from "./terminal.ts";

/** What a verb is given, and what it prints: the answer of the API, or a text for people. */
type Verb = (call: {
  readonly client: HubClient;
  /** Of the catalogue's feedback. */
  readonly path: string;
  readonly args: Arguments;
  readonly words: readonly string[];
}) => Promise<{ readonly answer: unknown; readonly text: string }>;

function need(words: readonly string[], count: number, usage: string): void {
  if (words.length !== count) throw new AppError("usage", `Say deno task feedback ${usage}`);
}

/** `NAME@EDGE` in its two parts. */
export function sourceOf(word: string): { source: string; edgeId: string } {
  const at = word.lastIndexOf("@");
  if (at > 0 && at < word.length - 1) {
    return { source: word.slice(0, at), edgeId: word.slice(at + 1) };
  }
  throw new AppError("usage", `A source is NAME@EDGE, as feedback sources lists it: not ${word}`);
}

async function listRecords(client: HubClient, path: string, args: Arguments, state?: string) {
  const query = new URLSearchParams({ limit: String(args.number("limit") ?? 20) });
  const asked = state ?? args.text("state");
  if (asked !== undefined) query.set("state", asked);
  const answer = await client.json<{ items: StoredFeedback[] }>("GET", `${path}?${query}`);
  const text = table(
    ["stored", "source", "code", "predicted", "state", "key", "product"],
    answer.items.map((f) => [
      f.storedAt.slice(0, 19).replace("T", " "),
      `${f.source}@${f.edgeId}`,
      f.code,
      f.predicted?.code ?? "-",
      f.reason === null ? f.state : `${f.state} (${f.reason})`,
      f.idempotencyKey,
      f.product?.designation.slice(0, 40) ?? "-",
    ]),
  );
  return { answer, text };
}

function showSources(answer: { readonly items: readonly FeedbackSource[] }) {
  const text = table(
    [
      "source",
      "trust",
      "weight",
      "a day",
      "records",
      "last day",
      "merged",
      "quarantined",
      "confirms",
    ],
    answer.items.map((s) => [
      `${s.source}@${s.edgeId}`,
      s.trust,
      String(s.weight),
      s.quotaPerDay === null ? "-" : String(s.quotaPerDay),
      String(s.records),
      String(s.lastDay),
      String(s.merged),
      String(s.quarantined),
      s.known === 0 ? "-" : percent(s.confirms / s.known),
    ]),
  );
  return { answer, text };
}

const decide = (verb: "release" | "reject"): Verb => async ({ client, path, words }) => {
  if (words.length === 0) need(words, 1, `${verb} KEY ..., or ${verb} NAME@EDGE`);
  const [first] = words;
  const choice = words.length === 1 && first!.includes("@") ? sourceOf(first!) : { keys: words };
  const answer = await client.json<{ records: number }>("POST", `${path}/${verb}`, choice);
  const done = verb === "release" ? "released" : "rejected";
  return { answer, text: `${answer.records} records ${done}` };
};

const VERBS: Readonly<Record<string, Verb>> = {
  list: ({ client, path, args }) => listRecords(client, path, args),
  async sources({ client, path }) {
    return showSources(await client.json("GET", `${path}/sources`));
  },
  async trust({ client, path, words, args }) {
    if (words.length !== 1) {
      need(words, 2, "trust NAME@EDGE trusted, neutral, untrusted or blocked");
    }
    const weight = args.number("weight"), quota = args.number("quota");
    return showSources(
      await client.json("POST", `${path}/sources`, {
        ...sourceOf(words[0]!),
        ...(words[1] === undefined ? {} : { trust: words[1] }),
        ...(weight === undefined ? {} : { weight }),
        ...(quota === undefined ? {} : { quotaPerDay: quota }),
      }),
    );
  },
  quarantine: ({ client, path, args }) => listRecords(client, path, args, "quarantined"),
  release: decide("release"),
  reject: decide("reject"),
  async conflicts({ client, path, args }) {
    const answer = await client.json<{ items: Conflict[] }>(
      "GET",
      `${path}/conflicts?limit=${args.number("limit") ?? 20}`,
    );
    const text = table(
      ["content", "product", "says", "source", "state"],
      answer.items.flatMap((c) =>
        c.sides.map((side, i) => [
          i === 0 ? c.content : "",
          i === 0 ? c.designation.slice(0, 40) : "",
          side.code,
          `${side.source}@${side.edgeId}`,
          side.state,
        ])
      ),
    );
    return { answer, text };
  },
  async resolve({ client, path, words }) {
    need(words, 2, "resolve CONTENT CODE");
    const [content, code] = words;
    const answer = await client.json("POST", `${path}/conflicts/resolve`, { content, code });
    return { answer, text: `resolved as ${code}` };
  },
};

/** `feedback`. */
export const FEEDBACK_COMMANDS: readonly Command[] = [{
  name: "feedback",
  summary:
    "What users say: records, sources and how far each is believed, what waits for a person's word.",
  positionals: "[list|sources|trust NAME@EDGE TRUST|quarantine|release KEY ...|reject KEY ...|" +
    "conflicts|resolve CONTENT CODE]",
  options: [
    CATALOGUE,
    JSON_OUTPUT,
    { name: "limit", value: "N", help: "at most so many (default 20)" },
    { name: "state", value: "STATE", help: "list: only pending, merged, quarantined, ..." },
    { name: "weight", value: "W", help: "trust: what its word weighs, 0 to 1" },
    { name: "quota", value: "N", help: "trust: records a day" },
  ],
  examples: [
    "deno task feedback sources",
    "deno task feedback trust partner@edge-1 trusted",
    "deno task feedback reject mallory@edge-2",
  ],
  async run(args, context) {
    const [name = "list", ...words] = args.positionals;
    const verb = VERBS[name];
    if (verb === undefined) {
      throw new AppError(
        "usage",
        `There is no feedback ${name}: say ${Object.keys(VERBS).join(", ")}`,
      );
    }
    await using client = await connectHub(context);
    const catalogue = await chooseCatalogue(args, client);
    const path = `/api/v1/catalogues/${catalogue}/feedback`;
    const { answer, text } = await verb({ client, path, args, words });
    context.terminal.print(args.has("json") ? JSON.stringify(answer) : text);
  },
}];
