/**
 * `labels`: the codes of a catalogue and their names.
 *
 * @module
 */
import { AppError } from "@aisle/shared/errors";
import type { LabelList } from "../registry/labels.ts";
import { chooseCatalogue } from "./catalogue_choice.ts";
import { CATALOGUE, type Command, JSON_OUTPUT } from "./command.ts";
import { connectHub, type HubClient } from "./hub_client.ts";
import { table } from "./terminal.ts";

type Change = (
  client: HubClient,
  path: string,
  words: readonly string[],
) => Promise<LabelList>;

const need = (words: readonly string[], count: number, usage: string) => {
  if (words.length !== count) throw new AppError("usage", `Say deno task labels ${usage}`);
};

const CHANGES: Readonly<Record<string, Change>> = {
  list: (client, path) => client.json("GET", path),
  show: (client, path) => client.json("GET", path),
  add(client, path, words) {
    need(words, 2, "add CODE NAME");
    return client.json("POST", path, { code: words[0], name: words[1] });
  },
  rename(client, path, words) {
    need(words, 2, "rename CODE NAME");
    return client.json("POST", `${path}/rename`, { code: words[0], name: words[1] });
  },
  merge(client, path, words) {
    need(words, 2, "merge FROM INTO");
    return client.json("POST", `${path}/merge`, { from: words[0], into: words[1] });
  },
};

/** `labels`. */
export const LABELS_COMMANDS: readonly Command[] = [{
  name: "labels",
  summary:
    "The codes of a catalogue and their names: list, add, rename, merge. Every change is a new version.",
  positionals: "[list|add CODE NAME|rename CODE NAME|merge FROM INTO]",
  options: [CATALOGUE, JSON_OUTPUT],
  async run(args, context) {
    const [verb = "list", ...words] = args.positionals;
    const change = CHANGES[verb];
    if (change === undefined) {
      throw new AppError("usage", `There is no labels ${verb}: say list, add, rename or merge`);
    }
    await using client = await connectHub(context);
    const catalogue = await chooseCatalogue(args, client);
    const labels = await change(client, `/api/v1/catalogues/${catalogue}/labels`, words);
    if (args.has("json")) return context.terminal.print(JSON.stringify(labels));
    context.terminal.print(
      table(
        ["code", "name", "state"],
        labels.labels.map((
          l,
        ) => [l.code, l.name, l.mergedInto === null ? l.state : `merged into ${l.mergedInto}`]),
      ) + `\nversion ${labels.version}`,
    );
  },
}];
