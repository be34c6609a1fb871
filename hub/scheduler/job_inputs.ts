/**
 * What each kind of job may be asked, checked at the door so that a wrong request fails before it becomes a job.
 *
 * @module
 */
import { z } from "zod";
import { STAGES } from "../pipeline/pipeline_events.ts";

const digest = z.string().regex(/^[0-9a-f]{64}$/, "must be a blob's digest");
const column = z.string().min(1);

/** Files of a data set, each a blob's digest. */
export const SourceInput = z.discriminatedUnion("kind", [
  z.strictObject({
    kind: z.literal("challenge"),
    x: digest,
    y: digest.nullable(),
    images: digest.nullable(),
  }),
  z.strictObject({
    kind: z.literal("table"),
    csv: digest,
    text: z.array(column).min(1),
    label: column.nullable(),
    id: column.nullable(),
    image: column.nullable(),
    images: digest.nullable(),
  }),
]);
/** Parsed form of {@linkcode SourceInput}. */
export type SourceInput = z.infer<typeof SourceInput>;

/** Input of every pipeline job. */
export const PipelineJobInput = z.strictObject({
  source: SourceInput.optional(),
  unseenShare: z.number().min(0).max(1).optional(),
  force: z.array(z.enum(STAGES)).optional(),
  /** Params of this job alone, by `section.name`; the others are as params.yaml says. */
  params: z.record(z.string().regex(/^\w+\.\w+$/, "must be section.name"), z.unknown()).optional(),
});
/** Parsed form of {@linkcode PipelineJobInput}. */
export type PipelineJobInput = z.infer<typeof PipelineJobInput>;

/** Input of a training. */
export const TrainJobInput = PipelineJobInput.extend({
  /** A data version of before: a run is done again by its data version and its params. */
  dataset: digest.optional(),
});

/** Input of a scoring: a source without codes, and the bundle (the champion where none is named). */
export const ScoreJobInput = z.strictObject({
  source: SourceInput,
  bundle: digest.optional(),
});
/** Parsed form of {@linkcode ScoreJobInput}. */
export type ScoreJobInput = z.infer<typeof ScoreJobInput>;

/** Input of a simulation. */
export const SimulateJobInput = z.strictObject({
  products: z.int().positive().default(50),
  ratePerSecond: z.number().positive().optional(),
  wrongShare: z.number().min(0).max(1).default(0),
  edges: z.array(z.url({ protocol: /^https?$/, error: "must be an http or https address" }))
    .optional(),
  seed: z.int().nonnegative().optional(),
});
/** Parsed form of {@linkcode SimulateJobInput}. */
export type SimulateJobInput = z.infer<typeof SimulateJobInput>;

/** Input of a search for params; what is left out is as the params say. */
export const TuneJobInput = z.strictObject({
  trials: z.int().min(1).max(10_000).optional(),
  minutes: z.number().positive().optional(),
  seed: z.int().nonnegative().max(0xffffffff).optional(),
});
/** Parsed form of {@linkcode TuneJobInput}. */
export type TuneJobInput = z.infer<typeof TuneJobInput>;

/** Input of a backup: nothing; where it goes is the environment's, never a caller's. */
export const BackupJobInput = z.strictObject({});
/** Input of a garbage collection. */
export const GarbageJobInput = z.strictObject({ dryRun: z.boolean().default(false) });

/** Input of filling the review queue: nothing. */
export const ReviewJobInput = z.strictObject({});
/** Input of an inspection: nothing. */
export const InspectJobInput = z.strictObject({});
