/**
 * The wire contract: what users send to edges, and what edges and the hub send each other.
 *
 * Each schema is the type, the validation and the OpenAPI text at once. Parse at the door, trust inside.
 *
 * @module
 */
import { z } from "zod";
import { Audience } from "./fleet.ts";
import { InputStats } from "./inputs.ts";

/** Longest texts taken; longer ones are refused, not cut. */
export const MAX_DESIGNATION_CHARS = 4_000;
/** See {@linkcode MAX_DESIGNATION_CHARS}. */
export const MAX_DESCRIPTION_CHARS = 50_000;
/** Largest picture file taken anywhere, whatever a process is configured to take; 12 MP photographs have some 5 MB. */
export const MAX_PICTURE_BYTES = 16 << 20;
/** Base64 of {@linkcode MAX_PICTURE_BYTES}, with room for a data URL's head. */
const MAX_PICTURE_CHARS = Math.ceil(MAX_PICTURE_BYTES / 3) * 4 + 100;

const digest = z.string().regex(/^[0-9a-f]{64}$/, "must be 64 lower-case hex digits");
const instant = z.iso.datetime({ offset: true });

/** Name of a catalogue: it stands in folder names and addresses. */
export const CatalogueName = z.string().regex(
  /^[a-z0-9][a-z0-9_-]{0,63}$/,
  "must be 1 to 64 of a-z, 0-9, - and _, starting with a letter or digit",
);

/** What a user may say of a product beside its picture; a form brings the picture as the file part `image`. */
export const ProductFields = z.strictObject({
  designation: z.string().max(MAX_DESIGNATION_CHARS).default(""),
  description: z.string().max(MAX_DESCRIPTION_CHARS).default(""),
  productid: z.union([z.string().max(200), z.number()]).transform(String).optional(),
  imageid: z.union([z.string().max(200), z.number()]).transform(String).optional(),
  /** Whether the answer shall say why: the words that carried it, and where it looked in the picture. */
  explain: z.boolean().optional(),
});
/** Parsed form of {@linkcode ProductFields}. */
export type ProductFields = z.infer<typeof ProductFields>;

/** Whether either text of `product` says something. */
export function hasText(product: { readonly designation: string; readonly description: string }) {
  return product.designation.trim() !== "" || product.description.trim() !== "";
}

/** One product as a user sends it; a text must say something, or there must be a picture. */
export const ProductInput = ProductFields.extend({
  /** Base64 of a JPEG, PNG or WebP file, or a data URL of one. A pattern over megabytes would exhaust the stack. */
  image: z.string().max(MAX_PICTURE_CHARS, "is too large a picture").optional(),
}).refine((p) => hasText(p) || (p.image ?? "") !== "", {
  error: "Give a designation, a description, a picture or several of them",
});
/** Parsed form of {@linkcode ProductInput}. */
export type ProductInput = z.infer<typeof ProductInput>;

/** One guess. */
export const Guess = z.object({
  code: z.string(),
  label: z.string(),
  confidence: z.number().min(0).max(1),
});
/** Parsed form of {@linkcode Guess}. */
export type Guess = z.infer<typeof Guess>;

/** What something adds to the score of the first guess, and to its lead over the second (null without a second). */
const contribution = { contribution: z.number(), margin: z.number().nullable() };
const field = z.enum(["designation", "description"]);

/** Why the text led to the first guess: bias, words and rest add up to its score. */
export const Why = z.object({
  /** The guess that is explained, and the one that it is compared with. */
  code: z.string(),
  against: z.string().nullable(),
  score: z.object(contribution),
  bias: z.object(contribution),
  /** The texts as the model reads them; places count in their UTF-16 units. */
  texts: z.object({ designation: z.string(), description: z.string() }),
  /** Those that weigh most, for or against, first. */
  words: z.array(z.object({
    word: z.string(),
    count: z.int().nonnegative(),
    ...contribution,
    places: z.array(z.object({ field, start: z.int(), end: z.int() })),
  })),
  rest: z.object({ words: z.int().nonnegative(), ...contribution }),
  /** Single features, another view of the same sum; characters show the spaces around a word. */
  ngrams: z.array(z.object({
    kind: z.enum(["words", "characters"]),
    text: z.string(),
    ...contribution,
  })),
});
/** Parsed form of {@linkcode Why}. */
export type Why = z.infer<typeof Why>;

/** Where in the picture the first guess was seen: rows from the top, 0 to 1, the strongest place 1. */
export const Heatmap = z.object({
  /** What the map covers: the whole picture, or the square around it (`contain`), its centre on the picture's. */
  fit: z.enum(["stretch", "contain"]),
  width: z.int().positive(),
  height: z.int().positive(),
  values: z.array(z.number().min(0).max(1)),
});
/** Parsed form of {@linkcode Heatmap}. */
export type Heatmap = z.infer<typeof Heatmap>;

/** What a prediction was read from. */
export const Route = z.enum(["text", "image", "fused"]);
/** Parsed form of {@linkcode Route}. */
export type Route = z.infer<typeof Route>;

/**
 * What became of a product's picture: there was none, the text was sure without it, it was used, or it could not be read.
 * A model of text alone skips every picture.
 */
export const PictureUse = z.enum(["none", "skipped", "used", "invalid"]);
/** Parsed form of {@linkcode PictureUse}. */
export type PictureUse = z.infer<typeof PictureUse>;

/** The answer to one product; `decision` is `auto` where confidence reaches the bundle's threshold. */
export const Prediction = z.object({
  requestId: z.string(),
  digest,
  catalogue: CatalogueName,
  code: z.string(),
  label: z.string(),
  confidence: z.number().min(0).max(1),
  decision: z.enum(["auto", "review"]),
  top: z.array(Guess),
  route: Route.optional(),
  picture: PictureUse.optional(),
  /** First guess of each branch that was asked. */
  branches: z.object({ text: Guess, image: Guess, fused: Guess }).partial().optional(),
  /** Only where `explain` was asked for and there was text. */
  why: Why.optional(),
  /** Only where `explain` was asked for and the picture was used. */
  heatmap: Heatmap.optional(),
});
/** Parsed form of {@linkcode Prediction}. */
export type Prediction = z.infer<typeof Prediction>;

/** Several products at once; each is checked by itself, so that a bad one costs only its own answer. */
export const BatchInput = z.strictObject({ products: z.array(z.unknown()).min(1) });
/** Parsed form of {@linkcode BatchInput}. */
export type BatchInput = z.infer<typeof BatchInput>;

/** The answer to {@linkcode BatchInput}: one entry a product, in order. */
export const BatchAnswer = z.object({
  predictions: z.array(z.union([
    Prediction,
    z.object({ error: z.object({ code: z.string(), detail: z.string() }) }),
  ])),
  /** Entries that are errors. */
  failed: z.int().nonnegative(),
});
/** Parsed form of {@linkcode BatchAnswer}. */
export type BatchAnswer = z.infer<typeof BatchAnswer>;

/** The labels of a catalogue as the served release names them; `known` to the model, or only to the catalogue. */
export const LabelList = z.object({
  catalogue: CatalogueName,
  version: z.int().positive(),
  digest,
  labels: z.array(z.object({ code: z.string(), name: z.string(), known: z.boolean() })),
});
/** Parsed form of {@linkcode LabelList}. */
export type LabelList = z.infer<typeof LabelList>;

/** What feedback says beside its product. */
export const FeedbackFields = z.strictObject({
  requestId: z.string().min(1).max(100).optional(),
  code: z.string().min(1).max(200),
  idempotencyKey: z.string().min(1).max(100).optional(),
  source: z.string().min(1).max(100).optional(),
});

/** Parsed form of {@linkcode FeedbackFields}. */
export type FeedbackFields = z.infer<typeof FeedbackFields>;

/** A correction or confirmation: `code` is the true one, of a request answered before or of a product given here. */
export const FeedbackInput = FeedbackFields.extend({
  product: ProductInput.optional(),
}).refine((f) => f.requestId !== undefined || f.product !== undefined, {
  error: "Give the requestId of a prediction, or the product itself",
});
/** Parsed form of {@linkcode FeedbackInput}. */
export type FeedbackInput = z.infer<typeof FeedbackInput>;

/** What the edge answers to feedback: 201 when the hub has stored it, else 202 with `stored: false`. */
export const FeedbackAnswer = z.object({
  idempotencyKey: z.string(),
  stored: z.boolean(),
  duplicate: z.boolean(),
  /** Whether the product is known, so that it can train; unjoined feedback counts for accuracy only. */
  joined: z.boolean(),
  note: z.string().optional(),
});
/** Parsed form of {@linkcode FeedbackAnswer}. */
export type FeedbackAnswer = z.infer<typeof FeedbackAnswer>;

/** Feedback as an edge ships it to the hub. */
export const FeedbackRecord = z.strictObject({
  idempotencyKey: z.string().min(1).max(100),
  edgeId: z.string().min(1).max(100),
  catalogue: CatalogueName,
  requestId: z.string().max(100).nullable(),
  /** Null when the edge could not join the request to a product. */
  product: z.object({
    designation: z.string(),
    description: z.string(),
    productid: z.string(),
    imageid: z.string(),
    /** SHA-256 of the picture's file, which the edge has sent before ({@linkcode EDGE_PATHS}.pictures); absent: none. */
    picture: digest.optional(),
  }).nullable(),
  code: z.string().min(1).max(200),
  /** What the edge had answered; null where unknown. */
  predicted: z.object({ code: z.string(), confidence: z.number(), digest }).nullable(),
  source: z.string().max(100),
  at: instant,
});
/** Parsed form of {@linkcode FeedbackRecord}. */
export type FeedbackRecord = z.infer<typeof FeedbackRecord>;

/** The hub's answer to a {@linkcode FeedbackRecord}. */
export const FeedbackReceipt = z.object({ stored: z.boolean(), duplicate: z.boolean() });
/** Parsed form of {@linkcode FeedbackReceipt}. */
export type FeedbackReceipt = z.infer<typeof FeedbackReceipt>;

/** Most guesses that travel with a sample. */
export const MAX_SAMPLE_GUESSES = 9;

/** A product that an edge was unsure of, for the hub's review queue; asked twice, it is one product there. */
export const ReviewSample = z.strictObject({
  edgeId: z.string().min(1).max(100),
  catalogue: CatalogueName,
  requestId: z.string().max(100),
  at: instant,
  /** The bundle that guessed. */
  digest,
  product: z.strictObject({
    designation: z.string().max(MAX_DESIGNATION_CHARS),
    description: z.string().max(MAX_DESCRIPTION_CHARS),
    productid: z.string().max(200),
    imageid: z.string().max(200),
    /** SHA-256 of the picture's file, which the edge has sent before; absent: none. */
    picture: digest.optional(),
  }),
  guesses: z.array(z.strictObject({ code: z.string(), confidence: z.number().min(0).max(1) }))
    .min(1).max(MAX_SAMPLE_GUESSES),
  /** Share of the text's n-grams that training never saw; absent where there are none. */
  unseen: z.number().min(0).max(1).optional(),
});
/** Parsed form of {@linkcode ReviewSample}. */
export type ReviewSample = z.infer<typeof ReviewSample>;

/** The hub's answer to a {@linkcode ReviewSample}: `wanted` false asks the edge to send no more for a while. */
export const ReviewReceipt = z.object({ stored: z.boolean(), wanted: z.boolean() });
/** Parsed form of {@linkcode ReviewReceipt}. */
export type ReviewReceipt = z.infer<typeof ReviewReceipt>;

/** Counts by bucket of a mergeable sketch; see `stats.ts` for what each bucket spans. */
export const SketchCounts = z.record(z.string(), z.int().nonnegative());

/** One window of an edge's telemetry. `(edgeId, bootId, seq)` names it: sending twice stores once. */
export const TelemetryWindow = z.strictObject({
  edgeId: z.string().min(1).max(100),
  bootId: z.string().min(1).max(100),
  /** 1, 2, 3, ... within a boot; a hole is a lost window. */
  seq: z.int().positive(),
  catalogue: CatalogueName,
  startedAt: instant,
  endedAt: instant,
  digest: digest.nullable(),
  predictions: z.int().nonnegative(),
  requests: z.int().nonnegative(),
  errors: z.record(z.string(), z.int().nonnegative()),
  codes: z.record(z.string(), z.int().nonnegative()),
  decisions: z.object({ auto: z.int().nonnegative(), review: z.int().nonnegative() }),
  /** Histogram of the top confidence over 20 equal bins. */
  confidence: z.array(z.int().nonnegative()).length(20),
  /** By code: sum of the confidences of those answers, and of their squares; absent from edges that do not tell. */
  confidenceSums: z.record(
    z.string(),
    z.tuple([z.number().nonnegative(), z.number().nonnegative()]),
  )
    .optional(),
  latencyMs: SketchCounts,
  feedback: z.object({
    received: z.int().nonnegative(),
    delivered: z.int().nonnegative(),
    waiting: z.int().nonnegative(),
    dropped: z.int().nonnegative(),
    /** Of those delivered: the hub had them already. */
    duplicate: z.int().nonnegative().optional(),
    /** Acknowledged without the hub, into the outbox. */
    kept: z.int().nonnegative().optional(),
    /** Neither delivered nor kept, and its sender told so: the outbox was full or could not be written. */
    refused: z.int().nonnegative().optional(),
  }),
  /** Pictures by what became of them; absent from edges that know none. */
  pictures: z.object({
    used: z.int().nonnegative(),
    skipped: z.int().nonnegative(),
    invalid: z.int().nonnegative(),
  }).optional(),
  /** What the products looked like; absent from edges that do not look. */
  inputs: InputStats.optional(),
  droppedWindows: z.int().nonnegative(),
});
/** Parsed form of {@linkcode TelemetryWindow}. */
export type TelemetryWindow = z.infer<typeof TelemetryWindow>;

/** The hub's answer to a {@linkcode TelemetryWindow}. */
export const TelemetryReceipt = z.object({ stored: z.boolean(), duplicate: z.boolean() });
/** Parsed form of {@linkcode TelemetryReceipt}. */
export type TelemetryReceipt = z.infer<typeof TelemetryReceipt>;

/**
 * The release document: names the bundle (by digest) that a catalogue's edges serve, and what was found out about it.
 * The bundle itself holds none of this, so that it stays a pure function of data, params, code and device.
 */
export const ReleaseDocument = z.object({
  /** The second has an audience: edges that do not know of audiences refuse it. */
  format: z.enum(["aisle-release/1", "aisle-release/2"]),
  catalogue: CatalogueName,
  /** Grows with every release of a catalogue. */
  sequence: z.int().positive(),
  digest,
  sizeBytes: z.int().positive(),
  kind: z.enum(["promote", "rollback", "relabel"]),
  runId: z.string(),
  dataset: digest,
  verdict: z.object({ accept: z.boolean(), digest }),
  metrics: z.record(z.string(), z.number()),
  labels: z.object({
    version: z.int().positive(),
    entries: z.array(z.object({ code: z.string(), name: z.string() })),
  }),
  createdAt: instant,
  /** Whom it is for; absent: every edge of the catalogue. */
  audience: Audience.optional(),
}).refine((r) => (r.format === "aisle-release/2") === (r.audience !== undefined), {
  error: "must have an audience in format 2, and none in format 1",
});
/** Parsed form of {@linkcode ReleaseDocument}. */
export type ReleaseDocument = z.infer<typeof ReleaseDocument>;

/** A release document as it travels: the very bytes that were signed, so that no re-serialising can break the signature. */
export const SignedRelease = z.object({
  /** Canonical JSON of a {@linkcode ReleaseDocument}. */
  payload: z.string().max(4_000_000),
  /** First 16 hex digits of the SHA-256 of the public key. */
  keyId: z.string(),
  /** Ed25519 over the UTF-8 bytes of `payload`, base64. */
  signature: z.base64(),
});
/** Parsed form of {@linkcode SignedRelease}. */
export type SignedRelease = z.infer<typeof SignedRelease>;

/** Paths of the hub's edge endpoints; one place, so that neither side spells them. */
export const EDGE_PATHS = {
  /** GET, `?catalogue=`; ETag; 304; 404 `not-found` while nothing is released. */
  release: "/edge/v1/release",
  /** GET `/edge/v1/bundles/<digest>`; ranges. */
  bundles: "/edge/v1/bundles",
  /** POST {@linkcode TelemetryWindow}. */
  telemetry: "/edge/v1/telemetry",
  /** POST {@linkcode FeedbackRecord}. */
  feedback: "/edge/v1/feedback",
  /** POST `EdgeReport`. */
  report: "/edge/v1/report",
  /** POST {@linkcode ReviewSample}. */
  review: "/edge/v1/review",
  /** HEAD and PUT `/edge/v1/pictures/<digest>`: a picture's file, once, before the feedback that names it. */
  pictures: "/edge/v1/pictures",
} as const;
