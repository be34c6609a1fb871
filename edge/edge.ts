/**
 * One edge, put together from its parts: what `main.ts` runs on the real machine and tests run on a fake one.
 *
 * @module
 */
import { importPublicKey, verifyRelease } from "@aisle/shared/bundle";
import { ApiKeys } from "./api_keys.ts";
import { createApp, type EdgeApp } from "./app.ts";
import { BodyBudget } from "./body_budget.ts";
import type { EdgeConfig } from "./config.ts";
import { createFeedback } from "./feedback.ts";
import { createHubClient } from "./hub_client.ts";
import type { Keep } from "./keep.ts";
import type { Log } from "./log.ts";
import { metricsText } from "./metrics.ts";
import { createModelHost } from "./model_host.ts";
import type { ModelWorker } from "./model_port.ts";
import { openOutbox } from "./outbox.ts";
import { RecentRequests } from "./recent.ts";
import { createReviewSamples } from "./review_samples.ts";
import { createQuarantine } from "./quarantine.ts";
import { createReleases } from "./releases.ts";
import { createReporting } from "./reporting.ts";
import { createTelemetry } from "./telemetry.ts";
import type { Clock } from "./waiting.ts";

/** The machine under an edge. */
export interface EdgeParts {
  readonly config: EdgeConfig;
  readonly edgeId: string;
  readonly keep: Keep;
  readonly startWorker: () => ModelWorker;
  readonly fetch: typeof fetch;
  /** Reads a picture's header; throws `picture-invalid`. */
  readonly checkPicture: (bytes: Uint8Array<ArrayBuffer>) => void;
  readonly clock: Clock;
  readonly newId: () => string;
  readonly residentBytes: () => number;
  readonly log: Log;
}

/** A running edge. */
export interface Edge {
  readonly app: EdgeApp;
  /** Settles once the kept release serves, or there is none. */
  readonly restored: Promise<boolean>;
  /** Answers what is in, sends what it can, ends its workers. */
  close(): Promise<void>;
}

/** Characters of products remembered for feedback, over all of them. */
const RECENT_MAX_CHARS = 32_000_000;
/** Bytes of pictures remembered for feedback: some 600 of usual size. */
const RECENT_MAX_PICTURE_BYTES = 32 << 20;
/** Bytes of pictures that wait for the hub with their feedback. */
const OUTBOX_MAX_PICTURE_BYTES = 64 << 20;
/** Bytes of pictures that wait for a model or are in work. */
const QUEUE_MAX_PICTURE_BYTES = 64 << 20;

/**
 * Starts an edge: it serves what it has kept, then follows the hub.
 *
 * @throws {AppError} when a public key is none
 */
export async function startEdge(parts: EdgeParts): Promise<Edge> {
  const { config, edgeId, keep, clock, log } = parts;
  const { catalogue } = config;
  const trusted = await Promise.all(config.publicKeys.map(importPublicKey));
  const stop = new AbortController();
  const client = createHubClient({
    fetch: parts.fetch,
    hubUrl: config.hubUrl,
    token: config.token,
    catalogue,
    edgeId,
    timeoutMs: config.hubTimeoutMs,
  });
  const host = createModelHost({
    start: parts.startWorker,
    workers: config.workers,
    maxQueue: config.maxQueue,
    maxPictureBytes: QUEUE_MAX_PICTURE_BYTES,
    answerCacheBytes: config.answerCacheBytes,
    knowsPictures: config.featureCacheBytes > 0,
    timeoutMs: config.predictTimeoutMs,
    clock,
    log,
  });
  const outbox = await openOutbox({
    keep,
    max: config.outboxMax,
    maxPictureBytes: OUTBOX_MAX_PICTURE_BYTES,
    log,
  });
  const telemetry = createTelemetry({
    client,
    edgeId,
    bootId: parts.newId(),
    catalogue,
    windowMs: config.telemetryMs,
    digest: () => host.status().serving?.release.digest ?? null,
    waiting: () => outbox.size,
    clock,
    log,
  });
  const recent = new RecentRequests({
    requests: config.recentMax,
    chars: RECENT_MAX_CHARS,
    pictureBytes: RECENT_MAX_PICTURE_BYTES,
  });
  const feedback = createFeedback({
    client,
    outbox,
    recent,
    observer: telemetry,
    edgeId,
    catalogue,
    waitMs: config.feedbackWaitMs,
    hubTimeoutMs: config.hubTimeoutMs,
    clock,
    newId: parts.newId,
    log,
  });
  const review = createReviewSamples({
    client,
    edgeId,
    catalogue,
    perHour: config.reviewPerHour,
    hubTimeoutMs: config.hubTimeoutMs,
    clock,
    log,
  });
  const quarantine = createQuarantine({ keep, now: clock.now, random: clock.random });
  await quarantine.open();
  const releases = createReleases({
    client,
    keep,
    target: host,
    verify: (signed) => verifyRelease(signed, ...trusted),
    catalogue,
    edgeId,
    quarantine,
    maxBundleBytes: config.maxBundleBytes,
    pollMs: config.pollMs,
    clock,
    log,
    onProblem: telemetry.problem,
  });
  const reporting = createReporting({
    client,
    edgeId,
    catalogue,
    status: releases.status,
    pollMs: config.pollMs,
    clock,
    log,
  });
  const keys = new ApiKeys(config.apiKeys, clock.monotonicMs);
  const app = createApp({
    catalogue,
    edgeId,
    host,
    releases,
    submitFeedback: feedback.submit,
    recent,
    review,
    telemetry,
    metrics: () =>
      metricsText({
        totals: telemetry.totals(),
        host: host.status(),
        releases: releases.status(),
        feedbackWaiting: outbox.size,
        catalogue,
        edgeId,
        residentBytes: parts.residentBytes(),
        keys: keys.counts(),
      }),
    limits: config,
    bodies: new BodyBudget({ maxBytes: config.maxBodiesBytes, timeoutMs: config.bodyTimeoutMs }),
    checkPicture: parts.checkPicture,
    corsOrigins: config.corsOrigins,
    keys,
    sleep: clock.sleep,
    monotonicMs: clock.monotonicMs,
    newId: parts.newId,
    log,
  });
  const restored = releases.restore();
  const loops = [
    restored.then(() => releases.run(stop.signal)),
    feedback.run(stop.signal),
    review.run(stop.signal),
    telemetry.run(stop.signal),
    restored.then(() => reporting.run(stop.signal)),
  ];
  return {
    app,
    restored,
    async close() {
      stop.abort();
      await host.close();
      await Promise.all(loops);
      await telemetry.flush(true);
    },
  };
}
