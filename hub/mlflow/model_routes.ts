/**
 * Registered models, their tags and aliases.
 *
 * The hub's own catalogues are among them, read-only: their aliases move by promotion.
 *
 * @module
 */
import { z } from "@hono/zod-openapi";
import { AppError } from "@aisle/shared/errors";
import type { HubContext } from "../api/context.ts";
import { found } from "../api/catalogue_lookup.ts";
import type { RegisteredModel } from "../registry/registered_models.ts";
import { modelOut, versionOut } from "./model_wire.ts";
import { type Route, route } from "./route.ts";
import {
  KeySchema,
  nextToken,
  pageInput,
  queryOf,
  recordOf,
  TagsSchema,
  TextList,
  Whole,
} from "./wire.ts";

/** Names of models: what addresses of the form `models:/NAME/VERSION` can hold. */
export const ModelName = z.string().min(1).max(256)
  .regex(/^[^/:]+$/, "names of models hold no / and no :");
/** Number of a version. */
export const VersionNumber = Whole.pipe(z.int().min(1));

// `latest` and `v1` mean something of their own in addresses of models.
const Alias = z.string().min(1).max(255).regex(/^[\w-]+$/).refine(
  (alias) => alias !== "latest" && !/^v\d+$/i.test(alias),
  "an alias is neither latest nor the number of a version",
);
const Name = z.object({ name: ModelName });

const registryOf = (c: HubContext) => c.get("hub").registry;

async function shown(c: HubContext, model: RegisteredModel) {
  const latest = await registryOf(c).modelVersions.latest(model.name);
  return { registered_model: modelOut(model, latest) };
}

async function getModel(c: HubContext, name: string): Promise<RegisteredModel> {
  const model = await registryOf(c).registeredModels.get(name);
  if (model !== null) return model;
  throw new AppError("not-found", `Registered Model with name=${name} not found`);
}

const latestInput = Name.extend({ stages: TextList });
async function latestVersions({ name, stages }: z.output<typeof latestInput>, c: HubContext) {
  await getModel(c, name);
  const versions = await registryOf(c).modelVersions.latest(name, stages);
  return { model_versions: versions.map(versionOut) };
}

/** Routes of models. */
export const MODEL_ROUTES: readonly Route[] = [
  route({
    method: "POST",
    path: "/registered-models/create",
    input: Name.extend({ tags: TagsSchema, description: z.string().max(100_000).optional() }),
    target: ({ name }) => name,
    handle: async ({ name, tags, description }, c) =>
      shown(
        c,
        await registryOf(c).registeredModels.create({ name, description, tags: recordOf(tags) }),
      ),
  }),
  route({
    method: "GET",
    path: "/registered-models/get",
    input: Name,
    handle: async ({ name }, c) => shown(c, await getModel(c, name)),
  }),
  route({
    method: "POST",
    path: "/registered-models/rename",
    input: Name.extend({ new_name: ModelName }),
    target: ({ name }) => name,
    handle: async ({ name, new_name: newName }, c) =>
      shown(c, await registryOf(c).registeredModels.update(name, { newName })),
  }),
  route({
    method: "PATCH",
    path: "/registered-models/update",
    input: Name.extend({ description: z.string().max(100_000).default("") }),
    target: ({ name }) => name,
    handle: async ({ name, description }, c) =>
      shown(c, await registryOf(c).registeredModels.update(name, { description })),
  }),
  route({
    method: "DELETE",
    path: "/registered-models/delete",
    input: Name,
    target: ({ name }) => name,
    async handle({ name }, c) {
      await registryOf(c).registeredModels.delete(name);
      return {};
    },
  }),
  route({
    method: "GET",
    path: "/registered-models/search",
    input: z.object({
      filter: z.string().optional(),
      order_by: TextList,
      ...pageInput(1000, 100),
    }),
    async handle(input, c) {
      const { items, next } = await registryOf(c).registeredModels.search({
        query: queryOf(input.filter, input.order_by),
        limit: input.max_results,
        cursor: input.page_token,
      });
      const models = [];
      for (const model of items) models.push((await shown(c, model)).registered_model);
      return { registered_models: models, ...nextToken(next) };
    },
  }),
  route({
    method: "POST",
    path: "/registered-models/get-latest-versions",
    input: latestInput,
    handle: latestVersions,
  }),
  route({
    method: "GET",
    path: "/registered-models/get-latest-versions",
    input: latestInput,
    handle: latestVersions,
  }),
  route({
    method: "POST",
    path: "/registered-models/set-tag",
    input: Name.extend({ key: KeySchema, value: z.string().max(100_000).default("") }),
    target: ({ name }) => name,
    async handle({ name, key, value }, c) {
      await registryOf(c).registeredModels.update(name, { tags: { [key]: value } });
      return {};
    },
  }),
  route({
    method: "DELETE",
    path: "/registered-models/delete-tag",
    input: Name.extend({ key: KeySchema }),
    target: ({ name }) => name,
    async handle({ name, key }, c) {
      await registryOf(c).registeredModels.update(name, { tags: { [key]: null } });
      return {};
    },
  }),
  route({
    method: "POST",
    path: "/registered-models/alias",
    input: Name.extend({ alias: Alias, version: VersionNumber }),
    target: ({ name, alias, version }) => `${name}@${alias}=${version}`,
    async handle({ name, alias, version }, c) {
      const { modelVersions, registeredModels } = registryOf(c);
      found(await modelVersions.get(name, version), `of model ${name} the version`, `${version}`);
      await registeredModels.update(name, { aliases: { [alias]: version } });
      return {};
    },
  }),
  route({
    method: "DELETE",
    path: "/registered-models/alias",
    input: Name.extend({ alias: z.string() }),
    target: ({ name, alias }) => `${name}@${alias}`,
    async handle({ name, alias }, c) {
      await registryOf(c).registeredModels.update(name, { aliases: { [alias]: null } });
      return {};
    },
  }),
  route({
    method: "GET",
    path: "/registered-models/alias",
    input: Name.extend({ alias: z.string() }),
    async handle({ name, alias }, c) {
      const number = (await getModel(c, name)).aliases[alias];
      if (number === undefined) {
        // MLflow answers so, and its clients tell users what this code says.
        throw new AppError("input-invalid", `Registered model alias ${alias} not found.`);
      }
      const version = await registryOf(c).modelVersions.get(name, number);
      return { model_version: versionOut(found(version, "version", String(number))) };
    },
  }),
];
