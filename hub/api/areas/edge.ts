/**
 * What edges ask for and send: release, bundle, telemetry, feedback.
 *
 * @module
 */
import { z } from "@hono/zod-openapi";
import { AppError } from "@aisle/shared/errors";
import {
  CatalogueName,
  EDGE_PATHS,
  FeedbackReceipt,
  FeedbackRecord,
  ReviewReceipt,
  ReviewSample,
  SignedRelease,
  TelemetryReceipt,
  TelemetryWindow,
} from "@aisle/shared/contract";
import { matchesTag, respondWithBlob } from "../byte_response.ts";
import { findCatalogue } from "../catalogue_lookup.ts";
import { edgeNameOf, noteEdge, tellPollMs } from "../edge_notes.ts";
import { scopeOf } from "../edge_scope.ts";
import { endpoint } from "../endpoint.ts";
import { DigestParams, EXAMPLE } from "../schemas.ts";
import { takeSample } from "../review_verbs.ts";
import { takeFeedback } from "../take_feedback.ts";

const tag = "edge";

/** Endpoints of this area. */
export const EDGE = [
  endpoint({
    method: "get",
    path: EDGE_PATHS.release,
    id: "edge-release",
    tag,
    summary: "The signed release that a catalogue's edges serve",
    description:
      "With If-None-Match 304 while it is still that one. Where edges are many, x-poll-ms tells after " +
      "how many milliseconds to ask again.",
    query: z.object({ catalogue: CatalogueName }),
    answer: {
      description: "The release, with its ETag",
      schema: SignedRelease,
      example: { payload: '{"catalogue":"demo"}', keyId: "21fe31dfa154a261", signature: "c2ln" },
    },
    problems: ["not-found"],
    async handle({ query: { catalogue } }, c) {
      const hub = c.get("hub");
      const edgeId = edgeNameOf(c), { fleet, releases } = hub.registry;
      const release = (edgeId === null ? null : await fleet.pinned(catalogue, edgeId)) ??
        await releases.current(catalogue);
      await noteEdge(c, catalogue, release);
      tellPollMs(c);
      if (release === null) {
        throw new AppError("not-found", `Cannot find a release of ${catalogue}: there is none yet`);
      }
      c.header("etag", release.etag);
      c.header("cache-control", "private, no-cache");
      return matchesTag(c.req.header("if-none-match"), release.etag)
        ? c.body(null, 304)
        : c.json(release.signed);
    },
  }),
  endpoint({
    method: "get",
    path: `${EDGE_PATHS.bundles}/{digest}`,
    id: "edge-bundle",
    tag,
    summary: "A bundle's bytes, or a range of them",
    params: DigestParams,
    answer: {
      description: "The bytes (206 for a range)",
      schema: z.string().openapi({ format: "binary" }),
      example: "(bytes)",
      contentType: "application/octet-stream",
    },
    problems: ["not-found", "range-invalid"],
    async handle({ params: { digest } }, c) {
      // Blobs hold customers' data too: an edge gets bundles, of its own catalogue, and nothing else.
      const catalogue = scopeOf(c) ?? undefined;
      if (await c.get("hub").registry.models.get(digest, { catalogue }) === null) {
        throw new AppError("not-found", `Cannot find the bundle ${digest}: there is none`);
      }
      return await respondWithBlob(c, digest);
    },
  }),
  endpoint({
    method: "post",
    path: EDGE_PATHS.telemetry,
    id: "edge-telemetry",
    tag,
    summary: "Takes one window of telemetry; sending it twice stores it once",
    body: {
      schema: TelemetryWindow,
      example: {
        edgeId: "edge-1",
        bootId: "b-1",
        seq: 1,
        catalogue: EXAMPLE.catalogue,
        startedAt: EXAMPLE.at,
        endedAt: EXAMPLE.at,
        digest: EXAMPLE.digest,
        predictions: 2,
        requests: 2,
        errors: {},
        codes: { "food-fruit": 2 },
        decisions: { auto: 1, review: 1 },
        confidence: [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 1],
        latencyMs: { "14": 2 },
        feedback: { received: 0, delivered: 0, waiting: 0, dropped: 0 },
        droppedWindows: 0,
      },
    },
    answer: {
      description: "Stored, now or before",
      schema: TelemetryReceipt,
      example: { stored: true, duplicate: false },
    },
    async handle({ body }, c) {
      const { duplicate } = await c.get("hub").registry.telemetry.store(body);
      return { stored: true, duplicate };
    },
  }),
  endpoint({
    method: "post",
    path: EDGE_PATHS.feedback,
    id: "edge-feedback",
    tag,
    summary: "Takes one feedback record; sending it twice stores it once",
    body: {
      schema: FeedbackRecord,
      example: {
        idempotencyKey: "k-1",
        edgeId: "edge-1",
        catalogue: EXAMPLE.catalogue,
        requestId: "r-1",
        product: { designation: "Pomme", description: "", productid: "1", imageid: "1" },
        code: "food-fruit",
        predicted: { code: "food-fruit", confidence: 0.91, digest: EXAMPLE.digest },
        source: "user",
        at: EXAMPLE.at,
      },
    },
    answer: {
      description: "Stored, now or before",
      schema: FeedbackReceipt,
      example: { stored: true, duplicate: false },
    },
    problems: ["unknown-code"],
    handle: ({ body }, c) => takeFeedback(c, body),
  }),
  endpoint({
    method: "post",
    path: EDGE_PATHS.review,
    id: "edge-review",
    tag,
    summary: "Takes a product that an edge was unsure of, for the review queue",
    body: {
      schema: ReviewSample,
      example: {
        edgeId: "edge-1",
        catalogue: EXAMPLE.catalogue,
        requestId: "r-1",
        at: EXAMPLE.at,
        digest: EXAMPLE.digest,
        product: { designation: "Pomme", description: "", productid: "1", imageid: "1" },
        guesses: [{ code: "food-fruit", confidence: 0.41 }],
      },
    },
    answer: {
      description: "Whether it is new there, and whether more is wanted",
      schema: ReviewReceipt,
      example: { stored: true, wanted: true },
    },
    problems: ["not-found"],
    async handle({ body }, c) {
      await findCatalogue(c.get("hub"), body.catalogue);
      return await takeSample(c, body);
    },
  }),
];
