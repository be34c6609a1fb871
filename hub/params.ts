/**
 * `params.yaml`: every hyper-parameter and threshold, parsed once, frozen, all problems told together.
 *
 * Where things are (ports, folders, addresses) is not here: that is the environment (`config.ts`).
 *
 * @module
 */
import { isCollection, isNode, parse as parseYaml, parseDocument } from "yaml";
import { z } from "zod";
import { AppError, messageOf } from "@aisle/shared/errors";

const count = z.int().positive();
const share = z.number().min(0).max(1);
const seed = z.int().min(0).max(0xffffffff);
const range = z.tuple([z.int().min(1).max(10), z.int().min(1).max(10)])
  .refine(([min, max]) => min <= max, "the first number must not be above the second");

/** A value that may be left to what it is a setting of. */
const orAuto = <T extends z.ZodType>(schema: T) => z.union([schema, z.literal("auto")]);
/** A word for an encoder; one with a colon needs something after it. */
const encoder = (...words: readonly string[]) =>
  z.string().refine(
    (value) =>
      words.some((word) => {
        const prefix = /^[a-z]+:/.exec(word)?.[0];
        return prefix ? value.startsWith(prefix) && value.length > prefix.length : value === word;
      }),
    `must be one of ${words.join(", ")}`,
  );

/** When something runs, in UTC. */
const cron = z.string().regex(/^(\S+ ){4}\S+$/, "must be a cron pattern of five parts");

/** How an image encoder learns. */
const learning = z.strictObject({
  epochs: count.max(1000),
  batchSize: z.int().min(2).max(1024),
  rate: z.number().positive(),
  weightDecay: z.number().min(0),
  labelSmoothing: share.max(0.5),
  patience: count,
  seed,
});
/** From where on something is a warning or critical, and under which share of that it no longer is. */
const bounds = z.strictObject({
  warning: z.number().positive(),
  critical: z.number().positive(),
  release: share,
});
const settable = z.union([
  z.number(),
  z.string(),
  z.boolean(),
  z.array(z.union([z.number(), z.string()])),
]);
/** What a search may try for one of the params. */
const Dimension = z.union([
  z.strictObject({ choices: z.array(settable).min(1) }),
  z.strictObject({
    low: z.number(),
    high: z.number(),
    log: z.boolean().optional(),
    whole: z.boolean().optional(),
  }).refine(({ low, high, log }) => low < high && (!log || low > 0), {
    error: "low must be under high, and above 0 where log is true",
  }),
]);
/** Parsed form of one dimension of `tune.space`. */
export type Dimension = z.infer<typeof Dimension>;

/** The shape of `params.yaml`; every section is read by the stages of the same name. */
export const Params = z.strictObject({
  check: z.strictObject({
    examples: count,
    imbalanceRatio: z.number().min(1),
    minClassRows: count,
    maxBadRowShare: share,
  }),
  split: z.strictObject({
    goldShare: share.max(0.5),
    goldMaxRows: count,
    goldMinClassRows: z.int().min(2),
    feedbackGoldShare: share.max(0.5),
    seed,
  }),
  text: z.strictObject({
    words: range,
    chars: range,
    hashBits: z.int().min(10).max(22),
    titleRepeat: z.int().min(1).max(5),
    charWeight: z.number().min(0.1).max(10),
    charDigitsToZero: z.boolean(),
    encoder: encoder("tfidf", "hf:MODEL_ID_or_FOLDER"),
    encoderTokens: z.int().min(8).max(2048),
  }),
  image: z.strictObject({
    encoder: encoder("mobilenet-v2", "cnn", "onnx:PATH", "hf:MODEL_ID_or_FOLDER"),
    size: orAuto(z.int().min(8).max(1024)),
    fit: z.enum(["stretch", "contain"]),
    mean: orAuto(z.array(z.number()).length(3)),
    std: orAuto(z.array(z.number().positive()).length(3)),
    output: z.string().min(1),
    cnn: learning.extend({
      size: z.int().min(16).max(256),
      emaDecay: z.number().min(0).max(0.9999),
      flip: z.boolean(),
      crop: z.number().gt(0).max(1),
      shift: z.int().min(0).max(32),
      colour: z.number().min(0).lt(1),
    }),
    finetune: learning.extend({
      blocks: z.int().min(0),
      headRate: z.number().positive(),
    }),
  }),
  train: z.strictObject({
    c: z.number().positive(),
    passes: count.max(1000),
    tolerance: z.number().positive(),
    folds: z.int().min(2).max(20),
    oofMaxRows: count,
    warmStart: z.boolean(),
    labelErrorConfidence: share.min(0.5),
    seed,
  }),
  training: z.strictObject({
    device: z.enum(["auto", "webgpu", "cpu"]),
  }),
  fusion: z.strictObject({
    c: z.array(z.number().positive()).min(1),
    passes: count.max(1000),
    tolerance: z.number().positive(),
    ridges: z.array(z.number().positive()),
    stacks: z.array(z.number().positive()),
    dropout: share.max(0.9),
    maxHeadClasses: z.int().min(0),
    minRows: z.int().min(2),
    seed,
  }),
  cascade: z.strictObject({ maxLoss: share, keepGain: share }),
  export: z.strictObject({
    weights: z.enum(["int8", "float32"]),
    goldenSamples: z.int().min(1).max(256),
  }),
  evaluate: z.strictObject({
    calibrationBins: z.int().min(2).max(100),
    bootstraps: count,
    precisions: z.array(share).min(1),
    autoPrecision: share,
    latencySamples: count,
    wasmPictures: z.int().min(0),
    seed,
  }).refine((e) => e.precisions.includes(e.autoPrecision), {
    error: "autoPrecision must be one of precisions",
    path: ["autoPrecision"],
  }),
  gate: z.strictObject({
    margin: share,
    minGain: z.number(),
    significance: share,
    minGoldRows: count,
    vetoClassRows: count,
    maxClassRecallDrop: share,
    calibrationQuantile: share,
    maxLatencyRatio: z.number().positive(),
  }),
  sources: z.strictObject({
    defaultTrust: z.enum(["trusted", "neutral", "untrusted"]),
    quotaPerDay: count,
    burstRows: count,
    burstMinutes: count.max(1440),
    leaveOut: z.int().min(0).max(3),
    minShare: share.min(0.05),
    minRows: count,
    keepGain: share,
  }),
  review: z.strictObject({
    mix: z.strictObject({
      "low-margin": z.number().min(0),
      disagreement: z.number().min(0),
      "label-error": z.number().min(0),
      contradicted: z.number().min(0),
      drifted: z.number().min(0),
    }),
    maxOpen: count.max(100_000),
    secondOpinions: share,
    leaseMinutes: count.max(1440),
    sureConfidence: share,
    unseenShare: share,
    everyMinutes: count.max(1440),
    seed,
  }),
  tune: z.strictObject({
    trials: count.max(10_000),
    minutes: z.number().positive(),
    folds: z.array(count).min(1),
    keepOneIn: z.int().min(2).max(10),
    seed,
    space: z.record(
      z.string().regex(/^(text|image|train|training|fusion)\.[A-Za-z]+$/, {
        error: "only params that training reads may be tried, as section.name",
      }),
      Dimension,
    ),
  }),
  tracking: z.strictObject({
    thinAfterDays: count,
    keepPoints: z.int().min(2),
  }),
  monitoring: z.strictObject({
    everyMinutes: count.max(60),
    windowHours: count.max(168),
    drift: bounds.extend({ minValues: count, significance: share }),
    recall: bounds.extend({ minRows: count }),
    accuracy: bounds.extend({ minRows: count }),
    keep: z.strictObject({
      minuteHours: z.int().min(4),
      hourDays: z.int().min(8),
      dayDays: count,
      edgeDays: count,
      alertDays: count,
      reports: count,
    }),
  }),
  inspection: z.strictObject({
    minRows: count,
    requireAllClasses: z.boolean(),
    everyMinutes: count.max(60),
    accuracyBelow: share,
    minAccuracyRows: count,
    onDrift: z.enum(["critical", "warning", "never"]),
    coolDownMinutes: z.number().min(0),
    retrainsPerDay: z.int().min(0),
    retrainsPerWeek: z.int().min(0),
  }),
  jobs: z.strictObject({
    timeoutMinutes: z.number().positive(),
    attempts: count.max(20),
    backoffSeconds: z.number().min(0),
    maxBackoffMinutes: z.number().min(0),
    jitter: share,
  }),
  gc: z.strictObject({
    cron,
    graceHours: z.number().min(1),
    stageCacheDays: count,
    jobLogDays: count,
    jobDays: count,
    deletedRunDays: count,
  }),
  backup: z.strictObject({ cron, keep: count }),
  simulate: z.strictObject({
    enabled: z.boolean(),
    everyMinutes: count.max(60),
    products: count,
  }),
});
/** Parsed form of {@linkcode Params}. */
export type Params = z.infer<typeof Params>;

/**
 * Parses the text of a params file.
 *
 * @throws {AppError} `params-invalid`, naming every problem; an unknown key comes with the nearest known one.
 */
export function parseParams(yaml: string, file = "params.yaml"): Params {
  let value: unknown;
  try {
    value = parseYaml(yaml);
  } catch (error) {
    throw new AppError("params-invalid", `Cannot read ${file}: ${messageOf(error)}`, {
      cause: error,
    });
  }
  return checked(value, file);
}

/** `value` as params, all problems told together. */
function checked(value: unknown, file: string): Params {
  const result = Params.safeParse(value);
  if (result.success) return deepFreeze(result.data);
  const problems = result.error.issues.flatMap((issue) => describe(issue, value));
  throw new AppError("params-invalid", `Cannot use ${file}: ${problems.join("; ")}`, {
    details: problems,
  });
}

/**
 * `params` with some of them set, by `section.name`.
 *
 * @throws {AppError} `params-invalid`, as {@linkcode parseParams} does
 */
export function withParams(params: Params, set: Readonly<Record<string, unknown>>): Params {
  const value = structuredClone(params) as unknown as Record<string, Record<string, unknown>>;
  for (const [path, to] of Object.entries(set)) {
    const [section, name] = path.split(".") as [string, string];
    value[section] = { ...value[section], [name]: to };
  }
  return checked(value, "these params");
}

/** The text of a params file with some of them set, by `section.name`; comments stay. */
export function withParamsText(yaml: string, set: Readonly<Record<string, unknown>>): string {
  const document = parseDocument(yaml);
  for (const [path, to] of Object.entries(set)) {
    const node = document.createNode(to);
    if (isCollection(node)) node.flow = true;
    const before = document.getIn(path.split("."), true);
    if (isNode(before)) node.comment = before.comment;
    document.setIn(path.split("."), node);
  }
  return document.toString({ lineWidth: 0, flowCollectionPadding: false });
}

/** One zod issue in words a person can act on. */
function describe(issue: z.core.$ZodIssue, value: unknown): string[] {
  const path = issue.path.map(String);
  const where = path.join(".") || "the file";
  if (issue.code === "unrecognized_keys") {
    const known = knownKeys(path);
    return issue.keys.map((key) => {
      const full = [...path, key].join(".");
      const near = nearest(key, known);
      return `unknown key ${full}` + (near ? `: did you mean ${[...path, near].join(".")}?` : "");
    });
  }
  let current = value;
  for (const key of issue.path) current = (current as Record<PropertyKey, unknown> | null)?.[key];
  return [`${where}: ${issue.message}: current value is ${JSON.stringify(current) ?? "missing"}`];
}

/** Keys that the schema knows at `path`. */
function knownKeys(path: readonly string[]): string[] {
  let schema: unknown = Params;
  for (const key of path) schema = (schema as { shape?: Record<string, unknown> }).shape?.[key];
  return Object.keys((schema as { shape?: Record<string, unknown> } | undefined)?.shape ?? {});
}

/** The member of `words` with the smallest edit distance to `word`, if it is near enough to be meant. */
export function nearest(word: string, words: readonly string[]): string | undefined {
  let best: string | undefined;
  let bestDistance = Math.max(2, Math.ceil(word.length / 2)) + 1;
  for (const candidate of words) {
    const distance = editDistance(word.toLowerCase(), candidate.toLowerCase());
    if (distance < bestDistance) [best, bestDistance] = [candidate, distance];
  }
  return best;
}

/** Levenshtein distance, one row at a time. */
function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      next.push(Math.min(
        row[j]! + 1,
        next[j - 1]! + 1,
        row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1),
      ));
    }
    row = next;
  }
  return row[b.length]!;
}

function deepFreeze<T>(value: T): T {
  if (value !== null && typeof value === "object") {
    for (const inner of Object.values(value)) deepFreeze(inner);
    Object.freeze(value);
  }
  return value;
}
