/**
 * `runs`, `models` and `datasets`: list, search, show, compare, trace.
 *
 * @module
 */
import { AppError } from "@aisle/shared/errors";
import { cardMarkdown } from "../cards/card_markdown.ts";
import type { ModelCard } from "../cards/model_card.ts";
import type { AliasState } from "../registry/aliases.ts";
import type { Dataset } from "../registry/datasets.ts";
import type { Model, ModelEvaluation, VerdictRecord } from "../registry/models.ts";
import type { Run } from "../registry/runs.ts";
import { chooseCatalogue } from "./catalogue_choice.ts";
import {
  type Arguments,
  CATALOGUE,
  type Command,
  type CommandContext,
  JSON_OUTPUT,
} from "./command.ts";
import { connectHub, type HubClient } from "./hub_client.ts";
import { resolveBundle } from "./release_commands.ts";
import { percent, table } from "./terminal.ts";

/** What a verb of a list command is given. */
interface Verb {
  readonly client: HubClient;
  readonly args: Arguments;
  readonly context: CommandContext;
  /** What stands after the verb. */
  readonly names: readonly string[];
}

type Verbs = Readonly<Record<string, (verb: Verb) => Promise<void>>>;

function listCommand(name: string, summary: string, positionals: string, verbs: Verbs): Command {
  return {
    name,
    summary,
    positionals,
    options: [CATALOGUE, JSON_OUTPUT, {
      name: "limit",
      value: "N",
      help: "at most so many (default 20)",
    }],
    async run(args, context) {
      const [verb = "list", ...names] = args.positionals;
      const run = verbs[verb];
      if (run === undefined) {
        throw new AppError(
          "usage",
          `There is no ${name} ${verb}: say ${Object.keys(verbs).join(", ")}`,
        );
      }
      await using client = await connectHub(context);
      await run({ client, args, context, names });
    },
  };
}

/** Prints `value` as JSON if that is asked for, else as `text` makes it. */
function answer<T>({ args, context }: Verb, value: T, text: (value: T) => string): void {
  context.terminal.print(args.has("json") ? JSON.stringify(value) : text(value));
}

const short = (digest: string | null | undefined) => digest?.slice(0, 12) ?? "-";
const pretty = (value: unknown) => JSON.stringify(value, null, 2);

async function runNamed({ client }: Verb, name: string | undefined): Promise<Run> {
  if (name === undefined) throw new AppError("usage", "Say which run: deno task runs show ID");
  return await client.json<Run>("GET", `/api/v1/runs/${encodeURIComponent(name)}`);
}

function runTable(runs: readonly Run[]): string {
  return table(
    ["run", "catalogue", "kind", "state", "started", "weighted F1", "bundle"],
    runs.map((run) => [
      run.id,
      run.catalogue,
      run.kind,
      run.state,
      run.createdAt,
      percent(run.metrics["gold.weightedF1"]),
      short(run.bundleDigest),
    ]),
  );
}

const RUNS: Verbs = {
  async list(verb) {
    const { client, args } = verb;
    const query = new URLSearchParams({ limit: String(args.number("limit") ?? 20) });
    const catalogue = args.text("catalogue");
    if (catalogue !== undefined) query.set("catalogue", catalogue);
    const { items } = await client.json<{ items: Run[] }>("GET", `/api/v1/runs?${query}`);
    answer(verb, items, runTable);
  },
  async search(verb) {
    const { client, args, names } = verb;
    const query = new URLSearchParams({
      limit: String(args.number("limit") ?? 20),
      query: names.join(" "),
    });
    const { items } = await client.json<{ items: Run[] }>("GET", `/api/v1/search/runs?${query}`);
    answer(verb, items, runTable);
  },
  async show(verb) {
    answer(verb, await runNamed(verb, verb.names[0]), pretty);
  },
  async compare(verb) {
    const [a, b] = [await runNamed(verb, verb.names[0]), await runNamed(verb, verb.names[1])];
    const rows = (["params", "metrics"] as const).flatMap((part) => {
      const [left, right]: Readonly<Record<string, unknown>>[] = [a[part], b[part]];
      return [...new Set([...Object.keys(left!), ...Object.keys(right!)])].sort()
        .filter((key) => left![key] !== right![key])
        .map((key) => [`${part}.${key}`, left![key], right![key]]);
    });
    answer(verb, rows, (rows) => table(["what differs", a.id, b.id], rows));
  },
};

interface ModelDetails extends Model {
  readonly evaluations: readonly ModelEvaluation[];
  readonly verdicts: readonly VerdictRecord[];
}

async function modelNamed(verb: Verb, catalogue: string, name = "champion"): Promise<ModelDetails> {
  const digest = await resolveBundle(verb.client, catalogue, name);
  return await verb.client.json("GET", `/api/v1/models/${digest}?catalogue=${catalogue}`);
}

const MODELS: Verbs = {
  async card(verb) {
    const { client, args, names } = verb;
    const catalogue = await chooseCatalogue(args, client);
    const digest = await resolveBundle(client, catalogue, names[0] ?? "champion");
    const path = `/api/v1/models/${digest}/card?catalogue=${catalogue}`;
    answer(verb, await client.json<ModelCard>("GET", path), cardMarkdown);
  },
  async trace(verb) {
    const { client, args, names } = verb;
    const catalogue = await chooseCatalogue(args, client);
    const digest = await resolveBundle(client, catalogue, names[0] ?? "champion");
    const path = `/api/v1/catalogues/${catalogue}/lineage?bundle=${digest}`;
    answer(verb, await client.json("GET", path), pretty);
  },
  async at(verb) {
    const { client, args, names: [moment] } = verb;
    if (moment === undefined) {
      throw new AppError("usage", "Say when: deno task models at 2026-01-02T03:04:05Z");
    }
    const catalogue = await chooseCatalogue(args, client);
    const path = `/api/v1/catalogues/${catalogue}/aliases/at?moment=${encodeURIComponent(moment)}`;
    answer(verb, await client.json("GET", path), pretty);
  },
  async list(verb) {
    const { client, args } = verb;
    const catalogue = await chooseCatalogue(args, client);
    const { items } = await client.json<{ items: Model[] }>(
      "GET",
      `/api/v1/models?catalogue=${catalogue}`,
    );
    const aliases = await client.json<AliasState>("GET", `/api/v1/catalogues/${catalogue}/aliases`);
    const aliasOf = (digest: string) =>
      (["champion", "challenger", "previous"] as const).filter((a) => aliases[a] === digest).join(
        " ",
      );
    answer(verb, { aliases, items }, ({ items }) =>
      table(
        ["bundle", "alias", "MB", "made", "run"],
        items.slice(0, args.number("limit") ?? 20).map((m) => [
          short(m.digest),
          aliasOf(m.digest),
          Number((m.sizeBytes / 1e6).toFixed(2)),
          m.createdAt,
          m.runId,
        ]),
      ) + `\nrevision ${aliases.revision}`);
  },
  async show(verb) {
    const catalogue = await chooseCatalogue(verb.args, verb.client);
    answer(verb, await modelNamed(verb, catalogue, verb.names[0]), pretty);
  },
  async compare(verb) {
    const catalogue = await chooseCatalogue(verb.args, verb.client);
    const sides = [
      await modelNamed(verb, catalogue, verb.names[0] ?? "champion"),
      await modelNamed(verb, catalogue, verb.names[1] ?? "challenger"),
    ];
    const metrics = sides.map((side) => side.evaluations[0]?.metrics ?? {});
    const names = [...new Set(metrics.flatMap((m) => Object.keys(m)))].sort();
    const rows = names.map((name) => [name, ...metrics.map((m) => m[name])]);
    answer(
      verb,
      rows,
      (rows) => table(["gold", ...sides.map((side) => short(side.digest))], rows),
    );
  },
};

const DATASETS: Verbs = {
  async list(verb) {
    const { client, args } = verb;
    const catalogue = await chooseCatalogue(args, client);
    const { items } = await client.json<{ items: Dataset[] }>(
      "GET",
      `/api/v1/catalogues/${catalogue}/datasets`,
    );
    answer(verb, items, (items) =>
      table(
        [
          "version",
          "parent",
          "rows",
          "classes",
          "set aside",
          "added",
          "removed",
          "changed",
          "made",
        ],
        items.slice(0, args.number("limit") ?? 20).map((d) => [
          short(d.digest),
          short(d.parent),
          d.rows,
          Object.keys(d.classes).length,
          d.setAside,
          d.diff?.added ?? "-",
          d.diff?.removed ?? "-",
          d.diff?.changed ?? "-",
          d.createdAt,
        ]),
      ));
  },
  async show(verb) {
    const { client, args, names } = verb;
    const catalogue = await chooseCatalogue(args, client);
    answer(verb, await datasetNamed(client, catalogue, names[0]), pretty);
  },
  async compare(verb) {
    const { client, args, names } = verb;
    const catalogue = await chooseCatalogue(args, client);
    const a = await datasetNamed(client, catalogue, names[0]);
    const b = await datasetNamed(client, catalogue, names[1]);
    const codes = [...new Set([...Object.keys(a.classes), ...Object.keys(b.classes)])].sort();
    const rows = codes.map((code) => [code, a.classes[code] ?? 0, b.classes[code] ?? 0])
      .filter(([, left, right]) => left !== right);
    answer(
      verb,
      [["rows", a.rows, b.rows], ...rows],
      (rows) => table(["rows by code", short(a.digest), short(b.digest)], rows),
    );
  },
};

async function datasetNamed(
  client: HubClient,
  catalogue: string,
  name: string | undefined,
): Promise<Dataset> {
  const { items } = await client.json<{ items: Dataset[] }>(
    "GET",
    `/api/v1/catalogues/${catalogue}/datasets`,
  );
  const found = name === undefined ? items[0] : items.find((d) => d.digest.startsWith(name));
  if (found === undefined) {
    throw new AppError("not-found", `The catalogue ${catalogue} has no data version ${name ?? ""}`);
  }
  return found;
}

/** `runs`, `models` and `datasets`. */
export const LIST_COMMANDS: readonly Command[] = [
  listCommand("runs", "Tracked runs.", "[list|search QUERY ...|show ID|compare ID ID]", RUNS),
  listCommand(
    "models",
    "Packed bundles, their aliases, evaluations and verdicts.",
    "[list|show BUNDLE|compare A B|card BUNDLE|trace BUNDLE|at MOMENT]",
    MODELS,
  ),
  listCommand(
    "datasets",
    "Data versions and what changed between them.",
    "[list|show VERSION|compare A B]",
    DATASETS,
  ),
];
