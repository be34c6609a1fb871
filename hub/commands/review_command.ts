/**
 * `review`: what people should label next, from a terminal or a spreadsheet.
 *
 * @module
 */
import { parse } from "csv-parse/sync";
import { AppError, messageOf } from "@aisle/shared/errors";
import type { ReviewItem, ReviewStats } from "../registry/review.ts";
import { plainField } from "../review/review_csv.ts";
import type { ReviewFilled } from "../scheduler/review_job.ts";
import { chooseCatalogue } from "./catalogue_choice.ts";
import {
  type Arguments,
  CATALOGUE,
  type Command,
  type CommandContext,
  JSON_OUTPUT,
} from "./command.ts";
import { runJob } from "./follow_job.ts";
import { connectHub, type HubClient } from "./hub_client.ts";
import { percent, table } from "./terminal.ts";

/** Answers that are sent at once. */
const BATCH = 500;

interface Call {
  readonly client: HubClient;
  readonly catalogue: string;
  /** Of the catalogue's queue. */
  readonly path: string;
  readonly args: Arguments;
  readonly words: readonly string[];
  readonly context: CommandContext;
}
/** What a verb of `review` does: the answer of the API, and a text for people. */
type Verb = (call: Call) => Promise<{ readonly answer: unknown; readonly text: string }>;

function need(words: readonly string[], count: number, usage: string): void {
  if (words.length !== count) throw new AppError("usage", `Say deno task review ${usage}`);
}

function told({ id, product, guesses, reasons, knownCode }: ReviewItem): string {
  return [
    `${id}  ${product.designation || "(no title)"}`,
    ...(product.description === "" ? [] : [`  ${product.description.slice(0, 200)}`]),
    ...reasons.map(({ kind, detail }) => `  ${kind}: ${detail}`),
    `  guesses: ${
      guesses.slice(0, 5).map(({ code, confidence }) => `${code} ${percent(confidence)}`).join(", ")
    }`,
    ...(knownCode === null ? [] : [`  called now: ${knownCode}`]),
  ].join("\n");
}

function showStats(stats: ReviewStats): string {
  const { kappa, low, high, n } = stats.agreement;
  return [
    `${stats.open} products wait (${
      Object.entries(stats.kinds).map(([kind, count]) => `${kind} ${count}`).join(", ") || "none"
    }), ${stats.answered} are answered`,
    kappa === null
      ? "agreement: no two people have answered the same products yet"
      : `agreement: kappa ${kappa.toFixed(2)} [${low!.toFixed(2)}, ${
        high!.toFixed(2)
      }] over ${n} products`,
    table(
      ["reviewer", "answers", "skipped", "first guess right"],
      stats.reviewers.map((r) => [
        r.reviewer,
        String(r.answers),
        String(r.skipped),
        r.answers === 0 ? "-" : percent(r.firstGuess / r.answers),
      ]),
    ),
  ].join("\n");
}

const VERBS: Readonly<Record<string, Verb>> = {
  async next({ client, path, args }) {
    const n = args.number("n") ?? 1;
    const answer = await client.json<{ items: ReviewItem[] }>("POST", `${path}/next`, { n });
    const text = answer.items.map(told).join("\n\n") ||
      "Nothing to review. deno task review fill looks for products";
    return { answer, text };
  },
  async answer({ client, path, words }) {
    need(words, 2, "answer ID CODE");
    const [id, code] = words;
    const answer = await client.json<ReviewItem>("POST", `${path}/answers`, { id, code });
    const open = answer.state === "open" ? "; a second person is asked too" : "";
    return { answer, text: `${answer.product.designation}: ${code}${open}` };
  },
  async skip({ client, path, words }) {
    need(words, 1, "skip ID");
    return { answer: await client.json("POST", `${path}/skip`, { id: words[0] }), text: "skipped" };
  },
  async undo({ client, path }) {
    const answer = await client.json<ReviewItem>("POST", `${path}/undo`);
    return { answer, text: told(answer) };
  },
  async export({ client, path, args }) {
    const query = new URLSearchParams({ limit: String(args.number("n") ?? 1000) });
    const state = args.text("state");
    if (state !== undefined) query.set("state", state);
    const response = await client.fetch(`${path}/export.csv?${query}`);
    const csv = await response.text(), out = args.text("out");
    if (out === undefined) return { answer: { csv }, text: csv.trimEnd() };
    await Deno.writeTextFile(out, csv);
    return {
      answer: { file: out },
      text: `written to ${out}: fill the column code, then import it`,
    };
  },
  async import({ client, path, words }) {
    need(words, 1, "import FILE");
    const answers = await readAnswers(words[0]!);
    let stored = 0;
    const refused: { id: string; code: string; detail: string }[] = [];
    for (let i = 0; i < answers.length; i += BATCH) {
      const part = await client.json<{ stored: number; refused: typeof refused }>(
        "POST",
        `${path}/import`,
        { answers: answers.slice(i, i + BATCH) },
      );
      stored += part.stored;
      refused.push(...part.refused);
    }
    const lines = refused.map(({ id, detail }) => `  ${id}: ${detail}`);
    const text = [`${stored} answers taken, ${refused.length} refused`, ...lines].join("\n");
    return { answer: { stored, refused }, text };
  },
  async stats({ client, path }) {
    const answer = await client.json<ReviewStats>("GET", `${path}/stats`);
    return { answer, text: showStats(answer) };
  },
  async fill({ client, catalogue, context }) {
    const answer = await runJob<ReviewFilled>(
      client,
      { catalogue, kind: "review", input: {} },
      context,
    );
    return { answer, text: `${answer.added} products are new in the queue` };
  },
};

async function readAnswers(file: string): Promise<{ id: string; code: string }[]> {
  try {
    return answersIn(await Deno.readTextFile(file));
  } catch (error) {
    const gone = error instanceof Deno.errors.NotFound;
    // Anything else that csv-parse or we have to say is about the file.
    throw new AppError(
      "usage",
      `Cannot import ${file}: ${gone ? "there is no such file" : messageOf(error)}`,
      { cause: error },
    );
  }
}

/**
 * Rows of a CSV with an id and a code; those without a code are not answered yet. Spreadsheets write semicolons or tabs
 * where the comma is taken: the head tells which.
 *
 * @throws {Error} saying what is wrong with the text
 */
export function answersIn(text: string): { id: string; code: string }[] {
  const head = text.split(/\r?\n/, 1)[0] ?? "";
  const delimiter = [",", ";", "\t"].reduce((best, one) =>
    head.split(one).length > head.split(best).length ? one : best
  );
  const rows = parse(text, {
    bom: true,
    columns: true,
    delimiter,
    skip_empty_lines: true,
  }) as Record<string, string>[];
  const [first] = rows;
  if (first !== undefined && (first["id"] === undefined || first["code"] === undefined)) {
    throw new Error(
      `it needs the columns id and code: it has ${Object.keys(first).join(", ")}`,
    );
  }
  return rows.flatMap(({ id = "", code = "" }) =>
    code.trim() === "" ? [] : [{ id, code: plainField(code.trim()) }]
  );
}

/** `review`. */
export const REVIEW_COMMANDS: readonly Command[] = [{
  name: "review",
  summary:
    "What a person should label next: ask, answer, take back, send to a spreadsheet and back.",
  positionals: "[next|answer ID CODE|skip ID|undo|export|import FILE|stats|fill]",
  options: [
    CATALOGUE,
    JSON_OUTPUT,
    { name: "n", value: "N", help: "next, export: so many products" },
    { name: "state", value: "STATE", help: "export: only open, answered or gone" },
    { name: "out", value: "FILE", help: "export: where the CSV goes (default: standard output)" },
  ],
  examples: [
    "deno task review next --n 5",
    "deno task review export --state open --out review.csv",
    "deno task review import review.csv",
  ],
  async run(args, context) {
    const [name = "next", ...words] = args.positionals;
    const verb = VERBS[name];
    if (verb === undefined) {
      throw new AppError(
        "usage",
        `There is no review ${name}: say ${Object.keys(VERBS).join(", ")}`,
      );
    }
    await using client = await connectHub(context);
    const catalogue = await chooseCatalogue(args, client);
    const path = `/api/v1/catalogues/${catalogue}/review`;
    const { answer, text } = await verb({ client, catalogue, path, args, words, context });
    context.terminal.print(args.has("json") ? JSON.stringify(answer) : text);
  },
}];
