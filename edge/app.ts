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
import {
  type BatchAnswer,
  type FeedbackAnswer,
  hasText,
  type LabelList,
  type Prediction,
} from "@aisle/shared/contract";
import type { Answer } from "./answer.ts";
import { readBody } from "./body.ts";
import type { BodyBudget } from "./body_budget.ts";
import type { Log } from "./log.ts";
import type { HostStatus } from "./model_host.ts";
import type { ProductContent } from "./model_port.ts";
import { DOCUMENT, registerPaths } from "./openapi.ts";
import { pageRoutes } from "./page/routes.ts";
import type { PictureDoor } from "./pictures.ts";
import type { RecentRequest } from "./recent.ts";
import type { ReleaseStatus } from "./releases.ts";
import type { ReviewSamples } from "./review_samples.ts";
import {
  batchEntryOf,
  batchOf,
  feedbackOf,
  type GivenFeedback,
  type Product,
  productOf,
} from "./requests.ts";
import type { Telemetry } from "./telemetry.ts";

/** What {@linkcode createApp} needs. */
export interface EdgeDeps {
  readonly catalogue: string;
  readonly edgeId: string;
  readonly host: {
    predict(products: readonly ProductContent[]): Promise<Answer[]>;
    status(): HostStatus;
  };
  readonly releases: { status(): ReleaseStatus };
  readonly submitFeedback: (input: GivenFeedback) => Promise<FeedbackAnswer>;
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
  readonly monotonicMs: () => number;
  readonly newId: () => string;
  readonly log: Log;
}

/** The app, with the id of each request at hand. */
export type EdgeApp = OpenAPIHono<{ Variables: { requestId: string } }>;
type EdgeContext = Context<{ Variables: { requestId: string } }>;

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

  app.use(async (c, next) => {
    const given = c.req.header("x-request-id");
    const id = given !== undefined && /^[\w.-]{1,64}$/.test(given) ? given : deps.newId();
    c.set("requestId", id);
    c.header("x-request-id", id);
    c.header("x-content-type-options", "nosniff");
    if (c.req.method === "POST") refuseCrossSite(c);
    await next();
  });
  app.onError((error, c: EdgeContext) => problemResponse(c, error));
  app.notFound((c: EdgeContext) => {
    const methods = new Set(
      app.routes.filter((r) => r.path === c.req.path && r.method !== "ALL").map((r) => r.method),
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
    return c.body(JSON.stringify(document), document.status as 500, {
      "content-type": "application/problem+json",
      "cache-control": "no-store",
    });
  }

  /** Remembers what was answered, so that feedback can be joined to it. */
  function prediction(
    product: Product,
    whole: Answer,
  ): Prediction {
    const { pictureProblem: _problem, unseen: _unseen, ...answer } = whole;
    const requestId = deps.newId();
    const { digest, code, confidence } = answer;
    const { explain: _explain, ...asked } = product;
    deps.review.offer(requestId, asked, whole);
    deps.recent.add(requestId, { product: asked, predicted: { code, confidence, digest } });
    return { requestId, catalogue: deps.catalogue, ...answer };
  }

  const predict = async (c: EdgeContext) => {
    const body = await readBody(c.req.raw, single);
    const startedAt = deps.monotonicMs();
    const product = productOf(body, door);
    const answer = (await host.predict([product]))[0]!;
    const wrong = refusal(product, answer);
    if (wrong !== null) throw wrong;
    telemetry.answered(deps.monotonicMs() - startedAt, [answer], [product]);
    if (product.picture !== null && host.status().serving?.kind === "text") {
      c.header("x-aisle-ignored", "image: this model reads text only");
    }
    return c.json(prediction(product, answer) satisfies Prediction);
  };

  const predictBatch = async (c: EdgeContext) => {
    const body = await readBody(c.req.raw, batch);
    const startedAt = deps.monotonicMs();
    const entries = batchOf(body, limits.maxBatch).map((value) => batchEntryOf(value, door));
    const products = entries.flatMap((entry) => "product" in entry ? [entry.product] : []);
    const answers = await host.predict(products);
    const wrong = answers.map((answer, i) => refusal(products[i]!, answer));
    telemetry.answered(
      deps.monotonicMs() - startedAt,
      answers.filter((_, i) => wrong[i] === null),
      products.filter((_, i) => wrong[i] === null),
    );
    let next = 0;
    const predictions = entries.map((entry): BatchAnswer["predictions"][number] => {
      if ("error" in entry) return entry;
      const i = next++, error = wrong[i]!;
      return error === null ? prediction(entry.product, answers[i]!) : { error: errorOf(error) };
    });
    const codes = predictions.flatMap((entry) => "error" in entry ? [entry.error.code] : []);
    for (const code of new Set(codes)) telemetry.problem(code);
    for (const code of codes) if (code === "picture-invalid") telemetry.pictureRefused();
    return c.json({ predictions, failed: codes.length } satisfies BatchAnswer);
  };

  const feedback = async (c: EdgeContext) => {
    const body = await readBody(c.req.raw, single);
    const answer = await deps.submitFeedback(feedbackOf(body, door));
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
  app.post("/v1/feedback", feedback);
  app.post("/predict/feedback", feedback);
  app.get("/v1/labels", labels);
  app.get("/healthz", (c) => c.json({ ok: true, edgeId: deps.edgeId }));
  app.get("/readyz", ready);
  app.get(
    "/metrics",
    (c) => c.body(deps.metrics(), 200, { "content-type": "text/plain; version=0.0.4" }),
  );
  registerPaths(app.openAPIRegistry);
  app.doc31("/openapi.json", DOCUMENT);
  pageRoutes(app, { catalogue: deps.catalogue, openapi: () => app.getOpenAPI31Document(DOCUMENT) });
  return app;
}

/** Why an answer is none: its picture could not be read, or the model looks at no picture and there was no text. */
function refusal(product: Product, { picture, pictureProblem }: Answer): AppError | null {
  if (picture === "invalid") {
    const problem = pictureProblem ?? "Cannot read the picture: it does not decode";
    return new AppError("picture-invalid", problem);
  }
  if (picture !== "skipped" || hasText(product)) return null;
  return new AppError(
    "input-invalid",
    "Cannot take the product: this model reads text only: give a designation, a description or both",
  );
}

function errorOf({ code, message }: AppError): { code: string; detail: string } {
  return { code, detail: message };
}

function noRelease(status?: ReleaseStatus): AppError {
  const why = status?.problem === null || status === undefined ? "" : `: ${status.problem.message}`;
  return new AppError("no-release", `This edge has no model yet${why}`, { retryAfterSeconds: 5 });
}

/**
 * Keeps other sites' pages from posting here through a visitor's browser; programs send neither header.
 *
 * @throws {AppError} `forbidden`
 */
function refuseCrossSite(c: EdgeContext): void {
  const site = c.req.header("sec-fetch-site");
  const origin = c.req.header("origin");
  const foreign = site !== undefined
    ? site !== "same-origin" && site !== "none"
    : origin !== undefined && URL.parse(origin)?.host !== c.req.header("host");
  if (foreign) {
    throw new AppError("forbidden", "Cannot take a request that another site's page sends");
  }
}
