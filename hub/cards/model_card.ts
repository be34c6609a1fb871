/**
 * The card of a model: what it is for, what it learned from, how well it does by class, and what it cannot do.
 *
 * All of it is read off what the hub knows anyway, so that a card is never out of date; a catalogue's owner may add
 * words about its use.
 *
 * @module
 */
import type { Evaluation } from "../evaluation/evaluation.ts";
import type { Verdict } from "../evaluation/verdict.ts";
import { limitsOf } from "./limits.ts";

/** What a card is made of; null for what is not known. */
export interface ModelCardInput {
  readonly catalogue: { readonly name: string; readonly title: string };
  readonly model: {
    readonly digest: string;
    readonly version: number;
    readonly createdAt: string;
    readonly sizeBytes: number;
    readonly manifest: CardManifest;
  };
  readonly aliases: readonly string[];
  readonly names: ReadonlyMap<string, string>;
  readonly dataset: {
    readonly digest: string;
    readonly parent: string | null;
    readonly rows: number;
    readonly classes: Readonly<Record<string, number>>;
    readonly setAside: number;
    readonly createdAt: string;
    /** Feedback in it, merged over its whole descent. */
    readonly feedback: number;
  } | null;
  readonly evaluation: Evaluation | null;
  readonly verdict: Verdict | null;
  readonly run: {
    readonly id: string;
    readonly by: string;
    readonly codeVersion: string | null;
    readonly device: string | null;
    readonly params: Readonly<Record<string, string | number | boolean | null>>;
  } | null;
  /** The owner's own words. */
  readonly intendedUse: string | null;
}

/** What a card reads of a manifest. */
export interface CardManifest {
  readonly kind: "text" | "fused";
  readonly classes: readonly string[];
  readonly decision: { readonly autoPrecision: number; readonly confidence: number | null };
  readonly golden: readonly { readonly designation: string; readonly description: string }[];
}

/** How well the model does on one class, on gold rows it never trained on. */
export interface CardClass {
  readonly code: string;
  readonly name: string;
  /** Rows of the data version. */
  readonly dataRows: number | null;
  readonly goldRows: number;
  readonly precision: number;
  readonly recall: number;
  readonly f1: number;
}

/** A card. */
export interface ModelCard {
  readonly format: "aisle-card/1";
  readonly model: {
    readonly catalogue: string;
    readonly title: string;
    readonly version: number;
    readonly digest: string;
    readonly kind: "text" | "fused";
    readonly sizeBytes: number;
    readonly createdAt: string;
    readonly aliases: readonly string[];
  };
  readonly intendedUse: readonly string[];
  readonly signature: {
    readonly inputs: readonly CardField[];
    readonly outputs: readonly CardField[];
    /** An input that every device replays; null where the bundle has none with a text. */
    readonly example: { readonly designation: string; readonly description: string } | null;
  };
  readonly data: ModelCardInput["dataset"];
  readonly metrics: {
    readonly goldRows: number;
    readonly scores: Evaluation["scores"];
    readonly intervals: Evaluation["intervals"];
    readonly majority: Evaluation["majority"];
    readonly ece: number;
    readonly automatic: readonly {
      readonly precision: number;
      readonly coverage: number;
      readonly achieved: number;
    }[];
    readonly latency: Evaluation["latency"];
  } | null;
  readonly classes: readonly CardClass[];
  readonly limits: readonly string[];
  readonly verdict: { readonly accept: boolean; readonly failed: readonly string[] } | null;
  readonly run: ModelCardInput["run"];
}

/** One field of the signature. */
export interface CardField {
  readonly name: string;
  readonly type: string;
  readonly meaning: string;
}

/** The card of what `input` describes. */
export function modelCard(input: ModelCardInput): ModelCard {
  const { catalogue, model, evaluation, verdict } = input;
  const { manifest } = model;
  const classes = classesOf(input);
  const example = manifest.golden.find((sample) => sample.designation !== "");
  return {
    format: "aisle-card/1",
    model: {
      catalogue: catalogue.name,
      title: catalogue.title,
      version: model.version,
      digest: model.digest,
      kind: manifest.kind,
      sizeBytes: model.sizeBytes,
      createdAt: model.createdAt,
      aliases: input.aliases,
    },
    intendedUse: intendedUse(input),
    signature: {
      inputs: [
        { name: "designation", type: "text", meaning: "title of the product" },
        { name: "description", type: "text", meaning: "longer text, HTML allowed; may be empty" },
        ...manifest.kind === "fused"
          ? [{ name: "image", type: "JPEG, PNG or WebP", meaning: "picture; may be missing" }]
          : [],
      ],
      outputs: [
        { name: "code", type: "text", meaning: `one of ${manifest.classes.length} codes` },
        { name: "confidence", type: "0 to 1", meaning: "calibrated: the share that is right" },
        { name: "decision", type: "auto or review", meaning: "whether a person should look" },
      ],
      example: example === undefined
        ? null
        : { designation: example.designation, description: example.description },
    },
    data: input.dataset,
    metrics: evaluation === null ? null : {
      goldRows: evaluation.rows,
      scores: evaluation.scores,
      intervals: evaluation.intervals,
      majority: evaluation.majority,
      ece: evaluation.calibration.ece,
      automatic: evaluation.coverage.map(({ precision, coverage, achieved }) => ({
        precision,
        coverage,
        achieved,
      })),
      latency: evaluation.latency,
    },
    classes,
    limits: limitsOf(input, classes),
    verdict: verdict === null ? null : {
      accept: verdict.accept,
      failed: verdict.rules.filter((rule) => !rule.ok).map((rule) => rule.message),
    },
    run: input.run,
  };
}

function intendedUse({ catalogue, model, intendedUse }: ModelCardInput): string[] {
  const { kind, classes, decision } = model.manifest;
  const percent = (share: number) => `${Math.round(share * 1000) / 10} %`;
  return [
    ...intendedUse === null ? [] : [intendedUse],
    `Puts products of the catalogue ${catalogue.title} into one of ${classes.length} classes by ` +
    (kind === "fused" ? "title, description and picture." : "title and description."),
    decision.confidence === null
      ? "Every answer is for a person to review: no confidence reached the precision asked for."
      : `Answers from ${percent(decision.confidence)} confidence on can be taken as they are: ` +
        `${percent(decision.autoPrecision)} of those were right on rows it had not trained on. ` +
        "The others are for a person to review.",
    "Not made for products of other catalogues, for codes that it does not know, or for decisions " +
    "about people.",
  ];
}

function classesOf({ evaluation, names, dataset }: ModelCardInput): CardClass[] {
  return (evaluation?.classes ?? []).map(({ code, rows, precision, recall, f1 }) => ({
    code,
    name: names.get(code) ?? code,
    dataRows: dataset === null ? null : dataset.classes[code] ?? 0,
    goldRows: rows,
    precision,
    recall,
    f1,
  }));
}
