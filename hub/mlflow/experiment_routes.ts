/**
 * Experiments.
 *
 * @module
 */
import { z } from "@hono/zod-openapi";
import { AppError } from "@aisle/shared/errors";
import type { HubContext } from "../api/context.ts";
import { found } from "../api/catalogue_lookup.ts";
import { type Route, route } from "./route.ts";
import {
  experimentId,
  experimentOut,
  KeySchema,
  nextToken,
  pageInput,
  queryOf,
  recordOf,
  TagsSchema,
  TextList,
} from "./wire.ts";

/** Which of active and deleted things a search finds. */
export const VIEW_TYPES = {
  ACTIVE_ONLY: "active",
  DELETED_ONLY: "deleted",
  ALL: "all",
} as const;
/** One of {@linkcode VIEW_TYPES}, as a lifecycle. */
export const ViewType = z.enum(["ACTIVE_ONLY", "DELETED_ONLY", "ALL"]).default("ACTIVE_ONLY")
  .transform((view) => VIEW_TYPES[view]);

const Id = z.object({ experiment_id: z.coerce.string() });
const SearchInput = z.object({
  filter: z.string().optional(),
  order_by: TextList,
  view_type: ViewType,
  ...pageInput(50_000, 1000),
});

const experimentsOf = (c: HubContext) => c.get("hub").registry.experiments;

async function search(input: z.output<typeof SearchInput>, c: HubContext) {
  const { items, next } = await experimentsOf(c).search({
    query: queryOf(input.filter, input.order_by),
    lifecycle: input.view_type,
    limit: input.max_results,
    cursor: input.page_token,
  });
  return { experiments: items.map(experimentOut), ...nextToken(next) };
}

/** Routes of experiments. */
export const EXPERIMENT_ROUTES: readonly Route[] = [
  route({
    method: "POST",
    path: "/experiments/create",
    input: z.object({
      name: z.string().min(1).max(500),
      artifact_location: z.string().optional(),
      tags: TagsSchema,
    }),
    target: ({ name }) => name,
    async handle({ name, artifact_location, tags }, c) {
      if (artifact_location) {
        throw new AppError(
          "input-invalid",
          "Cannot keep artifacts elsewhere: the hub keeps them. Leave artifact_location away: " +
            `current value is ${artifact_location.slice(0, 100)}`,
        );
      }
      const { id } = await experimentsOf(c).create({ name, tags: recordOf(tags) });
      return { experiment_id: String(id) };
    },
  }),
  route({
    method: "GET",
    path: "/experiments/get",
    input: Id,
    async handle({ experiment_id }, c) {
      const id = experimentId(experiment_id);
      const experiment = found(await experimentsOf(c).get(id), "experiment", experiment_id);
      return { experiment: experimentOut(experiment) };
    },
  }),
  route({
    method: "GET",
    path: "/experiments/get-by-name",
    input: z.object({ experiment_name: z.string() }),
    async handle({ experiment_name: name }, c) {
      const experiment = found(await experimentsOf(c).getByName(name), "experiment", name);
      return { experiment: experimentOut(experiment) };
    },
  }),
  route({ method: "GET", path: "/experiments/list", input: SearchInput, handle: search }),
  route({ method: "GET", path: "/experiments/search", input: SearchInput, handle: search }),
  route({ method: "POST", path: "/experiments/search", input: SearchInput, handle: search }),
  route({
    method: "POST",
    path: "/experiments/update",
    input: Id.extend({ new_name: z.string().min(1).max(500) }),
    target: ({ experiment_id }) => experiment_id,
    async handle({ experiment_id, new_name }, c) {
      await experimentsOf(c).rename(experimentId(experiment_id), new_name);
      return {};
    },
  }),
  route({
    method: "POST",
    path: "/experiments/delete",
    input: Id,
    target: ({ experiment_id }) => experiment_id,
    async handle({ experiment_id }, c) {
      await experimentsOf(c).delete(experimentId(experiment_id));
      return {};
    },
  }),
  route({
    method: "POST",
    path: "/experiments/restore",
    input: Id,
    target: ({ experiment_id }) => experiment_id,
    async handle({ experiment_id }, c) {
      await experimentsOf(c).restore(experimentId(experiment_id));
      return {};
    },
  }),
  route({
    method: "POST",
    path: "/experiments/set-experiment-tag",
    input: Id.extend({ key: KeySchema, value: z.string().max(100_000).default("") }),
    target: ({ experiment_id }) => experiment_id,
    async handle({ experiment_id, key, value }, c) {
      await experimentsOf(c).setTags(experimentId(experiment_id), { [key]: value });
      return {};
    },
  }),
  route({
    method: "POST",
    path: "/experiments/delete-experiment-tag",
    input: Id.extend({ key: KeySchema }),
    target: ({ experiment_id }) => experiment_id,
    async handle({ experiment_id, key }, c) {
      await experimentsOf(c).setTags(experimentId(experiment_id), { [key]: null });
      return {};
    },
  }),
];
