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

/** An input with the confidences (one a class) that every device must find for it. */
export const GoldenSample = z.strictObject({
  designation: z.string().max(4_000),
  description: z.string().max(50_000),
  confidences: z.array(share).min(1),
});
/** Parsed form of {@linkcode GoldenSample}. */
export type GoldenSample = z.infer<typeof GoldenSample>;

/** Everything of the manifest but the list of files, which packing writes. */
const content = {
  format: z.literal(BUNDLE_FORMAT),
  kind: z.literal("text"),
  /** Label codes in the order of the model's outputs. */
  classes: z.array(z.string().min(1).max(200)).min(1).max(MAX_CLASSES),
  /** Fitted feature space: version of the recipe, number of hashed buckets. */
  features: z.strictObject({ version: z.int().positive(), buckets: z.int().positive() }),
  /** Rows of the weight table (row 0 is all zero and stands for padding) and how they are kept. */
  model: z.strictObject({ weights: z.enum(["int8", "float32"]), rows: z.int().positive() }),
  /** p_k = sigmoid(a s_k + b), normalised over the classes. */
  calibration: z.strictObject({ a: finite, b: finite }),
  thresholds: z.array(Threshold),
  /** Predictions at or above `confidence` are `auto`; null: none is. */
  decision: z.strictObject({ autoPrecision: share, confidence: share.nullable() }),
  /** What was normal in training: share of each class, histogram of out-of-fold confidences. */
  reference: z.strictObject({
    prior: z.array(share),
    confidence: z.array(size).length(CONFIDENCE_BINS),
  }),
  golden: z.array(GoldenSample).min(1).max(MAX_GOLDEN),
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
    if (manifest.golden.some((sample) => sample.confidences.length !== classes)) {
      refuse("golden", "must have one confidence a class");
    }
  });
/** Parsed form of {@linkcode Manifest}. */
export type Manifest = z.infer<typeof Manifest>;
