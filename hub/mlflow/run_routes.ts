/**
 * Runs: their life, and searching them. What they log is in `logging_routes.ts`.
 *
 * @module
 */
import { z } from "@hono/zod-openapi";
import { AppError } from "@aisle/shared/errors";
import type { HubContext } from "../api/context.ts";
import type { Run } from "../registry/runs.ts";
import { ViewType } from "./experiment_routes.ts";
import { type Route, route } from "./route.ts";
import { runInfo, runsOut, STATE_OF } from "./run_wire.ts";
import {
  experimentId,
  Millis,
  nextToken,
  pageInput,
  queryOf,
  recordOf,
  TagsSchema,
  TextList,
} from "./wire.ts";

/** The run that a request speaks of; old clients call its id `run_uuid`. */
export const RunId = z.object({ run_id: z.string().optional(), run_uuid: z.string().optional() });

/** Id of the run that `input` speaks of. @throws {AppError} `input-invalid` where it names none */
export function runIdOf(input: z.output<typeof RunId>): string {
  const id = input.run_id || input.run_uuid;
  if (id) return id;
  throw new AppError("input-invalid", "Missing value for required parameter 'run_id'");
}

/** The run `id`, deleted or not. @throws {AppError} `not-found` */
export async function findRun(c: HubContext, id: string): Promise<Run> {
  const run = await c.get("hub").registry.runs.get(id);
  if (run !== null) return run;
  throw new AppError("not-found", `Run with id=${id} not found`);
}

const registryOf = (c: HubContext) => c.get("hub").registry;

/** Routes of runs. */
export const RUN_ROUTES: readonly Route[] = [
  route({
    method: "POST",
    path: "/runs/create",
    input: z.object({
      experiment_id: z.coerce.string().default("0"),
      user_id: z.string().optional(),
      run_name: z.string().max(250).optional(),
      start_time: Millis.optional(),
      tags: TagsSchema,
    }),
    async handle({ experiment_id, user_id, run_name, start_time, tags }, c) {
      const given = recordOf(tags);
      const run = await registryOf(c).clientRuns.create({
        experiment: experimentId(experiment_id),
        name: run_name || given["mlflow.runName"],
        startedAtMs: start_time,
        tags: { ...(user_id ? { "mlflow.user": user_id } : {}), ...given },
      });
      const [shown] = await runsOut(registryOf(c), [run]);
      return { run: shown };
    },
  }),
  route({
    method: "GET",
    path: "/runs/get",
    input: RunId,
    async handle(input, c) {
      const run = await findRun(c, runIdOf(input));
      const [shown] = await runsOut(registryOf(c), [run]);
      return { run: shown };
    },
  }),
  route({
    method: "POST",
    path: "/runs/update",
    input: RunId.extend({
      status: z.enum(["RUNNING", "SCHEDULED", "FINISHED", "FAILED", "KILLED"]).optional(),
      end_time: Millis.optional(),
      run_name: z.string().max(250).optional(),
    }),
    async handle({ status, end_time, run_name, ...id }, c) {
      const run = await registryOf(c).clientRuns.update(runIdOf(id), {
        state: status === undefined ? undefined : STATE_OF[status],
        endedAtMs: end_time,
        name: run_name || undefined,
      });
      return { run_info: runInfo(run) };
    },
  }),
  route({
    method: "POST",
    path: "/runs/delete",
    input: RunId,
    target: runIdOf,
    async handle(input, c) {
      await registryOf(c).clientRuns.delete(runIdOf(input));
      return {};
    },
  }),
  route({
    method: "POST",
    path: "/runs/restore",
    input: RunId,
    target: runIdOf,
    async handle(input, c) {
      await registryOf(c).clientRuns.restore(runIdOf(input));
      return {};
    },
  }),
  route({
    method: "POST",
    path: "/runs/search",
    input: z.object({
      experiment_ids: z.array(z.coerce.string()).default([]),
      filter: z.string().optional(),
      run_view_type: ViewType,
      order_by: TextList,
      ...pageInput(50_000, 1000),
    }),
    async handle(input, c) {
      const { items, next } = await registryOf(c).runs.search({
        experiments: input.experiment_ids.map(experimentId),
        query: queryOf(input.filter, input.order_by),
        lifecycle: input.run_view_type,
        newestBy: "begun",
        limit: input.max_results,
        cursor: input.page_token,
      });
      return { runs: await runsOut(registryOf(c), items), ...nextToken(next) };
    },
  }),
];
