/**
 * Versions of registered models.
 *
 * @module
 */
import { z } from "@hono/zod-openapi";
import { actorOf, type HubContext } from "../api/context.ts";
import { found } from "../api/catalogue_lookup.ts";
import { findLoggedModel, loggedModelFiles } from "./logged_model_routes.ts";
import { ModelName, VersionNumber } from "./model_routes.ts";
import { versionOut } from "./model_wire.ts";
import { type Route, route } from "./route.ts";
import {
  KeySchema,
  nextToken,
  pageInput,
  queryOf,
  recordOf,
  TagsSchema,
  TextList,
} from "./wire.ts";

const Version = z.object({ name: ModelName, version: VersionNumber });
const STAGES = ["None", "Staging", "Production", "Archived"] as const;
/** MLflow takes stages in any case. */
const Stage = z.string().transform((text) =>
  STAGES.find((stage) => stage.toLowerCase() === text.toLowerCase()) ?? text
).pipe(z.enum(STAGES));
/** Booleans come as text in queries. */
const Flag = z.union([z.boolean(), z.enum(["true", "false"]).transform((text) => text === "true")]);

/**
 * Where the files of a version are. The hub never opens it, its clients do: what would lead them to files of their
 * own machine, or up and out of a place, is refused.
 */
const Source = z.string().min(1).max(2000).refine((source) => {
  const scheme = /^([a-z][a-z0-9+.-]*):/i.exec(source)?.[1]?.toLowerCase();
  return scheme !== undefined && scheme.length > 1 && scheme !== "file";
}, "Invalid model version source: it must not be a local path")
  .refine((source) => {
    const plain = source.replaceAll(/(%25)+/g, "%");
    const up = /(^|[/\\]|%2f|%5c)(\.|%2e){2}([/\\]|%2f|%5c|$)/i;
    return !up.test(plain) && !/%00|\p{Cc}/u.test(plain);
  }, "If supplying a source as an http, https, s3 or other address, it must not lead up");

const versionsOf = (c: HubContext) => c.get("hub").registry.modelVersions;
const named = ({ name, version }: z.output<typeof Version>) => `${name}/${version}`;

async function getVersion({ name, version }: z.output<typeof Version>, c: HubContext) {
  return found(
    await versionsOf(c).get(name, version),
    `of model ${name} the version`,
    `${version}`,
  );
}

/** Routes of versions. */
export const VERSION_ROUTES: readonly Route[] = [
  route({
    method: "POST",
    path: "/model-versions/create",
    input: z.object({
      name: ModelName,
      source: Source,
      run_id: z.string().max(200).optional(),
      run_link: z.string().max(2000).optional(),
      description: z.string().max(100_000).optional(),
      tags: TagsSchema,
    }),
    target: ({ name }) => name,
    async handle({ name, source, run_id, run_link, description, tags }, c) {
      const version = await versionsOf(c).create({
        model: name,
        source,
        by: actorOf(c),
        runId: run_id,
        runLink: run_link,
        description,
        tags: recordOf(tags),
      });
      return { model_version: versionOut(version) };
    },
  }),
  route({
    method: "GET",
    path: "/model-versions/get",
    input: Version,
    handle: async (input, c) => ({ model_version: versionOut(await getVersion(input, c)) }),
  }),
  route({
    method: "PATCH",
    path: "/model-versions/update",
    input: Version.extend({ description: z.string().max(100_000).default("") }),
    target: named,
    handle: async ({ name, version, description }, c) => ({
      model_version: versionOut(await versionsOf(c).update(name, version, { description })),
    }),
  }),
  route({
    method: "DELETE",
    path: "/model-versions/delete",
    input: Version,
    target: named,
    async handle({ name, version }, c) {
      await versionsOf(c).delete(name, version);
      return {};
    },
  }),
  route({
    method: "GET",
    path: "/model-versions/search",
    input: z.object({
      filter: z.string().optional(),
      order_by: TextList,
      ...pageInput(200_000, 10_000),
    }),
    async handle(input, c) {
      const { items, next } = await versionsOf(c).search({
        query: queryOf(input.filter, input.order_by),
        limit: input.max_results,
        cursor: input.page_token,
      });
      return { model_versions: items.map(versionOut), ...nextToken(next) };
    },
  }),
  route({
    method: "GET",
    path: "/model-versions/get-download-uri",
    input: Version,
    async handle(input, c) {
      const { source } = await getVersion(input, c);
      // MLflow 3 registers logged models by their id; what it downloads then is their files.
      const logged = /^models:\/(m-[^/]+)$/.exec(source)?.[1];
      return {
        artifact_uri: logged === undefined
          ? source
          : loggedModelFiles(await findLoggedModel(c, logged)),
      };
    },
  }),
  route({
    method: "POST",
    path: "/model-versions/transition-stage",
    input: Version.extend({ stage: Stage, archive_existing_versions: Flag.default(false) }),
    target: (input) => `${named(input)} to ${input.stage}`,
    async handle({ name, version, stage, archive_existing_versions: archiveOthers }, c) {
      const moved = await versionsOf(c).update(name, version, { stage, archiveOthers });
      return { model_version: versionOut(moved) };
    },
  }),
  route({
    method: "POST",
    path: "/model-versions/set-tag",
    input: Version.extend({ key: KeySchema, value: z.string().max(100_000).default("") }),
    target: named,
    async handle({ name, version, key, value }, c) {
      await versionsOf(c).update(name, version, { tags: { [key]: value } });
      return {};
    },
  }),
  route({
    method: "DELETE",
    path: "/model-versions/delete-tag",
    input: Version.extend({ key: KeySchema }),
    target: named,
    async handle({ name, version, key }, c) {
      await versionsOf(c).update(name, version, { tags: { [key]: null } });
      return {};
    },
  }),
];
