/**
 * Jobs that look after the hub itself, no catalogue.
 *
 * @module
 */
import { endpoint } from "../endpoint.ts";
import { JOB_INPUTS, startJob } from "../job_start.ts";
import { HUB_JOB_KINDS, type HubJobKind } from "../ports.ts";
import { JOB_EXAMPLE, JobSchema } from "./jobs.ts";

const SUMMARIES: Readonly<Record<HubJobKind, string>> = {
  backup: "Makes a snapshot in the folder that the hub's environment names",
  gc: "Removes what is past its time and what nothing names",
};
const EXAMPLES: Readonly<Record<HubJobKind, object>> = { backup: {}, gc: { dryRun: true } };

/** Endpoints of this area. */
export const MAINTENANCE = HUB_JOB_KINDS.map((kind) =>
  endpoint({
    method: "post",
    path: `/api/v1/maintenance/${kind}`,
    id: `start-${kind}`,
    startsJob: true,
    tag: "maintenance",
    summary: SUMMARIES[kind],
    description: "The job's result says what was done.",
    body: { schema: JOB_INPUTS[kind], example: EXAMPLES[kind], optional: true },
    answer: {
      status: 202 as const,
      description: "Queued; `Location` names the job",
      schema: JobSchema,
      example: { ...JOB_EXAMPLE, catalogue: "", kind },
    },
    async handle({ body }, c) {
      const job = await startJob(c, { catalogue: "", kind, input: body });
      c.header("location", `/api/v1/jobs/${job.id}`);
      return job;
    },
  })
);
