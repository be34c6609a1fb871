/**
 * Inputs and outputs of the stages: small JSON values whose large parts are named by digest.
 *
 * @module
 */
import type { Source } from "../data/source.ts";
import type { ImageEncoderSource, SentenceEncoderSource } from "../encoders/mod.ts";
import type { DeviceReport } from "../training/network/executor.ts";

/** Input of `check`. */
export interface CheckInput {
  readonly source: Source;
  readonly title: string;
}
/** Output of `check`. */
export interface CheckOutput {
  readonly report: string;
  readonly html: string;
  readonly fatal: boolean;
  readonly rows: number;
  readonly findings: readonly {
    readonly id: string;
    readonly severity: string;
    readonly count: number;
    readonly message: string;
  }[];
}

/** Input of `ingest`. */
export interface IngestInput {
  readonly source: Source;
  /** Rows that users' feedback gave or corrected before, to lie over the raw ones; null for none. */
  readonly feedbackRows: string | null;
}
/** One version of a data set, as `ingest` and `merge` make it. */
export interface DatasetOutput {
  /** Name of the version: hash of its sorted (id, content hash) list. */
  readonly dataset: string;
  /** Rows, JSON lines, compressed. */
  readonly blob: string;
  readonly rows: number;
  readonly classes: Readonly<Record<string, number>>;
  /** CSV of the rows that were set aside; null where none was. */
  readonly setAsideBlob: string | null;
  readonly setAside: number;
  readonly setAsideReasons: Readonly<Record<string, number>>;
  /** Rows whose label came from feedback, alone; null for none. */
  readonly feedbackRows: string | null;
}

/** Input of `diff`: rows of two data versions. */
export interface DiffInput {
  readonly parent: string;
  readonly child: string;
}
/** Output of `diff`: counts, and a blob with the ids of the rows. */
export interface DiffOutput {
  readonly added: number;
  readonly removed: number;
  readonly changed: number;
  readonly blob: string;
}

/** Input of `pack`. */
export interface PackInput {
  /** Blob of a zip of pictures. */
  readonly zip: string;
}
/** Output of `pack`. */
export interface PackOutput {
  /** Blob of the pictures' index. */
  readonly index: string;
  readonly pictures: number;
}

/** Input of `score`: what is scored, by what, and how codes are called now. */
export interface ScoreInput {
  readonly source: Source;
  readonly bundle: string;
  readonly labelMerges: Readonly<Record<string, string>>;
  readonly names: Readonly<Record<string, string>>;
}
/** Output of `score`. */
export interface ScoreOutput {
  /** CSV: the file's own columns and behind them the guesses. */
  readonly blob: string;
  readonly bundle: string;
  readonly rows: number;
  readonly auto: number;
  readonly review: number;
  /** Rows without a product; they are to be reviewed too. */
  readonly unreadable: number;
}

/** Input of `merge`. */
export interface MergeInput {
  readonly blob: string;
  /** JSON list of `FeedbackRow`. */
  readonly feedback: string;
  readonly splitState: string;
}
/** Output of `merge`: a new version, and what became of each piece of feedback. */
export interface MergeOutput extends DatasetOutput {
  readonly merged: readonly string[];
  readonly refused: readonly { readonly key: string; readonly reason: string }[];
  readonly conflicts: number;
}

/** Input of `split`. */
export interface SplitInput {
  readonly blob: string;
  readonly previous: string | null;
  readonly unseenShare: number;
  /** Codes that count as others by now. */
  readonly labelMerges: Readonly<Record<string, string>>;
  /** Sources of feedback whose rows are in no set; absent where none is blocked. */
  readonly blocked?: readonly string[];
}
/** Names of the sets. */
export const SETS = ["train", "gold", "unseen"] as const;
/** One of {@linkcode SETS}. */
export type SetName = (typeof SETS)[number];
/** Output of `split`. */
export interface SplitOutput {
  readonly state: string;
  readonly sets: Readonly<
    Record<SetName, { readonly blob: string; readonly csv: string; readonly rows: number }>
  >;
  readonly setAside: number;
}

/** Input of `pictures`. */
export interface PicturesInput {
  /** Rows of the train set. */
  readonly train: string;
  /** Index of the pictures; null where only those that came with feedback are there. */
  readonly images: string | null;
  readonly encoder: ImageEncoderSource;
  /** Whether hand-made features stand behind the encoder's. */
  readonly handmade: boolean;
}
/** Output of `pictures`. */
export interface PicturesOutput {
  /** A `FeatureList`: see `readPictureFeatures`. */
  readonly features: string;
  /** Id and name of the encoder. */
  readonly encoder: { readonly id: string; readonly name: string };
  /** Rows that name a picture. */
  readonly rows: number;
  /** Different pictures of them that were decoded, by now or before. */
  readonly pictures: number;
  /** Pictures that could not be: their products count as having none. The first few say why. */
  readonly undecodable: number;
  readonly examples: readonly string[];
}

/** Input of `encoder`: trains an image encoder, or the last blocks of one. */
export interface EncoderInput {
  /** Rows of the train set, and what `features` made of them. */
  readonly train: string;
  readonly texts: string;
  /** A `FeatureList`: what the part that does not learn says of their pictures. */
  readonly features: string;
  /** Whose last blocks learn; null for a network from scratch. */
  readonly base: ImageEncoderSource | null;
}
/** Output of `encoder`. */
export interface EncoderOutput {
  readonly source: ImageEncoderSource;
  readonly encoder: { readonly id: string; readonly name: string };
  /** A `LearnedBranch`. */
  readonly branch: string;
  /** Of held-out rows, by a twin that has not seen them. */
  readonly metrics: { readonly accuracy: number; readonly rows: number; readonly epochs: number };
  /** Where it was trained, and why there. */
  readonly device: DeviceReport;
}

/** Input of `features`. */
export interface FeaturesInput {
  readonly train: string;
}
/** Output of `features`. */
export interface FeaturesOutput {
  /** JSON lines of `TrainRow`, compressed. */
  readonly texts: string;
  readonly rows: number;
  /** Rows that name a picture. */
  readonly pictured: number;
}

/** Input of `sentences`. */
export interface SentencesInput {
  readonly train: string;
  readonly encoder: SentenceEncoderSource;
}
/** Output of `sentences`. */
export interface SentencesOutput {
  /** Float32 [rows, dims], little-endian, in the order of the rows. */
  readonly vectors: string;
  readonly encoder: { readonly id: string; readonly name: string; readonly dims: number };
  readonly rows: number;
}

/** Input of `train`. */
export interface TrainStageInput {
  /** The rows that `texts` was made from, in the same order: what likely label errors are told of. */
  readonly train: string;
  readonly texts: string;
  /** Vectors of the same rows; null where no sentence encoder is asked for. */
  readonly sentences: SentencesOutput | null;
  /** Bundle whose weights training starts from; null for a cold start. */
  readonly warm: string | null;
  /** Features of the rows' pictures, what made them, and the index that the pictures are found by; null for none. */
  readonly pictures: {
    readonly features: string;
    readonly encoder: { readonly id: string; readonly name: string };
    /** A `LearnedBranch`, where the encoder learned from these rows; `features` tell only who has a picture then. */
    readonly branch: string | null;
    readonly images: string | null;
  } | null;
}
/** Rows of the train set that look mislabelled. */
export interface LabelErrorsOutput {
  readonly count: number;
  /** Rows that were looked at: scored out-of-fold. */
  readonly scored: number;
  readonly csv: string;
  readonly html: string;
}
/** Output of `train`. */
export interface TrainStageOutput {
  readonly model: string;
  /** What pictures add to it; null where the text alone is kept. */
  readonly fused: string | null;
  /** How text and pictures were weighed up, as JSON; null without pictures. */
  readonly fusionReport: string | null;
  readonly classRows: Readonly<Record<string, number>>;
  /** Out-of-fold figures. */
  readonly metrics: Readonly<Record<string, number>>;
  readonly labelErrors: LabelErrorsOutput;
}

/** Input of `export`. */
export interface ExportInput {
  readonly model: string;
  /** Rows that it was trained on, and the index of their pictures (null without): the bundle says what they look like. */
  readonly train: string;
  readonly images: string | null;
  /** What the model's sentence head reads with; null where it cannot have one. */
  readonly sentences: SentenceEncoderSource | null;
  /** What pictures add, and the encoder that it was made with; null for a text bundle. */
  readonly fused: { readonly model: string; readonly encoder: ImageEncoderSource } | null;
  /** Rows by code that the model was fitted on. */
  readonly classRows: Readonly<Record<string, number>>;
  readonly provenance: {
    readonly data: string;
    readonly params: string;
    readonly code: string;
    readonly device: string;
  };
}
/** Output of `export`. */
export interface ExportOutput {
  readonly bundle: string;
  readonly sizeBytes: number;
  readonly manifest: unknown;
}

/** Input of `evaluate`. */
export interface EvaluateInput {
  readonly candidate: string;
  /** Bundle that the candidate would replace; null for none. */
  readonly baseline: string | null;
  readonly gold: string;
  /** Rows that the candidate trained on: none of them may be gold. */
  readonly train: string;
  /** The same of the baseline; null where it is not known. */
  readonly baselineTrain: string | null;
  /** All rows of the data version: they tell which pictures are placeholders. */
  readonly rows: string;
  /** Index of the gold rows' pictures; null where only those that came with feedback are there. */
  readonly images: string | null;
  /** Codes that count as others by now; the bundles may be from before. */
  readonly labelMerges: Readonly<Record<string, string>>;
}
/** Output of `evaluate`. */
export interface EvaluateOutput {
  readonly candidate: {
    readonly evaluation: string;
    readonly metrics: Readonly<Record<string, number>>;
  };
  readonly baseline: {
    readonly evaluation: string;
    readonly metrics: Readonly<Record<string, number>>;
  } | null;
}

/** A source of feedback that weighs much in what a candidate newly learned from. */
export interface LeftOutInput {
  readonly name: string;
  readonly rows: number;
  readonly share: number;
  /** Ids of the gold rows that it labelled. */
  readonly ownGold: readonly string[];
  readonly keepGain: number;
  /** Of a challenger trained without it; null where others gave too little to compare with. */
  readonly evaluation: string | null;
}

/** A product that bundles are compared on; `picture` is a digest, empty for none. */
export interface ComparedProduct {
  readonly designation: string;
  readonly description: string;
  readonly picture: string;
}
/** Input of `compare`. */
export interface CompareInput {
  /** JSON list of {@linkcode ComparedProduct}. */
  readonly products: string;
  readonly bundles: readonly string[];
  /** Index of the pictures; null where only those that came with feedback are there. */
  readonly images: string | null;
}
/** Output of `compare`: the guesses of each bundle for each product, best first. */
export interface CompareOutput {
  readonly guesses: readonly (readonly {
    readonly top: readonly { readonly code: string; readonly confidence: number }[];
    /** Share of its n-grams that the bundle's training never saw; null where it has none. */
    readonly unseen: number | null;
  }[])[];
}

/** Input of `gate`. */
export interface GateInput {
  readonly candidate: string;
  readonly baseline: string | null;
  readonly title: string;
  /** Names of the codes, for the report. */
  readonly names: Readonly<Record<string, string>>;
  /** Absent where no source of feedback weighs much. */
  readonly leftOut?: readonly LeftOutInput[];
}
/** Output of `gate`. */
export interface GateOutput {
  readonly verdict: string;
  readonly html: string;
  readonly accept: boolean;
  readonly rules: readonly {
    readonly id: string;
    readonly ok: boolean;
    readonly severity: string;
    readonly message: string;
  }[];
}
