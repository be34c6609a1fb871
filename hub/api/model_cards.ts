/**
 * Gathers what a model's card is made of.
 *
 * @module
 */
import { AppError } from "@aisle/shared/errors";
import { type ModelCard, modelCard } from "../cards/model_card.ts";
import { cardManifest, storedEvaluation, storedVerdict } from "../cards/stored.ts";
import type { Model } from "../registry/models.ts";
import { found } from "./catalogue_lookup.ts";
import type { HubDeps } from "./ports.ts";

/** The card of a bundle, of the newest catalogue that has it where none is named. @throws {AppError} `not-found` */
export async function readModelCard(
  hub: HubDeps,
  digest: string,
  catalogue?: string,
): Promise<ModelCard> {
  const { registry } = hub;
  const model = found(await registry.models.get(digest, { catalogue }), "the bundle", digest);
  const manifest = cardManifest(model.manifest);
  if (manifest === null) {
    throw new AppError(
      "not-found",
      `Cannot write a card of ${digest}: its manifest is not known here`,
    );
  }
  const inCatalogue = { catalogue: model.catalogue };
  const [of, labels, aliases, settings, [evaluation], [verdict]] = await Promise.all([
    registry.catalogues.get(model.catalogue),
    registry.labels.list(model.catalogue),
    registry.aliases.get(model.catalogue),
    registry.catalogues.settings(model.catalogue),
    registry.models.evaluations(digest, inCatalogue),
    registry.models.verdicts(digest, inCatalogue),
  ]);
  const { intendedUse } = settings;
  return modelCard({
    catalogue: found(of, "the catalogue", model.catalogue),
    model: { ...model, manifest },
    aliases: (["champion", "challenger", "previous"] as const)
      .filter((alias) => aliases[alias] === digest),
    names: new Map(labels.labels.map(({ code, name }) => [code, name])),
    dataset: await datasetOf(hub, model),
    evaluation: storedEvaluation(await readJson(hub, evaluation?.blob)),
    verdict: storedVerdict(await readJson(hub, verdict?.blob)),
    run: await runOf(hub, model),
    intendedUse: typeof intendedUse === "string" && intendedUse !== "" ? intendedUse : null,
  });
}

async function datasetOf({ registry }: HubDeps, { catalogue, dataset }: Model) {
  const data = dataset === null ? null : await registry.datasets.get(catalogue, dataset);
  if (data === null) return null;
  const { origins } = await registry.lineage.trace(catalogue, { dataset: data.digest });
  const { digest, parent, rows, classes, setAside, createdAt } = data;
  const feedback = origins.datasets.reduce((sum, of) => sum + of.merged, 0);
  return { digest, parent, rows, classes, setAside, createdAt, feedback };
}

async function runOf({ registry }: HubDeps, { runId }: Model) {
  const run = runId === null ? null : await registry.runs.get(runId);
  if (run === null) return null;
  const { id, tags, codeVersion, device, params } = run;
  return { id, by: tags["by"] ?? "", codeVersion, device, params };
}

/** The JSON of a blob; null where there is none, or no JSON. */
async function readJson({ blobs }: HubDeps, digest: string | undefined): Promise<unknown> {
  if (digest === undefined || !await blobs.has(digest)) return null;
  const text = await new Response(await blobs.open(digest)).text();
  try {
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    throw error;
  }
}
