/**
 * The edge as a function from Request to Response; everything it needs comes in as a value.
 *
 * It opens no port, reads no environment and knows no worker: `main.ts` joins it to the real parts.
 *
 * @module
 */
import { OpenAPIHono } from "@hono/zod-openapi";
import type { Context } from "hono";
import { AppError, messageOf, problem } from "@aisle/shared/errors";
import type { BatchAnswer, FeedbackAnswer, LabelList } from "@aisle/shared/contract";
import { EXPOSITION_TYPE } from "@aisle/shared/exposition";
import { admission, type EdgeVariables } from "./admission.ts";
import type { Answer } from "./answer.ts";
import type { ApiKeys } from "./api_keys.ts";
import { readBody } from "./body.ts";
import type { BodyBudget } from "./body_budget.ts";
import { predictEntries, tellFailed } from "./entries.ts";
import type { Log } from "./log.ts";
import type { HostStatus } from "./model_host.ts";
import type { ProductContent } from "./model_port.ts";
import { DOCUMENT, registerPaths } from "./openapi.ts";
import { pageRoutes } from "./page/routes.ts";
import type { PictureDoor } from "./pictures.ts";
import { createPredicting, serverTiming } from "./predicting.ts";
import type { RecentRequest } from "./recent.ts";
import type { ReleaseStatus } from "./releases.ts";
import type { ReviewSamples } from "./review_samples.ts";
import { batchEntryOf, batchOf, feedbackOf, type GivenFeedback, productOf } from "./requests.ts";
import { answerLines } from "./stream.ts";
import type { Telemetry } from "./telemetry.ts";
import type { Trace } from "./trace.ts";
import { isV2, v2Routes } from "./v2/routes.ts";

/** What {@linkcode createApp} needs. */
export interface EdgeDeps {
  readonly catalogue: string;
  readonly edgeId: string;
  readonly host: {
    predict(products: readonly ProductContent[]): Promise<Answer[]>;
    status(): HostStatus;
  };
  readonly releases: { status(): ReleaseStatus };
  readonly submitFeedback: (
    input: GivenFeedback,
    trace: Trace | null,
  ) => Promise<FeedbackAnswer>;
  readonly recent: { add(requestId: string, request: RecentRequest): void };
  /** Takes products that the model was unsure of. */
  readonly review: Pick<ReviewSamples, "offer">;
  readonly telemetry: Pick<Telemetry, "answered" | "problem" | "pictureRefused">;
  /** Text of `/metrics`. */
  readonly metrics: () => string;
  readonly limits: {
    readonly maxBodyBytes: number;
    readonly maxBatchBytes: number;
    readonly maxBatch: number;
    readonly maxPictureBytes: number;
  };
  /** Reads bodies. */
  readonly bodies: BodyBudget;
  /** Reads a picture's header; throws `picture-invalid`. */
  readonly checkPicture: PictureDoor["check"];
  /** Origins whose pages may ask. */
  readonly corsOrigins: readonly string[];
  readonly keys: ApiKeys;
  readonly sleep: (ms: number, signal?: AbortSignal) => Promise<void>;
  readonly monotonicMs: () => number;
  readonly newId: () => string;
  readonly log: Log;
}

/** The app, with what the door found out about each request. */
export type EdgeApp = OpenAPIHono<{ Variables: EdgeVariables }>;
type EdgeContext = Context<{ Variables: EdgeVariables }>;

const NDJSON = "application/x-ndjson";
/** Streams that are answered at the same time. */
const MAX_STREAMS = 32;

/** The edge's app. */
export function createApp(deps: EdgeDeps): EdgeApp {
  const { host, limits, telemetry, bodies: budget } = deps;
  const app: EdgeApp = new OpenAPIHono();
  const door: PictureDoor = { maxBytes: limits.maxPictureBytes, check: deps.checkPicture };
  const single = {
    maxBytes: limits.maxBodyBytes + Math.ceil(limits.maxPictureBytes / 3) * 4,
    maxMultipartBytes: limits.maxBodyBytes + limits.maxPictureBytes,
    budget,
  };
  const batch = { maxBytes: limits.maxBatchBytes, maxMultipartBytes: limits.maxBatchBytes, budget };

  app.use(admission(deps));
  app.onError((error, c: EdgeContext) => problemResponse(c, error));
  app.notFound((c: EdgeContext) => {
    const methods = new Set(
      app.routes.filter((r) => patternOf(r.path).test(c.req.path) && r.method !== "ALL").map((r) =>
        r.method
      ),
    );
    if (methods.size === 0) {
      return problemResponse(c, new AppError("not-found", `There is nothing at ${c.req.path}`));
    }
    c.header("allow", [...methods].join(", "));
    return problemResponse(
      c,
      new AppError("method-not-allowed", `${c.req.path} takes ${[...methods].join(", ")}`),
    );
  });

  function problemResponse(c: EdgeContext, error: unknown): Response {
    const known = error instanceof AppError;
    const document = problem(error, c.get("requestId"));
    telemetry.problem(document.code);
    if (document.code === "picture-invalid") telemetry.pictureRefused();
    if (document.status >= 500 && document.status !== 503) {
      deps.log("error", "request failed", {
        requestId: document.requestId,
        traceId: c.get("trace")?.traceId,
        path: c.req.path,
        reason: messageOf(error),
        ...(known ? {} : { stack: error instanceof Error ? error.stack : undefined }),
      });
    }
    // What is left of a body that came too slowly is not waited for
    if (document.code === "request-timeout") c.header("connection", "close");
    if (known && error.retryAfterSeconds !== undefined) {
      c.header("retry-after", String(error.retryAfterSeconds));
    }
    if (document.status === 401) c.header("www-authenticate", "Bearer");
    if (isV2(c.req.path)) {
      return c.json({ error: document.detail }, document.status as 500, {
        "cache-control": "no-store",
      });
    }
    return c.body(JSON.stringify(document), document.status as 500, {
      "content-type": "application/problem+json",
      "cache-control": "no-store",
    });
  }

  const predicting = createPredicting(deps);
  /** Counts what a request asks for beyond the one product that the door has counted. */
  const spend = (c: EdgeContext, products: number) => c.get("caller")?.spend(products - 1);

  const predict = async (c: EdgeContext) => {
    const product = productOf(await readBody(c.req.raw, single), door);
    const predicted = await predicting([product]);
    const [outcome] = predicted.outcomes;
    if ("error" in outcome!) throw outcome.error;
    if (product.picture !== null && host.status().serving?.kind === "text") {
      c.header("x-aisle-ignored", "image: this model reads text only");
    }
    c.header("server-timing", serverTiming(predicted));
    return c.json(outcome!.prediction);
  };

  const predictBatch = async (c: EdgeContext) => {
    const body = await readBody(c.req.raw, batch);
    const entries = batchOf(body, limits.maxBatch).map((value) => batchEntryOf(value, door));
    spend(c, entries.length);
    const { predictions, predicted } = await predictEntries(predicting, entries);
    const failed = tellFailed(predictions, telemetry);
    c.header("server-timing", serverTiming(predicted));
    return c.json({ predictions, failed } satisfies BatchAnswer);
  };

  let streams = 0;
  const predictStream = (c: EdgeContext) => {
    const type = c.req.header("content-type")?.split(";")[0]?.trim().toLowerCase();
    if (type !== NDJSON && type !== "application/jsonl") {
      throw new AppError(
        "unsupported-media-type",
        `Cannot read the body: send ${NDJSON}, one product a line: current value is ${type}`,
      );
    }
    if (c.req.raw.body === null) {
      throw new AppError("input-invalid", "Cannot read the body: it is empty");
    }
    if (host.status().serving === null) throw noRelease(deps.releases.status());
    if (streams >= MAX_STREAMS) {
      throw new AppError(
        "overloaded",
        `Cannot take another stream: at most ${MAX_STREAMS} are answered at once`,
        { retryAfterSeconds: 5 },
      );
    }
    const caller = c.get("caller");
    const lines = answerLines(c.req.raw.body as ReadableStream<Uint8Array<ArrayBuffer>>, {
      predict: predicting,
      door,
      maxLineBytes: single.maxBytes,
      spend: async (count) => {
        if (caller === null) return;
        caller.spend(count);
        for (let ms = caller.waitMs(); ms > 0; ms = caller.waitMs()) await deps.sleep(ms);
      },
      tell: (answers) => void tellFailed(answers, telemetry),
      sleep: deps.sleep,
    });
    streams++;
    return c.body(ReadableStream.from(counted(lines, () => streams--)), 200, {
      "content-type": NDJSON,
      "cache-control": "no-store",
    });
  };

  const feedback = async (c: EdgeContext) => {
    const body = await readBody(c.req.raw, single);
    const answer = await deps.submitFeedback(feedbackOf(body, door), c.get("trace"));
    return c.json(answer, answer.stored ? 201 : 202);
  };

  const labels = (c: EdgeContext) => {
    const { serving } = host.status();
    if (serving === null) throw noRelease();
    const { release } = serving;
    const known = new Set(serving.classes);
    const named = new Set(release.labels.entries.map(({ code }) => code));
    const unnamed = serving.classes.filter((code) => !named.has(code));
    const list = [...release.labels.entries, ...unnamed.map((code) => ({ code, name: code }))];
    return c.json(
      {
        catalogue: deps.catalogue,
        version: release.labels.version,
        digest: release.digest,
        labels: list.map(({ code, name }) => ({ code, name, known: known.has(code) })),
      } satisfies LabelList,
    );
  };

  const ready = (c: EdgeContext) => {
    const { serving, workers } = host.status();
    const releases = deps.releases.status();
    if (serving === null) throw noRelease(releases);
    if (workers === 0) {
      throw new AppError("not-ready", "The model worker is being replaced", {
        retryAfterSeconds: 2,
      });
    }
    return c.json({
      ready: true,
      edgeId: deps.edgeId,
      catalogue: deps.catalogue,
      digest: serving.release.digest,
      sequence: serving.release.sequence,
      releasedAt: serving.release.createdAt,
      labelsVersion: serving.release.labels.version,
      classes: serving.classes.length,
      kind: serving.kind,
      selfTest: { maxDifference: serving.maxDifference },
      metrics: serving.release.metrics,
      hub: releases.hub,
      problem: releases.problem,
    });
  };

  app.post("/v1/predict", predict);
  app.post("/predict", predict);
  app.post("/v1/predict/batch", predictBatch);
  app.post("/v1/predict/stream", predictStream);
  app.post("/v1/feedback", feedback);
  app.post("/predict/feedback", feedback);
  app.get("/v1/labels", labels);
  app.get("/healthz", (c) => c.json({ ok: true, edgeId: deps.edgeId }));
  app.get("/readyz", ready);
  app.get(
    "/metrics",
    (c) => c.body(deps.metrics(), 200, { "content-type": EXPOSITION_TYPE }),
  );
  v2Routes(app, {
    catalogue: deps.catalogue,
    status: host.status,
    predict: predicting,
    door,
    bodies: deps.bodies,
    limits,
    spend,
  });
  registerPaths(app.openAPIRegistry);
  app.doc31("/openapi.json", DOCUMENT);
  pageRoutes(app, { catalogue: deps.catalogue, openapi: () => app.getOpenAPI31Document(DOCUMENT) });
  return app;
}

function noRelease(status?: ReleaseStatus): AppError {
  const why = status?.problem === null || status === undefined ? "" : `: ${status.problem.message}`;
  return new AppError("no-release", `This edge has no model yet${why}`, { retryAfterSeconds: 5 });
}

/** `values`, and `onEnd` when they end or nobody takes them any more. */
async function* counted<T>(values: AsyncIterable<T>, onEnd: () => void): AsyncGenerator<T> {
  try {
    yield* values;
  } finally {
    onEnd();
  }
}

/** What a route's path matches; where nothing was found, so that it need not be quick. */
function patternOf(path: string): RegExp {
  return new RegExp(`^${path.replaceAll(".", "\\.").replaceAll(/:\w+/g, "[^/]+")}$`);
}
