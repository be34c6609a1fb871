/**
 * Models that clients log by themselves, as MLflow 3 does before it uploads their files.
 *
 * @module
 */
import { z } from "@hono/zod-openapi";
import { AppError } from "@aisle/shared/errors";
import type { HubContext } from "../api/context.ts";
import type { RunState } from "../registry/lifecycle.ts";
import { LOGGED_MODEL_KIND } from "../registry/run_rows.ts";
import type { Run } from "../registry/runs.ts";
import { actorOf } from "../api/context.ts";
import { entriesBelow, fileName } from "./file_names.ts";
import { type Route, route } from "./route.ts";
import { metricOut } from "./run_wire.ts";
import {
  artifactLocation,
  experimentId,
  KeySchema,
  millis,
  nextToken,
  pageInput,
  pairsOf,
  ParamValue,
  queryOf,
  recordOf,
  TagsSchema,
} from "./wire.ts";

/** What MLflow keeps of a model beside its tags lies under names of ours. */
const TYPE_TAG = "aisle.model-type", SOURCE_TAG = "aisle.source-run", CREATOR_TAG = "aisle.creator";

const STATUS_OF: Readonly<Partial<Record<RunState, string>>> = {
  running: "LOGGED_MODEL_PENDING",
  succeeded: "LOGGED_MODEL_READY",
};
const STATE_OF: Readonly<Record<string, RunState>> = {
  LOGGED_MODEL_PENDING: "running",
  LOGGED_MODEL_READY: "succeeded",
  LOGGED_MODEL_UPLOAD_FAILED: "failed",
};

const Id = z.object({ model_id: z.string().regex(/^m-/, "ids of logged models begin with m-") });
const Params = z.array(z.object({ key: KeySchema, value: ParamValue })).default([]);

const registryOf = (c: HubContext) => c.get("hub").registry;

/** The logged model `id`, deleted or not. @throws {AppError} `not-found` */
export async function findLoggedModel(c: HubContext, id: string): Promise<Run> {
  const run = await registryOf(c).runs.get(id.slice(2));
  if (run?.kind === LOGGED_MODEL_KIND) return run;
  throw new AppError("not-found", `Cannot find logged model ${id}: there is none`);
}

/** Address of a logged model's files. */
export function loggedModelFiles(run: Run): string {
  return `${artifactLocation(run.experiment)}/models/m-${run.id}/artifacts`;
}

async function modelsOut(c: HubContext, runs: readonly Run[]) {
  const newest = await registryOf(c).runs.newestPoints(runs.map((run) => run.id));
  return runs.map((run) => {
    const { [TYPE_TAG]: type, [SOURCE_TAG]: source, [CREATOR_TAG]: creator, ...tags } = run.tags;
    return {
      info: {
        model_id: `m-${run.id}`,
        experiment_id: String(run.experiment),
        name: run.name,
        creation_timestamp_ms: millis(run.createdAt),
        last_updated_timestamp_ms: millis(run.endedAt ?? run.createdAt),
        artifact_uri: loggedModelFiles(run),
        status: STATUS_OF[run.state] ?? "LOGGED_MODEL_UPLOAD_FAILED",
        creator_id: creator ?? "",
        model_type: type ?? "",
        source_run_id: source ?? "",
        tags: pairsOf(tags),
        registrations: [],
      },
      data: {
        params: pairsOf(run.params),
        metrics: Object.entries(newest.get(run.id) ?? {}).map(([key, at]) => metricOut(key, at)),
      },
    };
  });
}

async function shown(c: HubContext, id: string) {
  const [model] = await modelsOut(c, [await findLoggedModel(c, id)]);
  return { model };
}

/** Routes of logged models. */
export const LOGGED_MODEL_ROUTES: readonly Route[] = [
  route({
    method: "POST",
    path: "/logged-models",
    input: z.object({
      experiment_id: z.coerce.string(),
      name: z.string().max(500).optional(),
      model_type: z.string().max(500).optional(),
      source_run_id: z.string().max(200).optional(),
      params: Params,
      tags: TagsSchema,
    }),
    async handle({ experiment_id, name, model_type, source_run_id, params, tags }, c) {
      const run = await registryOf(c).clientRuns.create({
        experiment: experimentId(experiment_id),
        name,
        params: recordOf(params),
        tags: {
          ...recordOf(tags),
          ...(model_type ? { [TYPE_TAG]: model_type } : {}),
          ...(source_run_id ? { [SOURCE_TAG]: source_run_id } : {}),
          [CREATOR_TAG]: actorOf(c),
        },
        loggedModel: true,
      });
      return shown(c, `m-${run.id}`);
    },
  }),
  route({
    method: "POST",
    path: "/logged-models/search",
    input: z.object({
      experiment_ids: z.array(z.coerce.string()).default([]),
      filter: z.string().optional(),
      order_by: z.array(z.object({ field_name: z.string(), ascending: z.boolean().default(true) }))
        .default([]),
      ...pageInput(1000, 50),
    }),
    async handle(input, c) {
      const order = input.order_by.map(({ field_name, ascending }) =>
        `${field_name} ${ascending ? "asc" : "desc"}`
      );
      const { items, next } = await registryOf(c).runs.search({
        loggedModels: true,
        experiments: input.experiment_ids.map(experimentId),
        query: queryOf(input.filter, order),
        limit: input.max_results,
        cursor: input.page_token,
      });
      return { models: await modelsOut(c, items), ...nextToken(next) };
    },
  }),
  route({
    method: "GET",
    path: "/logged-models/:model_id",
    input: Id,
    handle: ({ model_id }, c) => shown(c, model_id),
  }),
  route({
    method: "PATCH",
    path: "/logged-models/:model_id",
    input: Id.extend({
      status: z.enum([
        "LOGGED_MODEL_PENDING",
        "LOGGED_MODEL_READY",
        "LOGGED_MODEL_UPLOAD_FAILED",
      ]),
    }),
    async handle({ model_id, status }, c) {
      const { id } = await findLoggedModel(c, model_id);
      await registryOf(c).clientRuns.update(id, { state: STATE_OF[status] });
      return shown(c, model_id);
    },
  }),
  route({
    method: "DELETE",
    path: "/logged-models/:model_id",
    input: Id,
    target: ({ model_id }) => model_id,
    async handle({ model_id }, c) {
      await registryOf(c).clientRuns.delete((await findLoggedModel(c, model_id)).id);
      return {};
    },
  }),
  route({
    method: "PATCH",
    path: "/logged-models/:model_id/tags",
    input: Id.extend({ tags: TagsSchema }),
    async handle({ model_id, tags }, c) {
      const { id } = await findLoggedModel(c, model_id);
      await registryOf(c).clientRuns.log(id, { tags: recordOf(tags) });
      return shown(c, model_id);
    },
  }),
  route({
    method: "DELETE",
    path: "/logged-models/:model_id/tags/:tag_key",
    input: Id.extend({ tag_key: z.string() }),
    async handle({ model_id, tag_key }, c) {
      const { id } = await findLoggedModel(c, model_id);
      await registryOf(c).clientRuns.log(id, { tags: { [tag_key]: null } });
      return {};
    },
  }),
  route({
    method: "POST",
    path: "/logged-models/:model_id/params",
    input: Id.extend({ params: Params }),
    async handle({ model_id, params }, c) {
      const { id } = await findLoggedModel(c, model_id);
      await registryOf(c).clientRuns.log(id, { params: recordOf(params) });
      return {};
    },
  }),
  route({
    method: "GET",
    path: "/logged-models/:model_id/artifacts/directories",
    input: Id.extend({ artifact_directory_path: z.string().default("") }),
    async handle({ model_id, artifact_directory_path }, c) {
      const run = await findLoggedModel(c, model_id);
      const files = await registryOf(c).runs.artifacts(run.id);
      return {
        root_uri: loggedModelFiles(run),
        files: entriesBelow(files, fileName(artifact_directory_path)).map(entryOut),
      };
    },
  }),
];

/** A file or folder as it travels. */
export function entryOut({ name, sizeBytes }: ReturnType<typeof entriesBelow>[number]) {
  return {
    path: name,
    is_dir: sizeBytes === null,
    ...(sizeBytes === null ? {} : { file_size: sizeBytes }),
  };
}
