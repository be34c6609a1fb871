/**
 * The edge's environment, read once into a frozen value; all problems are told together.
 *
 * What changes the model is not here: it travels in the bundle.
 *
 * @module
 */
import { AppError } from "@aisle/shared/errors";
import { CatalogueName, MAX_PICTURE_BYTES } from "@aisle/shared/contract";
import { type ApiKey, parseApiKeys } from "./api_keys.ts";

/** Every variable that is read; the permission set of the edge names the same ones. */
export const EDGE_VARIABLES = [
  "EDGE_PORT",
  "EDGE_HOST",
  "EDGE_HUB_URL",
  "EDGE_TOKEN",
  "EDGE_PUBLIC_KEY",
  "EDGE_CATALOGUE",
  "EDGE_ID",
  "EDGE_CACHE",
  "EDGE_POLL_MS",
  "EDGE_WORKERS",
  "EDGE_MAX_QUEUE",
  "EDGE_MAX_BATCH",
  "EDGE_MAX_REQUESTS",
  "EDGE_MAX_BODIES_BYTES",
  "EDGE_BODY_TIMEOUT_MS",
  "EDGE_MAX_BODY_BYTES",
  "EDGE_MAX_BATCH_BYTES",
  "EDGE_MAX_PICTURE_BYTES",
  "EDGE_MAX_BUNDLE_BYTES",
  "EDGE_PREDICT_TIMEOUT_MS",
  "EDGE_TELEMETRY_MS",
  "EDGE_HUB_TIMEOUT_MS",
  "EDGE_STOP_DELAY_MS",
  "EDGE_FEEDBACK_WAIT_MS",
  "EDGE_OUTBOX_MAX",
  "EDGE_RECENT_MAX",
  "EDGE_ANSWER_CACHE_BYTES",
  "EDGE_FEATURE_CACHE_BYTES",
  "EDGE_REVIEW_PER_HOUR",
  "EDGE_CORS_ORIGINS",
  "EDGE_API_KEYS",
] as const;
/** One of {@linkcode EDGE_VARIABLES}. */
export type EdgeVariable = typeof EDGE_VARIABLES[number];

/** How the edge uses the Web Cache API: across restarts, emptied at start, or not at all. */
export type CacheMode = "keep" | "clear" | "memory";

/** Where things are and how much is taken; see `EDGE_*` in the README. */
export interface EdgeConfig {
  /** 0 takes any free port. */
  readonly port: number;
  readonly host: string;
  readonly hubUrl: URL;
  readonly token: string;
  /** Raw Ed25519 keys, base64: only releases signed by a partner of one are taken. What is removed is revoked. */
  readonly publicKeys: readonly string[];
  readonly catalogue: string;
  /** Null: one is made up at first start and kept. */
  readonly edgeId: string | null;
  readonly cache: CacheMode;
  readonly pollMs: number;
  readonly workers: number;
  /** Products waiting or in work; more are refused with 503. */
  readonly maxQueue: number;
  /** Products in one batch. */
  readonly maxBatch: number;
  /** Requests under way, whatever they ask; more are refused with 503. */
  readonly maxRequests: number;
  /** Bytes of all bodies that are being read. */
  readonly maxBodiesBytes: number;
  /** Longest that a body may take to come. */
  readonly bodyTimeoutMs: number;
  /** Body of one product, without what its picture adds. */
  readonly maxBodyBytes: number;
  readonly maxBatchBytes: number;
  /** One picture's file; larger ones are refused before they are read. */
  readonly maxPictureBytes: number;
  readonly maxBundleBytes: number;
  /** A worker that needs longer for one slice of work is replaced. */
  readonly predictTimeoutMs: number;
  readonly telemetryMs: number;
  readonly hubTimeoutMs: number;
  /** How long it serves on as not ready once it is told to stop, so that a proxy looks elsewhere first. */
  readonly stopDelayMs: number;
  /** Longest that a feedback request waits for the hub before the outbox takes it. */
  readonly feedbackWaitMs: number;
  readonly outboxMax: number;
  /** Products that are remembered, so that feedback can be joined. */
  readonly recentMax: number;
  /** Memory for answers that were given before; 0 keeps none. */
  readonly answerCacheBytes: number;
  /** Memory of each worker for what pictures said before; 0 keeps nothing. */
  readonly featureCacheBytes: number;
  /** Products that the model is unsure of, sent to the hub's review queue in an hour at most; 0: none. */
  readonly reviewPerHour: number;
  /** Origins whose pages may ask this edge from a browser, `*` for all; none by default. */
  readonly corsOrigins: readonly string[];
  /** Who may ask for predictions; everybody where there are none. */
  readonly apiKeys: readonly ApiKey[];
}

/**
 * Reads the environment through `get`.
 *
 * @throws {AppError} `usage`, listing every problem.
 */
export function edgeConfig(get: (name: EdgeVariable) => string | undefined): EdgeConfig {
  const problems: string[] = [];
  // A variable set to nothing counts as not set: that is what compose files pass for an empty default.
  const text = (name: EdgeVariable): string | undefined => get(name)?.trim() || undefined;
  const whole = (name: EdgeVariable, fallback: number, min: number, max: number): number => {
    const given = text(name);
    if (given === undefined) return fallback;
    const value = /^\d+$/.test(given) ? Number(given) : NaN;
    if (value >= min && value <= max) return value;
    problems.push(
      `${name} must be a whole number from ${min} to ${max}: current value is ${given}`,
    );
    return fallback;
  };
  const needed = (name: EdgeVariable, what: string): string => {
    const given = text(name);
    if (given === undefined) problems.push(`${name} is missing: give ${what}`);
    return given ?? "";
  };

  const hub = needed("EDGE_HUB_URL", "the hub's address, such as http://127.0.0.1:8000");
  const hubUrl = URL.parse(hub);
  if (hub !== "" && (hubUrl === null || !/^https?:$/.test(hubUrl.protocol))) {
    problems.push(`EDGE_HUB_URL must be an http or https address: current value is ${hub}`);
  }
  const token = needed("EDGE_TOKEN", "a token of role edge (the hub makes one)");
  const publicKey = needed("EDGE_PUBLIC_KEY", "the hub's public release key");
  const publicKeys = publicKey.split(",").map((key) => key.trim()).filter((key) => key !== "");
  if (publicKey !== "" && !publicKeys.every((key) => /^[A-Za-z0-9+/]{43}=$/.test(key))) {
    problems.push(
      "EDGE_PUBLIC_KEY must be a raw Ed25519 key of 32 bytes in base64 (44 characters), or several with commas",
    );
  }
  const catalogue = needed("EDGE_CATALOGUE", "the catalogue to serve, such as demo");
  if (catalogue !== "" && !CatalogueName.safeParse(catalogue).success) {
    problems.push(`EDGE_CATALOGUE is not a catalogue's name: current value is ${catalogue}`);
  }
  const edgeId = text("EDGE_ID") ?? null;
  if (edgeId !== null && !/^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/.test(edgeId)) {
    problems.push(`EDGE_ID must be 1 to 100 of A-Z a-z 0-9 . _ -: current value is ${edgeId}`);
  }
  const cache = text("EDGE_CACHE") ?? "keep";
  if (!isCacheMode(cache)) {
    problems.push(`EDGE_CACHE must be keep, clear or memory: current value is ${cache}`);
  }
  const maxQueue = whole("EDGE_MAX_QUEUE", 1_024, 1, 1_000_000);
  const config: EdgeConfig = {
    port: whole("EDGE_PORT", 8_080, 0, 65_535),
    host: text("EDGE_HOST") ?? "127.0.0.1",
    hubUrl: hubUrl ?? new URL("http://invalid"),
    token,
    publicKeys,
    catalogue,
    edgeId,
    cache: isCacheMode(cache) ? cache : "keep",
    pollMs: whole("EDGE_POLL_MS", 2_000, 50, 3_600_000),
    workers: whole("EDGE_WORKERS", 1, 1, 64),
    maxQueue,
    maxBatch: whole("EDGE_MAX_BATCH", Math.min(256, maxQueue), 1, 10_000),
    maxRequests: whole("EDGE_MAX_REQUESTS", 2_048, 1, 1_000_000),
    maxBodiesBytes: whole("EDGE_MAX_BODIES_BYTES", 128 << 20, 1_024, 2 ** 40),
    bodyTimeoutMs: whole("EDGE_BODY_TIMEOUT_MS", 15_000, 50, 600_000),
    maxBodyBytes: whole("EDGE_MAX_BODY_BYTES", 1 << 20, 1_024, 1 << 30),
    maxBatchBytes: whole("EDGE_MAX_BATCH_BYTES", 16 << 20, 1_024, 1 << 30),
    maxPictureBytes: whole("EDGE_MAX_PICTURE_BYTES", 8 << 20, 1_024, MAX_PICTURE_BYTES),
    maxBundleBytes: whole("EDGE_MAX_BUNDLE_BYTES", 512 << 20, 1_024, 2 ** 31 - 1),
    predictTimeoutMs: whole("EDGE_PREDICT_TIMEOUT_MS", 15_000, 100, 600_000),
    telemetryMs: whole("EDGE_TELEMETRY_MS", 10_000, 50, 3_600_000),
    hubTimeoutMs: whole("EDGE_HUB_TIMEOUT_MS", 10_000, 50, 600_000),
    stopDelayMs: whole("EDGE_STOP_DELAY_MS", 0, 0, 600_000),
    feedbackWaitMs: whole("EDGE_FEEDBACK_WAIT_MS", 2_000, 50, 60_000),
    outboxMax: whole("EDGE_OUTBOX_MAX", 2_000, 1, 1_000_000),
    recentMax: whole("EDGE_RECENT_MAX", 5_000, 1, 1_000_000),
    answerCacheBytes: whole("EDGE_ANSWER_CACHE_BYTES", 16 << 20, 0, 1 << 30),
    featureCacheBytes: whole("EDGE_FEATURE_CACHE_BYTES", 4 << 20, 0, 1 << 30),
    reviewPerHour: whole("EDGE_REVIEW_PER_HOUR", 60, 0, 1_000_000),
    corsOrigins: originsOf(text("EDGE_CORS_ORIGINS") ?? "", (problem) => problems.push(problem)),
    apiKeys: parseApiKeys(text("EDGE_API_KEYS") ?? "", (problem) => problems.push(problem)),
  };
  if (config.maxBatch > maxQueue) {
    problems.push(
      `EDGE_MAX_BATCH must not be above EDGE_MAX_QUEUE (${maxQueue}), else such a batch never gets in: ` +
        `current value is ${config.maxBatch}`,
    );
  }
  if (problems.length > 0) {
    throw new AppError("usage", `Cannot start the edge: ${problems.join("; ")}`, {
      details: problems,
    });
  }
  return Object.freeze(config);
}

function isCacheMode(text: string): text is CacheMode {
  return text === "keep" || text === "clear" || text === "memory";
}

/** Origins as browsers send them; anything else would never match. */
function originsOf(text: string, tell: (problem: string) => void): string[] {
  const origins = text.split(/[\s,]+/).filter((part) => part !== "");
  for (const origin of origins) {
    if (origin === "*" || URL.parse(origin)?.origin === origin) continue;
    tell(
      `EDGE_CORS_ORIGINS must be * or origins such as https://shop.example: current value is ${origin}`,
    );
  }
  return origins;
}
