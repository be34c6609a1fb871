/**
 * The manifest of a bundle: what it says of itself, as schema and type.
 *
 * A bundle is a pure function of data, learning params, code and device: no run id, no date, no figure of an
 * evaluation and no signature may ever become a member of it; those live in the release document. Label names
 * are not in it either: they change without a training.
 *
 * @module
 */
import { z } from "zod";
import { InputStats } from "../inputs.ts";
import { ImageRecipe } from "../images/mod.ts";

/** Format of the file and of the manifest; a reader refuses what it does not know. */
export const BUNDLE_FORMAT = "aisle-bundle/1";
/** Bins of the reference histogram of confidences; the same as in telemetry, so that the two compare. */
export const CONFIDENCE_BINS = 20;
/** Most classes that a bundle may have. */
export const MAX_CLASSES = 10_000;
/** Most golden samples that a bundle may carry. */
export const MAX_GOLDEN = 256;

const digest = z.string().regex(/^[0-9a-f]{64}$/, "must be 64 lower-case hex digits");
const share = z.number().min(0).max(1);
const finite = z.number();
const size = z.int().nonnegative();

/** One file inside the bundle; `offset` counts from the end of the manifest's region. */
export const BundleFile = z.strictObject({
  name: z.string().regex(/^[a-z0-9_]{1,40}\.[a-z0-9]{1,10}$/),
  offset: size,
  sizeBytes: size,
  sha256: digest,
});
/** Parsed form of {@linkcode BundleFile}. */
export type BundleFile = z.infer<typeof BundleFile>;

/** From which confidence on a precision was reached on out-of-fold rows; null where it never was. */
export const Threshold = z.strictObject({
  precision: share,
  confidence: share.nullable(),
  coverage: share,
});
/** Parsed form of {@linkcode Threshold}. */
export type Threshold = z.infer<typeof Threshold>;

/** A made-up picture that hub and edges draw from these numbers alone; see `golden_picture.ts`. */
export const GoldenPicture = z.strictObject({
  seed: z.int().min(0).max(0xffffffff),
  width: z.int().min(1).max(512),
  height: z.int().min(1).max(512),
});
/** Parsed form of {@linkcode GoldenPicture}. */
export type GoldenPicture = z.infer<typeof GoldenPicture>;

/** An input with the confidences (one a class) that every device must find for it, the cascade off. */
export const GoldenSample = z.strictObject({
  designation: z.string().max(4_000),
  description: z.string().max(50_000),
  /** Only in fused bundles. */
  picture: GoldenPicture.optional(),
  confidences: z.array(share).min(1),
});
/** Parsed form of {@linkcode GoldenSample}. */
export type GoldenSample = z.infer<typeof GoldenSample>;

/** A sentence encoder whose scores are added to those of the n-grams; its head lies in `text_encoder.onnx`. */
export const SentenceSection = z.strictObject({
  encoder: z.strictObject({
    name: z.string().min(1).max(200),
    id: digest,
    dims: z.int().positive(),
  }),
  /** Longest text in tokens; what is longer is cut. */
  maxTokens: z.int().min(3).max(8192),
});
/** Parsed form of {@linkcode SentenceSection}. */
export type SentenceSection = z.infer<typeof SentenceSection>;

/** What a bundle that reads pictures adds; everything learned lies in `full.onnx`, this is what serving must know. */
export const FusedSection = z.strictObject({
  image: z.strictObject({
    recipe: ImageRecipe,
    encoder: z.strictObject({
      name: z.string().min(1).max(200),
      id: digest,
      dims: z.int().positive(),
    }),
    /** Hand-made features beside the encoder's: version of their recipe, number of them; null for none. */
    handmade: z.strictObject({ version: z.int().positive(), dims: z.int().positive() }).nullable(),
    /** Places of the class activation map; null where the encoder has none. */
    map: z.strictObject({ height: z.int().positive(), width: z.int().positive() }).nullable(),
    /** Predictions by the picture alone are `auto` from this confidence on; null: none is. */
    autoConfidence: share.nullable(),
  }),
  /** How the branches are joined: by two weights, by a trained head around them, or by margins over both. */
  fusion: z.strictObject({
    method: z.enum(["late", "head", "stack"]),
    textWeight: finite,
    imageWeight: finite,
  }),
  /** A text that is at least this sure is answered without its picture; null: every picture is read. */
  cascade: z.strictObject({
    confidence: share.nullable(),
    /** Share of the out-of-fold rows with a picture that it answers. */
    skipped: share,
    maxLoss: share,
  }),
});
/** Parsed form of {@linkcode FusedSection}. */
export type FusedSection = z.infer<typeof FusedSection>;

/** Everything of the manifest but the list of files, which packing writes. */
const content = {
  format: z.literal(BUNDLE_FORMAT),
  kind: z.enum(["text", "fused"]),
  /** Label codes in the order of the model's outputs. */
  classes: z.array(z.string().min(1).max(200)).min(1).max(MAX_CLASSES),
  /** Fitted feature space: version of the recipe, number of hashed buckets. */
  features: z.strictObject({ version: z.int().positive(), buckets: z.int().positive() }),
  /** Rows of the weight table (row 0 is all zero and stands for padding) and how they are kept. */
  model: z.strictObject({ weights: z.enum(["int8", "float32"]), rows: z.int().positive() }),
  /** Where the text's scores are those of the n-grams and of a sentence encoder. */
  sentence: SentenceSection.optional(),
  /** Of the text alone: p_k = sigmoid(a s_k + b), normalised over the classes. */
  calibration: z.strictObject({ a: finite, b: finite }),
  thresholds: z.array(Threshold),
  /** Predictions at or above `confidence` are `auto`; null: none is. */
  decision: z.strictObject({ autoPrecision: share, confidence: share.nullable() }),
  /**
   * What was normal in training: share of each class, histogram of out-of-fold confidences, out-of-fold guesses by
   * class, and what the products looked like. Bundles from before the last two are without them.
   */
  reference: z.strictObject({
    prior: z.array(share),
    confidence: z.array(size).length(CONFIDENCE_BINS),
    predicted: z.array(size).optional(),
    inputs: InputStats.optional(),
  }),
  golden: z.array(GoldenSample).min(1).max(MAX_GOLDEN),
  /** Exactly in bundles of kind `fused`. */
  fused: FusedSection.optional(),
  /** Names of what the bundle was made from, and the kind of device that trained it. */
  provenance: z.strictObject({
    data: digest,
    params: digest,
    code: digest,
    device: z.string().min(1).max(100),
  }),
};

/** What a packer states; the files are added by packing. */
export const ManifestContent = z.strictObject(content);
/** Parsed form of {@linkcode ManifestContent}. */
export type ManifestContent = z.infer<typeof ManifestContent>;

/** The manifest as it stands in the file. */
export const Manifest = z.strictObject({ ...content, files: z.array(BundleFile).min(1).max(64) })
  .superRefine((manifest, context) => {
    const refuse = (path: string, message: string) =>
      context.addIssue({ code: "custom", path: [path], message });
    const classes = manifest.classes.length;
    if (new Set(manifest.classes).size !== classes) refuse("classes", "must not repeat a code");
    if (manifest.reference.prior.length !== classes) {
      refuse("reference", "must have one prior a class");
    }
    if ((manifest.reference.predicted?.length ?? classes) !== classes) {
      refuse("reference", "must have one number of guesses a class");
    }
    if (manifest.golden.some((sample) => sample.confidences.length !== classes)) {
      refuse("golden", "must have one confidence a class");
    }
    if ((manifest.kind === "fused") !== (manifest.fused !== undefined)) {
      refuse("fused", "must be there exactly where the kind is fused");
    }
    if (manifest.kind === "text" && manifest.golden.some((sample) => sample.picture)) {
      refuse("golden", "must have no pictures where the kind is text");
    }
  });
/** Parsed form of {@linkcode Manifest}. */
export type Manifest = z.infer<typeof Manifest>;
